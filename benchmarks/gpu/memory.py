"""Part 3: memory expected and taken, batches that size themselves, memory that runs out in one of them."""

import gc
import json
import os
import subprocess
from collections import Counter
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any, Protocol

import psutil
import torch

from benchmarks.asking import QUESTIONS, Asking, listed
from benchmarks.gpu.task import LARGER, SMALLER, Figures, SkippedError, Task
from benchmarks.loaded import Subject, load_ours
from benchmarks.ours import Kept, Worker
from benchmarks.program import PROGRAM
from fada_tui.core.protocol import BegunAgain, Delta, Finished, Message
from fada_tui.core.records import Result
from fada_tui.runs.telemetry.nvml import Nvml
from fada_tui.store import journal
from fada_tui.worker.generation.interfaces import LoadedModel

TOKENS = 32
"""Of each answer here."""

BATCH = 8
"""Answers together when memory runs out."""

WHOLE, PART = 85, 21
"""Answers of batches that size themselves: up to the largest there may be (1, 4, 16, 64), or to the third."""

AFTER = 6
"""Tokens of an answer, at least, that are told before memory runs out."""

LEFT = 0.35
"""Of what a batch takes, what is left once memory has run out: for a quarter of it, not for half."""

SMALLEST_PIECE = 4 * 2**20
"""Bytes: a step of decoding needs larger ones, and what the driver itself needs for a kernel is smaller."""


class Taker(Protocol):
    """Takes memory away from the model."""

    def fill(self) -> None:
        """Take all that is free."""

    def leave(self, size: int) -> None:
        """Give back so much that so many bytes are free."""

    def end(self) -> None:
        """Give all back."""


class CardTaker:
    """Holds tensors beside those of the model, by the same allocator: all that is free, or all but some.

    Args:
        device: the card.
    """

    def __init__(self, device: str) -> None:
        self._device = device
        self._held: list[torch.Tensor] = []

    def fill(self) -> None:
        """Take all but a few megabytes."""
        torch.cuda.empty_cache()
        self._take(int(torch.cuda.mem_get_info(self._device)[1]))

    def leave(self, size: int) -> None:
        """Take all but so many bytes."""
        self.end()
        self._take(int(torch.cuda.mem_get_info(self._device)[0]) - size)

    def end(self) -> None:
        """Give all back."""
        self._held.clear()
        gc.collect()
        torch.cuda.empty_cache()

    def _take(self, size: int) -> None:
        """Take so many bytes, or as many of them as there are."""
        piece = size
        while (piece := min(piece, size)) >= SMALLEST_PIECE:
            try:
                self._held.append(torch.empty(piece, dtype=torch.uint8, device=self._device))
                size -= piece
            except torch.OutOfMemoryError:
                piece //= 2


class Scarce(Kept):
    """Takes the worker's events, and memory away while the first batch is being answered.

    Args:
        taker: takes it.
        left: bytes that are left once memory has run out for the first time.
    """

    def __init__(self, taker: Taker, left: int) -> None:
        super().__init__()
        self.filled_after: int | None = None
        """Tokens of an answer that had been told by then."""
        self._taker = taker
        self._left = left
        self._eased = False

    def send(self, message: Message) -> None:
        """Keep an event, in whose place memory may change."""
        super().send(message)
        if isinstance(message, Delta) and self.filled_after is None and message.tokens >= AFTER:
            self.filled_after = message.tokens
            self._taker.fill()
        elif isinstance(message, BegunAgain) and not self._eased:
            self._eased = True
            self._taker.leave(self._left)


def measure(task: Task, figures: Figures) -> None:
    """Measure both models alone, and the smaller one in batches, too."""
    asked = listed(task.images, QUESTIONS[:1])
    for name in (SMALLER, LARGER):
        figures.attempt(f"{name} expected", partial(_expected, task, name))
        figures.attempt(name, partial(_model, task, figures, name, asked))
        gc.collect()
        if task.on_gpu:
            torch.cuda.empty_cache()


def _expected(task: Task, name: str) -> dict[str, Any]:
    return expectation(task.model(name))


def expectation(folder: Path, *options: str) -> dict[str, Any]:
    """Return what `fada-tui models show` expects a model to need, for answers as long as those here."""
    done = subprocess.run(
        [*PROGRAM, "models", "show", str(folder), "--json", *options],
        env=os.environ | {"FADA_TUI_MAX_NEW_TOKENS": str(TOKENS)},
        capture_output=True,
        text=True,
        check=True,
    )
    told = json.loads(done.stdout.splitlines()[-1])
    needs = told["requirements"]
    return {
        "needs": needs["needs"],
        "precision": needs["precision"],
        "image_tokens": needs["image"],
        "tokens": needs["tokens"],
        "places": told["places"],
    }


