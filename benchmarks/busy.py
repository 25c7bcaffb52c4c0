"""The pace of answers on the CPU while other programs keep all cores busy, over that of an idle machine.

    python -m benchmarks.busy [--model embedded|10M|130M] [--rounds N]

Budget: 0.3 for the embedded model beside two programs on two cores. Beside the number of threads that the
worker chooses, the same is measured with numbers that are set from outside.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from msgspec import Struct

from benchmarks.checkpoints import SIZES, save_random
from benchmarks.program import run_batch
from benchmarks.rounds import alternately, ratios, spread

EMBEDDED = "embedded"
CORES = len(os.sched_getaffinity(0))
WAYS: dict[str, int | None] = {"chosen": None, "1 thread": 1, f"{CORES} threads": CORES}
"""How many threads the worker is told to take; `None` leaves it the choice."""

SPINNING = "while True: pass"


class Pace(Struct, frozen=True):
    """How fast a run answered."""

    tokens_per_second: float
    threads: Counter[int]
    """Answers, by the number of threads they were made with."""


def main() -> None:
    """Run each way idle and busy in turn; print medians and their ratio."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.busy")
    parser.add_argument("--model", choices=[EMBEDDED, *SIZES], default=EMBEDDED)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        arguments: list[str | Path] = []
        if options.model != EMBEDDED:
            save_random(SIZES[options.model], root / "model")
            arguments = ["--model", root / "model", "--limit", "4", "--max-new-tokens", "32"]
        found = alternately(
            {
                f"{way}, {state}": partial(measure, root, arguments, threads, others)
                for way, threads in WAYS.items()
                for state, others in (("idle", 0), ("busy", CORES))
            },
            options.rounds,
        )
    print(f"{options.model}: tokens/s idle, and beside {CORES} busy programs on {CORES} cores")
    for way in WAYS:
        idle, busy = (
            [one.tokens_per_second for one in found[f"{way}, {state}"]] for state in ("idle", "busy")
        )
        used = sum((one.threads for state in ("idle", "busy") for one in found[f"{way}, {state}"]), Counter())
        share = spread(ratios(busy, idle)).show()
        print(
            f"  {way}: {spread(idle).show('.0f')}; {spread(busy).show('.0f')}; ratio {share}; threads {used}"
        )


def measure(root: Path, arguments: list[str | Path], threads: int | None, others: int) -> Pace:
    """Run `fada-tui --batch` once.

    Args:
        root: folder for what it writes.
        arguments: what it is asked.
        threads: that it is told to take; `None` leaves it the choice.
        others: programs that are busy meanwhile.
    """
    scratch = Path(tempfile.mkdtemp(dir=root))
    with _environment("OMP_NUM_THREADS", threads), _busy(others):
        results = run_batch(scratch, *arguments).run["results"]
    tokens = sum(result["tokens"]["generated"] for result in results)
    seconds = sum(result["time"] for result in results)
    return Pace(tokens / seconds, Counter(result["threads"] for result in results))


@contextmanager
def _busy(others: int) -> Iterator[None]:
    spinning = [subprocess.Popen([sys.executable, "-c", SPINNING]) for _ in range(others)]
    try:
        yield
    finally:
        for process in spinning:
            process.kill()
            process.wait()


@contextmanager
def _environment(name: str, value: int | None) -> Iterator[None]:
    before = os.environ.pop(name, None)
    if value is not None:
        os.environ[name] = str(value)
    try:
        yield
    finally:
        os.environ.pop(name, None)
        if before is not None:
            os.environ[name] = before


if __name__ == "__main__":
    main()
