"""Throughput of an engine that the program starts, beside that of its own worker, of the same models.

    python -m benchmarks.engines [vllm|sglang] [--model demo|10M|130M|FOLDER …] [--rounds N]

Which program the engine is, `[engines.NAME]` of settings.toml says, else PATH. Worker and engine are up at
the same time and answer the same questions about the same images in turn, greedily and in float32, from the
command to the last result told: reading, encoding, HTTP and the journal are in it. Loading is told apart, and
so is how many of the answers are the worker's first ones. Where others use the machine meanwhile, the
processor time of all processes of a way says more than the clock.
"""

import argparse
import asyncio
import itertools
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TypeAlias

import psutil
from msgspec import UNSET, Struct, UnsetType
from rich.console import Console
from rich.table import Table

from benchmarks.asking import QUESTIONS, Asking, gather
from benchmarks.checkpoints import SIZES, save_random
from benchmarks.machine import describe
from benchmarks.rounds import ratios, spread
from benchmarks.tables import show_machine
from fada_tui.config.engines import SGLANG, VLLM
from fada_tui.config.settings import load_settings
from fada_tui.core.file_names import encode_name
from fada_tui.core.paths import demo_weights, samples_dir, settings_file
from fada_tui.core.protocol import Finished, Load, Work
from fada_tui.core.records import Generation, ModelEntry
from fada_tui.runs.engines.client import EngineClient
from fada_tui.runs.engines.serving import Engines, Serving
from fada_tui.runs.events import EngineLog
from fada_tui.runs.worker_client.client import WorkerClient
from fada_tui.runs.worker_client.deadlines import Deadlines

DEMO = "demo"
IMAGES = 24
TOKENS = 32
"""Of each answer at most; random models end none before."""

SILENCE = 600.0
"""Seconds that an engine may print nothing while it loads."""

Key = tuple[str, str]


class Answered(Struct, frozen=True):
    """What one way made of all that it was asked, in one round."""

    seconds: float
    processor: float
    """Seconds of processor time, of all processes that had a part in it."""
    tokens: int
    texts: dict[Key, str | None]
    """By image and question; of an error, its message.

    Of a letter that the limit cut in two vLLM keeps nothing, and transformers a character that stands for it.
    """

    @property
    def pace(self) -> float:
        """Tokens a second."""
        return self.tokens / self.seconds

    @property
    def thrift(self) -> float:
        """Tokens a second of processor time."""
        return self.tokens / self.processor


Way: TypeAlias = Callable[[], Awaitable[Answered]]
"""A way of answering."""


def main() -> None:
    """Measure an engine with each model, and print a table of each."""
    options = _options(sys.argv[1:])
    console = Console()
    show_machine(console, describe("cpu"))
    engines = load_settings({}, os.environ, settings_file()).settings.engines
    for model in options.model or (DEMO, *SIZES):
        with tempfile.TemporaryDirectory(prefix="fada-tui-benchmarks-") as name:
            console.print(asyncio.run(_measured(options, engines, model, Path(name), console)))


async def _measured(
    options: argparse.Namespace, engines: Engines, model: str, scratch: Path, console: Console
) -> Table:
    """Return the figures of an engine and the worker with one model."""
    folder, images, questions = _checkpoint(model, scratch)
    asked = gather(samples_dir(), images, QUESTIONS[:questions], scratch / "images")
    entry = ModelEntry(name=model, source=str(folder), dtype="float32")
    load = Load(model=entry, device="cpu", trust_remote_code=False, allow_pickle=False)
    journals = (scratch / f"journal-{number}.jsonl" for number in itertools.count())
    serving = Serving(options.engine, engines, options.concurrency, scratch / "engine.log", SILENCE)
    try:
        async with (
            _loaded(WorkerClient(scratch / "worker.log", Deadlines()), load, console) as (worker, loaded),
            _loaded(EngineClient(serving, scratch / "asking.log", Deadlines()), load, console) as (
                asking,
                ready,
            ),
        ):
            ways: dict[str, Way] = {
                f"worker, batch {size}": partial(_ask, worker, asked, journals, batch_size=size)
                for size in options.batch_sizes
            }
            facts, slots = serving.command.facts, serving.command.slots
            name = f"{facts.name} {facts.version}, {slots} at once"
            ways[name] = partial(_ask, asking, asked, journals, concurrency=slots, engine=serving.pid)
            found = await _rounds(ways, options.rounds)
    finally:
        await serving.end()
    answers = f"{len(asked.items)} answers of {TOKENS} tokens at most"
    table = _table(f"{model}: {answers}, float32; median of {options.rounds}", found)
    table.caption = f"the worker was loaded in {loaded:.1f} s, the engine ready in {ready:.1f} s"
    return table


