"""Samples of the machine, and figures derived from them."""

from collections.abc import Mapping

from msgspec import Struct

from fada_tui.core.records import ResultMemory
from fada_tui.store.fold import highest


class GpuReading(Struct, frozen=True, kw_only=True):
    """The readings of one GPU; a figure is `None` if NVML does not give it, and `problems` says why."""

    index: int
    uuid: str | None = None
    name: str | None = None
    memory_used: int | None = None
    """Bytes, by all processes."""
    memory_total: int | None = None
    """Bytes."""
    process_memory: int | None = None
    """Bytes of the watched process; up to `nvml.PROCESS_PERIOD` old."""
    utilisation: int | None = None
    """Percentage of the time in which a kernel ran."""
    temperature: int | None = None
    """Degrees Celsius."""
    power: float | None = None
    """Watts."""
    problems: Mapping[str, str] = {}
    """The reason for each field that is `None`, by the field's name."""


class Sample(Struct, frozen=True, kw_only=True):
    """The state of the machine at one moment."""

    time: str
    """ISO 8601, UTC, with milliseconds."""
    gpus: tuple[GpuReading, ...] = ()
    worker_rss: int | None = None
    """Bytes of the worker's resident memory."""
    memory_used: int
    """Bytes of main memory that are not available to programs."""
    memory_total: int
    """Bytes of main memory."""


def memory_of(sample: Sample, gpu_uuid: str | None) -> ResultMemory:
    """Return the worker's memory figures in a sample.

    The worker's GPUs are those that list its process and the one that `gpu_uuid` names; a model spread over
    several counts on all of them.
    """
    own = [gpu for gpu in sample.gpus if gpu.process_memory is not None]
    named = [gpu for gpu in sample.gpus if gpu_uuid is not None and gpu.uuid == gpu_uuid and gpu not in own]
    used = [gpu.memory_used for gpu in own + named if gpu.memory_used is not None]
    return ResultMemory(
        nvml_process=sum(gpu.process_memory or 0 for gpu in own) if own else None,
        nvml_used=sum(used) if used else None,
        worker_rss=sample.worker_rss,
    )


def peak(one: ResultMemory, other: ResultMemory) -> ResultMemory:
    """Return the larger of each pair of figures; a known one replaces an unknown one."""
    return ResultMemory(
        nvml_process=highest(one.nvml_process, other.nvml_process),
        nvml_used=highest(one.nvml_used, other.nvml_used),
        worker_rss=highest(one.worker_rss, other.worker_rss),
    )