def held(device: str) -> dict[str, int | None]:
    """Return what this process holds, as each of those tells it who can. Bytes."""
    nvml = Nvml()
    own = [gpu.process_memory for gpu in nvml.read(os.getpid(), fresh=True) if gpu.process_memory is not None]
    nvml.close()
    found: dict[str, int | None] = {"nvml_process": sum(own) if own else None}
    found["resident"] = int(psutil.Process().memory_info().rss)
    if device.startswith("cuda"):
        found |= {
            "allocated": torch.cuda.memory_allocated(device),
            "peak_allocated": torch.cuda.max_memory_allocated(device),
            "reserved": torch.cuda.memory_reserved(device),
            "peak_reserved": torch.cuda.max_memory_reserved(device),
        }
    return found


def _model(task: Task, figures: Figures, name: str, asked: Asking) -> dict[str, Any]:
    """Measure a model loaded, and at one answer; the smaller one in batches, and out of memory."""
    subject = Subject(name=name, folder=task.model(name), device=task.device, dtype="bfloat16")
    loaded = load_ours(subject)
    worker = Worker(loaded, task.scratch(f"memory-{name}"), TOKENS)
    found: dict[str, Any] = {"loaded": held(task.device)}
    (alone,) = worker.results(asked.first(1), 1)
    found["one_answer"] = held(task.device)
    found["weights"] = loaded.model.get_memory_footprint()
    found["difference"] = _beyond(figures.found.get(f"{name} expected"), found["one_answer"])
    found["error"] = alone.error.message if alone.error else None
    if name == SMALLER:
        figures.put(name, found)
        figures.attempt("out of memory", lambda: _scarce(task, loaded, asked))
        prepare = alone.timing.preprocess or 0.0
        count = WHOLE if WHOLE * prepare < task.left / 2 else PART
        figures.attempt("auto", lambda: sized(worker, asked.first(count)))
    return found


def _beyond(expected: Any, taken: dict[str, int | None]) -> dict[str, Any]:
    """How far what was taken lies from what was expected."""
    if not isinstance(expected, dict) or "needs" not in expected:
        return {}
    need = expected["needs"].get("bfloat16")
    if need is None:
        return {}
    measured = {name: taken.get(name) for name in ("peak_allocated", "peak_reserved", "nvml_process")}
    shares = {name: None if size is None else size / need["total"] for name, size in measured.items()}
    return {"expected": need["total"], "taken_by_expected": shares}


def sized(worker: Worker, asked: Asking) -> dict[str, Any]:
    """Have all answered in batches that size themselves; return the sizes in their order, with peaks."""
    results = worker.results(asked, "auto")
    errors = [one.error.message for one in results if one.error]
    return {"batches": batches(results), "answers": len(results), "errors": errors[:3]}


def batches(results: list[Result]) -> list[dict[str, Any]]:
    """Return the batches that results came in: their sizes, and the most that was allocated meanwhile."""
    found = []
    for (size, peak), group in groupby(results, lambda one: (one.together, one.memory.torch_peak_allocated)):
        found.append({"size": size, "answers": len(list(group)), "peak_allocated": peak})
    return found


def _scarce(task: Task, loaded: LoadedModel, asked: Asking) -> dict[str, Any]:
    """Take the memory away in the middle of a batch."""
    if not task.on_gpu:
        raise SkippedError("main memory that runs out ends other programs, too: only a card's is taken")
    count = min(2 * BATCH, len(asked.items))
    worker = Worker(loaded, task.scratch("scarce"), TOKENS)
    before = torch.cuda.memory_allocated(task.device)
    torch.cuda.reset_peak_memory_stats(task.device)
    plain = worker.results(asked.first(BATCH), BATCH)
    taken = torch.cuda.max_memory_allocated(task.device) - before
    taker = CardTaker(task.device)
    try:
        found = run_out(worker, asked.first(count), BATCH, taker, int(taken * LEFT))
    finally:
        taker.end()
    return {"taken_by_a_batch": taken, "errors_before": sum(one.error is not None for one in plain), **found}


def run_out(worker: Worker, asked: Asking, batch: int, taker: Taker, left: int) -> dict[str, Any]:
    """Have memory run out while a batch is answered; return what became of each item.

    Args:
        worker: answers.
        asked: more than a batch.
        batch: answers together at most.
        taker: takes the memory.
        left: bytes that are left once it has run out for the first time.
    """
    kept = Scarce(taker, left)
    results = worker.results(asked, batch, kept)
    wanted = Counter(item.key for item in asked.items)
    written = Counter(_journaled(worker.journal))
    again = [message for message in kept.messages if isinstance(message, BegunAgain)]
    errors = [one.error for one in results if one.error]
    return {
        "asked": len(asked.items),
        "filled_after_tokens": kept.filled_after,
        "answered": sum(one.error is None for one in results),
        "errors": [f"{error.kind}: {error.message}" for error in errors][:3],
        "failed": len(errors),
        "lost": sum((wanted - written).values()),
        "twice": sum((written - wanted).values()),
        "told": sum(isinstance(message, Finished) for message in kept.messages),
        "begun_again": len(again),
        "reasons": sorted({message.reason for message in again}),
        "sizes": [one["size"] for one in batches(results)],
    }


def _journaled(file: Path) -> list[tuple[str, str]]:
    """The keys of a journal's results."""
    return [line.result.key for line in journal.read(file).lines if isinstance(line, journal.ResultLine)]
