"""Part 4: weights packed to 8 and to 4 bits on loading; what they take, and that they answer."""

import gc
import importlib.metadata
import importlib.util
import time
from functools import partial
from typing import Any, Literal, TypeAlias

import torch

from benchmarks.asking import QUESTIONS, Asking, listed
from benchmarks.gpu.memory import expectation, held
from benchmarks.gpu.task import LARGER, SMALLER, Figures, SkippedError, Task
from benchmarks.ours import Worker
from fada_tui.core.protocol import Load
from fada_tui.core.records import ModelEntry
from fada_tui.worker.loading.load import load

PACKAGE = "bitsandbytes"

Precision: TypeAlias = Literal["8bit", "4bit"]

PRECISIONS: tuple[Precision, ...] = ("8bit", "4bit")

SHOWN = 80
"""Characters of an answer."""


def measure(task: Task, figures: Figures) -> None:
    """Load each model at each precision, and ask it."""
    if not task.on_gpu:
        raise SkippedError("weights are packed on CUDA devices alone")
    if importlib.util.find_spec(PACKAGE) is None:
        raise SkippedError(f"{PACKAGE} is not installed")
    figures.put(PACKAGE, importlib.metadata.version(PACKAGE))
    asked = listed(task.images, QUESTIONS[:1])
    for name in (SMALLER, LARGER):
        for precision in PRECISIONS:
            label = f"{name} {precision}"
            figures.attempt(label, partial(_packed, task, name, precision, asked))
            gc.collect()
            torch.cuda.empty_cache()
        figures.attempt(f"{name} expected", partial(_needs, task, name))


def _packed(task: Task, name: str, precision: Precision, asked: Asking) -> dict[str, Any]:
    torch.cuda.reset_peak_memory_stats(task.device)
    entry = ModelEntry(name=name, source=str(task.model(name)), dtype="bfloat16", quantization=precision)
    command = Load(model=entry, device=task.device, trust_remote_code=False, allow_pickle=False)
    begun = time.perf_counter()
    loaded, told = load(command, lambda message: None)
    seconds = time.perf_counter() - begun
    after = held(task.device)
    results = Worker(loaded, task.scratch(f"{name}-{precision}"), task.tokens).results(asked.first(2), 1)
    answers = [one for one in results if one.error is None]
    return {
        "load_seconds": seconds,
        "weights": told.model.memory.weights,
        "loaded": after,
        "answering": held(task.device),
        "answered": len(answers),
        "errors": [one.error.message for one in results if one.error],
        "answers": [(one.response or "")[:SHOWN] for one in answers],
        "tokens_per_second": [one.tokens.per_second for one in answers],
    }


def _needs(task: Task, name: str) -> Any:
    return expectation(task.model(name))["needs"]
