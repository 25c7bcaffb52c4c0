"""Samples of the machine, and figures derived from them."""

from collections.abc import Collection, Mapping, Sequence

from msgspec import Struct

from fada_tui.core.records import ResultMemory
from fada_tui.store.fold import highest


class Watched(Struct, frozen=True):
    """A worker whose memory is measured."""

    pid: int
    name: str = ""
    """Its device in a run of several; each has another one."""
    gpu_uuids: tuple[str, ...] = ()
    """The GPUs that its model is on, where known."""
    is_engine: bool = False
    """Whether it is the first of an engine's processes: all of its process group are measured together."""


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
    """Bytes of the watched processes; up to `nvml.PROCESS_PERIOD` old."""
    by_process: Mapping[int, int] = {}
    """Bytes of each of these that uses the GPU, by its id; empty where it is not known."""
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
    """Bytes of the workers' resident memory, that of all of them together."""
    workers: Mapping[str, ResultMemory] = {}
    """Memory of each worker that runs, by its name."""
    engine: bool = False
    """Whether these are an engine's processes, not a worker's."""
    memory_used: int
    """Bytes of main memory that are not available to programs."""
    memory_total: int
    """Bytes of main memory: the machine's, or what a control group leaves of it."""


def memory_of_worker(
    gpus: Sequence[GpuReading], worker: Watched, rss: int | None, pids: Collection[int] | None = None
) -> ResultMemory:
    """Return one worker's memory figures.

    Args:
        gpus: all readings; its GPUs are those that list a process of it, and those that it names.
        worker: which one.
        rss: bytes of its resident memory.
        pids: its processes; by default the one that is watched.
    """
    pids = (worker.pid,) if pids is None else pids
    own = [gpu for gpu in gpus if any(pid in gpu.by_process for pid in pids)]
    named = [gpu for gpu in gpus if gpu.uuid is not None and gpu.uuid in worker.gpu_uuids and gpu not in own]
    used = [gpu.memory_used for gpu in own + named if gpu.memory_used is not None]
    return ResultMemory(
        nvml_process=sum(gpu.by_process.get(pid, 0) for gpu in own for pid in pids) if own else None,
        nvml_used=sum(used) if used else None,
        worker_rss=rss,
    )


def memory_of(sample: Sample) -> ResultMemory:
    """Return the memory figures of all workers together in a sample: on the GPUs that list any of them."""
    own = [gpu for gpu in sample.gpus if gpu.process_memory is not None]
    used = [gpu.memory_used for gpu in own if gpu.memory_used is not None]
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
