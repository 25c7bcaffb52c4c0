"""A model's memory, each figure under its own name."""

from fada_tui.core.records import ModelMemory, ResultMemory
from fada_tui.report import units
from fada_tui.report.markdown import bullet


def metrics(memory: ModelMemory) -> list[str]:
    """Return a list item for each peak that was measured."""
    return [
        *bullet("Peak GPU Memory, torch allocated", units.memory(memory.torch_peak_allocated)),
        *bullet("Peak GPU Memory, torch reserved", units.memory(memory.torch_peak_reserved)),
        *bullet("Peak GPU Memory, NVML process", units.memory(memory.nvml_process_peak)),
        *bullet("Peak Process Memory, worker resident", units.memory(memory.worker_rss_peak)),
    ]


def on_gpu(memory: ModelMemory) -> str | None:
    """Return the run's GPU memory with its name: torch's peak, else NVML's; `None` if neither is known."""
    if memory.torch_peak_allocated is not None:
        return f"{units.memory(memory.torch_peak_allocated)} (torch peak)"
    if memory.nvml_process_peak is not None:
        return f"{units.memory(memory.nvml_process_peak)} (NVML process peak)"
    return None


def briefly(memory: ModelMemory) -> str:
    """Return one figure for the comparison, with its name: of the GPU, else the process, else the weights."""
    if gpu := on_gpu(memory):
        return gpu
    if memory.worker_rss_peak is not None:
        return f"{units.memory(memory.worker_rss_peak)} (worker resident)"
    if memory.weights is not None:
        return f"{units.memory(memory.weights)} (weights)"
    return "unknown"


def of_result(memory: ResultMemory) -> str | None:
    """Return what was measured while one result was made."""
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
