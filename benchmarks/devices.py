"""The pace of answers on several workers of the CPU over that of one, each with one thread.

    python -m benchmarks.devices [--model embedded|10M|130M] [--workers N] [--rounds N]

Budget: 1.8 for two workers where each has a core of its own. A run before leaves its workers with the model
loaded, so that loading is left out; the wait for the slowest at the end is not.
"""

import argparse
import asyncio
import os
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from msgspec import Struct

from benchmarks.asking import QUESTIONS
from benchmarks.checkpoints import SIZES, save_random
from benchmarks.rounds import alternately, ratios, spread
from fada_tui.config.settings import Settings
from fada_tui.models.registry import load_registry
from fada_tui.runs.events import AnswerFinished, AnswerStarted
from fada_tui.runs.planning import jobs
from fada_tui.runs.session import Session
from fada_tui.runs.worker_client.deadlines import Deadlines
from fada_tui.runs.worker_client.pool import WorkerPool

EMBEDDED = "embedded"
TOKENS = 32
ONE = "one worker"


class Pace(Struct, frozen=True):
    """How fast a run answered."""

    answers_per_second: float
    made: Counter[str]
    """Answers by the worker that made them."""
    busy: float
    """Workers that were answering, on average: says what is lost by handing out, also on a busy machine."""


def main() -> None:
    """Run each way in turn; print medians and their ratio."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.devices")
    parser.add_argument("--model", choices=[EMBEDDED, *SIZES], default=EMBEDDED)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = "1"  # of each worker
    several = f"{options.workers} workers"
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        model: dict[str, Any] = {}
        if options.model != EMBEDDED:
            save_random(SIZES[options.model], root / "model")
            model = {"model": (str(root / "model"),)}
        ways = {ONE: 1, several: options.workers}
        found = alternately(
            {way: partial(measure, root, count, model) for way, count in ways.items()}, options.rounds
        )
    print(f"{options.model}: answers/s of workers with one thread each, on {os.cpu_count()} cores")
    for way, paces in found.items():
        made = sum((pace.made for pace in paces), Counter[str]())
        rates = spread([pace.answers_per_second for pace in paces]).show()
        busy = spread([pace.busy for pace in paces]).show()
        print(f"  {way}: {rates}; {busy} of them answering; answers by worker {dict(sorted(made.items()))}")
    each = {way: [pace.answers_per_second for pace in paces] for way, paces in found.items()}
    print(f"  ratio {spread(ratios(each[several], each[ONE])).show()}")


def measure(root: Path, workers: int, model: dict[str, Any]) -> Pace:
    """Make a run, of the samples with four questions each, on so many workers that have the model."""
    settings = Settings(
        devices=f"cpu*{workers}",
        question=tuple(question.text for question in QUESTIONS),
        max_new_tokens=TOKENS,
        dtype="float32",
        **model,
    )
    registry = load_registry(root / "models.toml")
    (job,), _ = jobs(settings, registry, None)
    return asyncio.run(_pace(lambda: Session.new(job, root / "results", Deadlines(), registry), workers))


async def _pace(new: Callable[[], Session], workers: int) -> Pace:
    pool = WorkerPool()
    try:
        while len(pool.watched) < workers:  # who still loads at the end of a run is not kept
            async for _ in new().events(pool):
                pass
        began = last = busy = 0.0
        made = Counter[str]()
        async for event in new().events(pool):
            match event:
                case AnswerStarted():
                    began = began or time.monotonic()
                case AnswerFinished(result=result):
                    last, timing = time.monotonic(), result.timing
                    busy += sum(part or 0.0 for part in (timing.load, timing.preprocess, timing.generate))
                    made[str(result.device)] += 1
                case _:
                    pass
        return Pace(made.total() / (last - began), made, busy / (last - began))
    finally:
        await pool.close()


if __name__ == "__main__":
    main()