async def _rounds(ways: dict[str, Way], rounds: int) -> dict[str, list[Answered]]:
    """Go each way in turn, in every other round the other way about, once unmeasured before."""
    found: dict[str, list[Answered]] = {name: [] for name in ways}
    for number in range(rounds + 1):
        for name in reversed(ways) if number % 2 else ways:
            answered = await ways[name]()
            if number:
                found[name].append(answered)
    return found


async def _ask(
    client: WorkerClient,
    asked: Asking,
    journals: Iterator[Path],
    *,
    batch_size: int = 1,
    concurrency: int | UnsetType = UNSET,
    engine: int | None = None,
) -> Answered:
    generation = Generation(
        max_new_tokens=TOKENS,
        do_sample=False,
        seed=0,
        batch_size=batch_size,
        concurrency=concurrency,
    )
    work = Work(
        root=encode_name(str(asked.root)),
        journal=encode_name(str(next(journals))),
        generation=generation,
        items=asked.items,
    )
    processes = [pid for pid in (client.pid, engine) if pid]
    begun, spent = time.perf_counter(), _processor(processes)
    results = [event.result async for event in client.work(work) if isinstance(event, Finished)]
    return Answered(
        seconds=time.perf_counter() - begun,
        processor=_processor(processes) - spent,
        tokens=sum(one.tokens.generated or 0 for one in results),
        texts={one.key: one.error.message if one.error else _whole(one.response) for one in results},
    )


def _whole(answer: str | None) -> str | None:
    return answer and answer.rstrip("\N{REPLACEMENT CHARACTER}")


def _processor(pids: list[int]) -> float:
    """Return the seconds of processor time that processes have taken so far, with all below them."""
    tops = [psutil.Process(pid) for pid in pids]
    times = [one.cpu_times() for top in tops for one in (top, *top.children(recursive=True))]
    return sum(time.user + time.system for time in times)


@asynccontextmanager
async def _loaded(
    client: WorkerClient, load: Load, console: Console
) -> AsyncIterator[tuple[WorkerClient, float]]:
    """A client with its model loaded, and the seconds that took; its worker is ended after the block."""
    begun = time.perf_counter()
    await client.start()
    try:
        async for event in client.load(load):
            if isinstance(event, EngineLog):
                console.print(event.line, style="dim", markup=False, highlight=False, no_wrap=True)
        yield client, time.perf_counter() - begun
    finally:
        await client.kill()


def _table(title: str, found: dict[str, list[Answered]]) -> Table:
    """Return the figures, each way's pace over that of the worker's first one, round by round."""
    first = next(iter(found.values()))
    heads = ("way", "tokens/s", "× first", "× first by processor time", "same answers")
    table = Table(*heads, title=title, title_justify="left")
    for name, rounds in found.items():
        pace = spread([one.pace for one in rounds])
        ratio = spread(ratios([one.pace for one in rounds], [one.pace for one in first]))
        thrift = spread(ratios([one.thrift for one in rounds], [one.thrift for one in first]))
        same = sum(rounds[0].texts[key] == text for key, text in first[0].texts.items())
        alike = f"{same} of {len(first[0].texts)}"
        table.add_row(name, pace.show(".0f"), ratio.show(), thrift.show(), alike)
    return table


def _checkpoint(model: str, scratch: Path) -> tuple[Path, int, int]:
    """Return a model's folder, and how many images and questions it is asked about."""
    if model == DEMO:
        return demo_weights(), IMAGES, len(QUESTIONS)
    if (size := SIZES.get(model)) is None:
        return Path(model), IMAGES, 1
    save_random(size, scratch / "checkpoint")
    return scratch / "checkpoint", size.images, size.questions


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.engines")
    parser.add_argument("engine", nargs="?", choices=(VLLM, SGLANG), default=VLLM)
    parser.add_argument("--model", nargs="+", help=f"{DEMO}, {', '.join(SIZES)}, or a folder")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--batch-sizes", type=int, nargs="+", default=[1, 8, 16])
    parser.add_argument("--concurrency", type=int, help="requests at once (default: as many as it takes)")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
