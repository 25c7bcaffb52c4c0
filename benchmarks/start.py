"""Time `fada-tui --help` and `fada-tui models list` against an interpreter that does nothing.

    python benchmarks/start.py [ROUNDS]

Budget: `--help` in 0.15 s.
"""

import statistics
import subprocess
import sys
import time

COMMANDS = {
    "python -c pass": ["-c", "pass"],
    "fada-tui --help": ["-P", "-m", "fada_tui.cli", "--help"],
    "fada-tui models list": ["-P", "-m", "fada_tui.cli", "models", "list"],
}


def main() -> None:
    """Run each command in turn, so that a slow moment of the machine hits all; print medians and ratios."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    seconds: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(rounds):
        for name, arguments in COMMANDS.items():
            begun = time.perf_counter()
            subprocess.run([sys.executable, *arguments], stdout=subprocess.DEVNULL, check=True)
            seconds[name].append(time.perf_counter() - begun)
    bare = statistics.median(seconds["python -c pass"])
    for name, taken in seconds.items():
        middle = statistics.median(taken)
        print(f"{name}: {middle:.3f} s, {middle / bare:.1f} x a bare interpreter")


if __name__ == "__main__":
    main()
