"""A model's memory figures, each with its name."""

from typing import NamedTuple

from msgspec import UNSET

from fada_tui.core.records import ModelMemory, ResultMemory
from fada_tui.report import units


class Named(NamedTuple):
    """A size in memory with its name."""

    size: int
    """Bytes."""
    name: str
    short: str
    """Name for narrow columns."""


def chosen(memory: ModelMemory, *, by_engine: bool = False) -> Named | None:
    """Return the main memory figure of a model: peak on the GPU, else of the process, else its weights.

    Args:
        memory: what was measured.
        by_engine: of an engine's processes, not of a worker.
    """
    whose = "engine" if by_engine else "worker"
    return _of_gpu(memory) or _first(
        (memory.worker_rss_peak, f"{whose} resident", whose), (memory.weights, "weights", "weights")
    )


def on_gpu(memory: ModelMemory) -> str | None:
    """Return the run's GPU memory with its name: torch's peak, NVML's, what was told; `None` if unknown."""
    return _text(found) if (found := _of_gpu(memory)) else None


def briefly(memory: ModelMemory, *, by_engine: bool = False) -> str:
    """Return the main memory figure of a model, with its name, as `chosen` has it; `unknown` without one."""
    return _text(found) if (found := chosen(memory, by_engine=by_engine)) else "unknown"


def _of_gpu(memory: ModelMemory) -> Named | None:
    return _first(
        (memory.torch_peak_allocated, "torch peak", "torch"),
        (memory.nvml_process_peak, "NVML process peak", "NVML"),
        (None if memory.gpu_told is UNSET else memory.gpu_told, "as told", "told"),
    )


def _first(*candidates: tuple[int | None, str, str]) -> Named | None:
    return next((Named(size, name, short) for size, name, short in candidates if size is not None), None)


def _text(found: Named) -> str:
    return f"{units.memory(found.size)} ({found.name})"


def of_result(memory: ResultMemory) -> str | None:
    """Return the memory measured while one result was made."""
    known = [
        f"{units.memory(size)} {label}"
        for label, size in (
            ("torch allocated", memory.torch_peak_allocated),
            ("NVML process", memory.nvml_process),
            ("on the GPU by all processes", memory.nvml_used),
            ("worker resident", memory.worker_rss),
        )
        if size is not None
    ]
    return ", ".join(known) or None
