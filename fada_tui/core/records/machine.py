"""Records of where a run was made: the machine, its software, and the devices that took part."""

from msgspec import UNSET, UnsetType

from fada_tui.core.records.base import FileRecord
from fada_tui.core.records.model import ModelMemory
from fada_tui.core.records.result import Failure


class Gpu(FileRecord, frozen=True, kw_only=True):
    """A GPU as NVML names it."""

    index: int
    name: str
    uuid: str | None = None
    memory_total: int | None = None
    """Bytes."""


class Environment(FileRecord, frozen=True, kw_only=True):
    """The machine and software on which the run was made."""

    python: str | None = None
    platform: str | None = None
    torch: str | None = None
    transformers: str | None = None
    cuda: str | None = None
    """Version of CUDA that torch was built with."""
    driver: str | None = None
    gpus: tuple[Gpu, ...] = ()
    cpu: str | None = None
    memory_total: int | None = None
    """Bytes of main memory."""


class RunDevice(FileRecord, frozen=True, kw_only=True):
    """One of the devices that made a run together, each with a model of its own."""

    name: str
    """As its results say: `cuda:1`, or `cpu:0` for the first worker on the CPU."""
    gpu: str | None = None
    """Product name; `None` for the CPU, or where it is not known."""
    gpu_uuid: str | None = None
    load_time: float | None = None
    """Seconds; `None` where the model was never loaded there."""
    memory: ModelMemory = ModelMemory()
    """Of the model there, over the run."""
    error: Failure | UnsetType = UNSET
    """Why it was given up; the others made what was left."""
