"""Time `fada-tui --help` and `fada-tui models list` against an interpreter that does nothing.

    python -m benchmarks.start [ROUNDS]

Budget: `--help` in 0.15 s.
"""

import subprocess
import sys
import time
from collections.abc import Callable

from benchmarks.rounds import alternately, ratios, spread

COMMANDS = {
    "python -c pass": ["-c", "pass"],
    "fada-tui --help": ["-P", "-m", "fada_tui.cli", "--help"],
    "fada-tui models list": ["-P", "-m", "fada_tui.cli", "models", "list"],
}


def main() -> None:
    """Run each command in turn; print medians, and ratios within each round."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    seconds = alternately({name: _timed(arguments) for name, arguments in COMMANDS.items()}, rounds)
    bare = seconds["python -c pass"]
    for name, taken in seconds.items():
        ratio = spread(ratios(taken, bare))
        print(f"{name}: {spread(taken).median:.3f} s, {ratio.median:.1f} x a bare interpreter")


def _timed(arguments: list[str]) -> Callable[[], float]:
    def seconds() -> float:
        begun = time.perf_counter()
        subprocess.run([sys.executable, *arguments], stdout=subprocess.DEVNULL, check=True)
        return time.perf_counter() - begun

    return seconds


if __name__ == "__main__":
    main()
