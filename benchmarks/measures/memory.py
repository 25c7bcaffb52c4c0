"""Memory: of the program and of its worker along a long run, which must not grow with its results."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from msgspec import Struct
from PIL import Image

from benchmarks.checkpoints import SMALLEST, save_random
from benchmarks.options import BatchSize, Options
from benchmarks.program import Look, run_batch
from benchmarks.rounds import slope

POINTS = 10
"""At which memory is told along the run."""

TOKENS = 2
PIXELS = 64


class Point(Struct, frozen=True):
    """Bytes of resident memory once so many results were there."""

    results: int
    program: int
    worker: int | None


class Memory(Struct, frozen=True, kw_only=True):
    """A long run. Bytes."""

    results: int
    batch_size: BatchSize
    seconds: float
    points: list[Point]
    program_slope: float
    """Bytes for each 1,000 results, by all looks between the first tenth of the run and its last result."""
    worker_slope: float
    program_peak: int
    """Until the last result."""
    ending_peak: int
    """Of the program, from the last result to its end: the journal is folded, the pages are written."""
    ending_seconds: float
    run_bytes: int
    """Of run.json."""


def measure(options: Options, scratch: Path, say: Callable[[str], None]) -> Memory:
    """Watch one run.

    Args:
        options: how many results, in batches of which size (the last one named), and on which device.
        scratch: an empty folder.
        say: told what goes on.
    """
    say(f"memory: a model and {options.results} images")
    save_random(SMALLEST, scratch / "model")
    _draw(scratch / "images", options.results)
    batch_size = options.batch_sizes[-1]
    step = max(options.results // POINTS, 1)
    looks: list[Look] = []

    def watch(look: Look) -> None:
        if not looks or look.results // step > looks[-1].results // step:
            say(f"memory: {look.results} of {options.results} results after {look.seconds:.0f} s")
        looks.append(look)

    ended = run_batch(
        scratch / "run",
        *("--model", scratch / "model", "--images", scratch / "images", "--device", options.device),
        *("--max-new-tokens", str(TOKENS), "--question", "Which anatomical plane is shown?"),
        *("--batch-size", str(batch_size)),
        watch=watch,
    )
    made = len(ended.run["results"])
    if made != options.results:
        raise RuntimeError(f"{made} results of {options.results}")
    return found(looks, step, batch_size, ended.seconds, ended.run_bytes)


def found(looks: list[Look], step: int, batch_size: BatchSize, seconds: float, run_bytes: int) -> Memory:
    """Return what looks at a run say.

    Args:
        looks: in their order.
        step: results from one point to the next.
        batch_size: answers made together.
        seconds: of the whole run.
        run_bytes: of its run.json.
    """
    results = looks[-1].results
    last = next(look for look in looks if look.results == results)
    running = [look for look in looks if step <= look.results and look.seconds <= last.seconds]
    ending = [look for look in looks if look.seconds >= last.seconds]
    marks = range(step, results + 1, step)
    reached = [next(look for look in looks if look.results >= mark) for mark in marks]
    return Memory(
        results=results,
        batch_size=batch_size,
        seconds=seconds,
        points=[Point(look.results, look.program, _worker_by(look, looks)) for look in reached],
        program_slope=_slope([(look.results, look.program) for look in running]),
        worker_slope=_slope([(look.results, look.worker) for look in running if look.worker]),
        program_peak=max(look.program for look in looks if look.seconds <= last.seconds),
        ending_peak=max(look.program for look in ending),
        ending_seconds=seconds - last.seconds,
        run_bytes=run_bytes,
    )


def _worker_by(moment: Look, looks: list[Look]) -> int | None:
    """The worker's memory at a moment, or as it was last seen before."""
    seen = [look.worker for look in looks if look.worker and look.seconds <= moment.seconds]
    return seen[-1] if seen else None


def _slope(points: list[tuple[float, float]]) -> float:
    """For each 1,000 results; 0 where there are too few to tell."""
    several = len({results for results, _ in points}) > 1
    return 1000 * slope(points) if several else 0.0


def _draw(folder: Path, count: int) -> None:
    folder.mkdir()
    rng = np.random.default_rng(0)
    for number in range(count):
        pixels = rng.integers(0, 256, (PIXELS, PIXELS, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"Noise_{number:06}.png", compress_level=1)
