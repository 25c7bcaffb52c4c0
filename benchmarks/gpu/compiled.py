"""Part 2, too: compiled decoding with a static cache, forced on work that is too short to pay for it."""

import logging
import time
from functools import partial
from typing import Any

import torch
import torch._dynamo.utils

from benchmarks import card
from benchmarks.asking import QUESTIONS, Asking, listed
from benchmarks.gpu.pace import streamed
from benchmarks.gpu.rates import decoding, limit, rate, reading_of
from benchmarks.gpu.task import SMALLER, Figures, SkippedError, Task
from benchmarks.loaded import Subject, load_ours, settle
from benchmarks.ours import Worker
from fada_tui.core.records import Result
from fada_tui.worker.generation import generator
from fada_tui.worker.generation.interfaces import LoadedModel
from fada_tui.worker.generation.static_cache import StaticDecoding, compiles

BATCHES = {SMALLER: (1, 32)}
ELSE = (1,)

ANSWERS = {1: 4}
"""Of a steady round; of larger batches, one batch."""


class Complaints(logging.Handler):
    """Keeps what the worker logs as worth a warning, such as decoding that could not be compiled."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record, and the error that came with it."""
        error = record.exc_info[1] if record.exc_info else None
        first = (str(error).strip().splitlines() or [""])[0] if error else ""
        said = f": {type(error).__name__}: {first}" if error else ""
        self.lines.append(record.getMessage() + said)


def measure(task: Task, figures: Figures, name: str) -> None:
    """Measure each batch size once it is compiled."""
    subject = Subject(name=name, folder=task.model(name), device=task.device, dtype="bfloat16")
    asked = listed(task.images, QUESTIONS[:1])
    figures.put("bandwidth", card.bandwidth(task.device))
    loaded = load_ours(subject)
    figures.put("tokens", task.tokens)
    figures.put("reading", reading_of(loaded.model, figures.found["bandwidth"]))
    figures.put("compiled", task.on_gpu)  # elsewhere the cache is static, and nothing is compiled
    if not compiles(loaded.model):
        raise SkippedError("this model's decoding cannot be compiled whole")
    place = task.scratch(f"compiled-{name}")
    worker = Worker(loaded, place, task.tokens)
    plain = worker.results(asked.first(1), 1)
    generator.worthwhile = _always  # type: ignore[attr-defined]  # the name that the generator looks up
    for batch in BATCHES.get(name, ELSE):
        figures.attempt(f"ours {batch}", partial(_steady, task, figures, worker, asked, batch, plain))
        if batch == 1:
            figures.attempt("streaming", lambda: _streamed(loaded, asked, task))


def _always(model: Any, batch_size: Any, answers: int, max_new_tokens: int) -> StaticDecoding:
    """Have decoding compiled in place of `worthwhile`, however little work there is."""
    return StaticDecoding(model, batch_size)


def _steady(
    task: Task, figures: Figures, worker: Worker, asked: Asking, batch: int, plain: list[Result]
) -> dict[str, Any]:
    """Have one batch compiled, then measure others."""
    torch._dynamo.reset()  # else another size would be compiled as one of many
    torch._dynamo.utils.counters.clear()
    label, batch = f"ours {batch}", min(batch, len(asked.items))
    complaints = Complaints()
    log = logging.getLogger("fada_tui.worker")
    log.addHandler(complaints)
    try:
        first, results = _asked(task, worker, asked.first(batch), batch)
        found: dict[str, Any] = {"first_round": first, "alone_as_plain": _same(results[:1], plain)}
        figures.put(label, found)
        count = min(ANSWERS.get(batch, batch), len(asked.items))
        seconds: list[float] = []
        for _ in range(3):
            taken, results = _asked(task, worker, asked.first(count), batch)
            seconds.append(taken)
            found |= rate(batch, count, sum(one.tokens.generated or 0 for one in results), seconds)
            found |= decoding(results, batch, limit(figures.found["reading"], batch))
            figures.put(label, found)
            if complaints.lines or task.left < 3 * taken:
                break
    finally:
        log.removeHandler(complaints)
    counters = {name: dict(counts) for name, counts in torch._dynamo.utils.counters.items()}
    return {**found, "complaints": complaints.lines, "counters": _few(counters)}


def _asked(task: Task, worker: Worker, asked: Asking, batch: int) -> tuple[float, list[Result]]:
    settle(task.device)
    begun = time.perf_counter()
    results = worker.results(asked, batch)
    settle(task.device)
    return time.perf_counter() - begun, results


def _streamed(loaded: LoadedModel, asked: Asking, task: Task) -> dict[str, Any]:
    static = StaticDecoding(loaded.model, 1)
    return streamed(loaded, asked, task, lambda inputs: static.inputs(inputs, task.tokens))


def _same(these: list[Result], those: list[Result]) -> bool:
    """Whether the first answer is the one that was made without a static cache."""
    return [one.response for one in these] == [one.response for one in those]


def _few(counters: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
    """What of the compiler's counters tells whether all was compiled, and into CUDA graphs."""
    kept = {name: counters.get(name, {}) for name in ("stats", "frames", "graph_break")}
    graphs = {name: count for name, count in counters.get("inductor", {}).items() if "cudagraph" in name}
    return {**kept, "inductor": graphs}
