"""Start: from a process's start to a loaded model and to the first token, beside transformers alone."""

import asyncio
import gc
import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from msgspec import Struct

from benchmarks import bare_start
from benchmarks.asking import QUESTIONS, Asking, gather
from benchmarks.loaded import Subject, load_bare, load_ours
from benchmarks.options import Options, small_model
from benchmarks.rounds import Spread, alternately, ratios, spread
from fada_tui.core.file_names import encode_name
from fada_tui.core.protocol import Delta, Work
from fada_tui.core.records import Generation
from fada_tui.runs.worker_client.client import WorkerClient
from fada_tui.runs.worker_client.deadlines import Deadlines


class Stages(Struct, frozen=True):
    """Seconds from a process's start."""

    up: float
    """Its libraries are imported; of the worker, which imports them on loading, its greeting has come."""
    loaded: float
    first_token: float


class Start(Struct, frozen=True, kw_only=True):
    """Starts, ours and the bare ones, in turn."""

    model: str
    worker: list[Stages]
    bare: list[Stages]
    up_ratio: Spread
    """The worker's seconds over the bare process's, within each round."""
    loaded_ratio: Spread
    first_token_ratio: Spread
    load_ours: list[float]
    """Seconds to load in a process that has its libraries: ours, with all that is checked first."""
    load_bare: list[float]
    """`from_pretrained` of processor and model."""
    load_ratio: Spread


def measure(options: Options, scratch: Path, say: Callable[[str], None]) -> Start:
    """Measure one model.

    Args:
        options: model, device, rounds.
        scratch: an empty folder.
        say: told what goes on.
    """
    model = small_model(options)
    subject = Subject(name=model.name, folder=Path(model.source), device=options.device, dtype=options.dtype)
    asked = gather(options.images, 1, QUESTIONS[:1], scratch / "images")
    say(f"start: {options.rounds} rounds in fresh processes")
    fresh = alternately(
        {
            "worker": lambda: asyncio.run(_worker(subject, asked, scratch)),
            "bare": lambda: _bare(subject, asked),
        },
        options.rounds + 1,
    )
    worker, bare = fresh["worker"][1:], fresh["bare"][1:]  # the first reads the disk
    say(f"start: {options.rounds} rounds in this process")
    loads = alternately(
        {
            "ours": lambda: _seconds(lambda: load_ours(subject)),
            "bare": lambda: _seconds(lambda: load_bare(subject)),
        },
        options.rounds + 1,
    )
    ours, plain = loads["ours"][1:], loads["bare"][1:]
    return Start(
        model=subject.name,
        worker=worker,
        bare=bare,
        up_ratio=_ratio([one.up for one in worker], [one.up for one in bare]),
        loaded_ratio=_ratio([one.loaded for one in worker], [one.loaded for one in bare]),
        first_token_ratio=_ratio([one.first_token for one in worker], [one.first_token for one in bare]),
        load_ours=ours,
        load_bare=plain,
        load_ratio=_ratio(ours, plain),
    )


async def _worker(subject: Subject, asked: Asking, scratch: Path) -> Stages:
    client = WorkerClient(scratch / "worker.log", Deadlines())
    work = Work(
        root=encode_name(str(asked.root)),
        journal=encode_name(str(scratch / "journal.jsonl")),
        generation=Generation(max_new_tokens=2, do_sample=False, seed=0, batch_size=1),
        items=asked.items,
    )
    begun = time.monotonic()
    try:
        await client.start()
        up = time.monotonic() - begun
        async for _ in client.load(subject.command):
            pass
        loaded = time.monotonic() - begun
        first: float | None = None
        async for event in client.work(work):
            if first is None and isinstance(event, Delta):
                first = time.monotonic() - begun
    finally:
        await client.close()
    if first is None:
        raise RuntimeError("the worker sent no token")
    return Stages(up, loaded, first)


def _bare(subject: Subject, asked: Asking) -> Stages:
    script = str(Path(bare_start.__file__))
    item = asked.items[0]
    arguments = [
        str(subject.folder),
        str(asked.root / item.path),
        item.question,
        subject.device,
        subject.dtype,
    ]
    begun = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-P", script, *arguments], capture_output=True, text=True, check=True
    )
    moments = json.loads(done.stdout.splitlines()[-1])
    return Stages(*(moments[name] - begun for name in ("up", "loaded", "first_token")))


def _seconds(load: Callable[[], object]) -> float:
    begun = time.perf_counter()
    kept = load()
    seconds = time.perf_counter() - begun
    del kept
    gc.collect()
    return seconds


def _ratio(these: Sequence[float], those: Sequence[float]) -> Spread:
    return spread(ratios(these, those))
