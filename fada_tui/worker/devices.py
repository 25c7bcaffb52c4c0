"""Devices and their memory, as torch reports them.

torch is imported by who loads a model that runs here. Where none does, there is no device to fail or to fill.
"""

import contextlib
import gc
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import psutil

from fada_tui.core.errors import reason
from fada_tui.core.main_memory import main_memory
from fada_tui.core.protocol import DevicesListed
from fada_tui.models.placement import Card

MAIN_MEMORY_SHARE = 0.5
"""Share of the available main memory that a batch may use: the system kills when it runs out."""

GPU_MEMORY_SHARE = 0.85
"""Likewise of a GPU, which says no: margin for fragments, and for answers longer than the last ones."""

CLEAR_REFS, STATUS = Path("/proc/self/clear_refs"), Path("/proc/self/status")


def choose_device(asked: str) -> str:
    """Return the device for `auto`: the first CUDA device, else the CPU; any other name unchanged."""
    if asked != "auto":
        return asked
    import torch

    return "cuda:0" if torch.cuda.is_available() else "cpu"


def usable_gpus() -> DevicesListed:
    """Return the GPUs that torch can compute on; imports torch."""
    import torch

    try:
        names = [f"cuda:{index}" for index in range(torch.cuda.device_count())]
        return DevicesListed(names=tuple(names), uuids=gpu_uuids(*names))
    except RuntimeError as error:
        return DevicesListed(names=(), uuids=(), problem=reason(error))


def cards() -> Iterator[Card]:
    """Yield the CUDA devices with what is free on each; to look at one takes some of its memory.

    One that cannot be used, as where it is another process's alone, is left out.
    """
    import torch

    for index in range(torch.cuda.device_count()):
        name = f"cuda:{index}"
        try:
            free = free_memory(name)
        except RuntimeError:
            continue
        yield Card(name, free)


def gpu_uuids(*devices: str) -> tuple[str, ...]:
    """Return the UUIDs of the CUDA devices among some, in NVML's format, for telemetry."""
    return tuple(_gpu_uuid(device) for device in devices if device.startswith("cuda"))


def _gpu_uuid(device: str) -> str:
    import torch

    uuid = str(torch.cuda.get_device_properties(device).uuid)
    return uuid if uuid.startswith("GPU-") else f"GPU-{uuid}"


def free_memory(device: str) -> int:
    """Return the bytes that can still be allocated: on the device, or in main memory for the CPU."""
    if device.startswith("cuda"):
        import torch

        return int(torch.cuda.mem_get_info(device)[0])
    return main_memory().available


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether an error is a failed allocation: by class on a GPU, by message in main memory."""
    torch = _torch()
    if isinstance(error, MemoryError) or (torch and isinstance(error, torch.OutOfMemoryError)):
        return True
    words = ("DefaultCPUAllocator", "Cannot allocate memory")
    return isinstance(error, RuntimeError | OSError) and any(word in str(error) for word in words)


def is_fault(error: BaseException) -> bool:
    """Return whether the device is unusable, so that this process can compute nothing more on it."""
    torch = _torch()
    return torch is not None and isinstance(error, torch.AcceleratorError)


class Usage(NamedTuple):
    """What a batch took of one device's memory, and what the next one may take. Bytes."""

    taken: int
    """At most, beyond what was held before it."""
    free: int


class PeakMemory:
    """A measurement of the memory allocated on a model's devices since `reset`.

    Of GPUs torch's allocator knows, of main memory the system.

    Args:
        devices: that the model lies on.
        shares: processes that share main memory with this one, itself included.
    """

    def __init__(self, devices: Sequence[str], shares: int = 1) -> None:
        self._gpus = tuple(device for device in devices if device.startswith("cuda"))
        self._shares = shares
        self._before: list[int] = [0] * max(len(self._gpus), 1)

    @property
    def on_gpu(self) -> bool:
        """Return whether the devices are GPUs."""
        return bool(self._gpus)

    def reset(self) -> None:
        """Start a new measurement."""
        if not self._gpus:
            self._before = [_reset_resident()]
            return
        for gpu in self._gpus:
            _torch().cuda.reset_peak_memory_stats(gpu)
        self._before = [int(_torch().cuda.memory_allocated(gpu)) for gpu in self._gpus]

    @property
    def allocated(self) -> int | None:
        """Return the peak bytes in tensors, of all GPUs together; `None` if torch does not count them."""
        return self._sum(lambda cuda, gpu: cuda.max_memory_allocated(gpu))

    @property
    def reserved(self) -> int | None:
        """Return the peak bytes held by the GPUs' allocators, together; `None` if there are none."""
        return self._sum(lambda cuda, gpu: cuda.max_memory_reserved(gpu))

    @property
    def usage(self) -> tuple[Usage, ...]:
        """Return what was taken of each device since `reset`, and what a batch may take there.

        There is a margin, as other programs share main memory, and other workers of a run its machine.
        """
        if not self._gpus:
            free = main_memory().available * MAIN_MEMORY_SHARE / self._shares
            return (Usage(_peak_resident() - self._before[0], int(free)),)
        return tuple(self._used(gpu, before) for gpu, before in zip(self._gpus, self._before, strict=True))

    def _used(self, gpu: str, before: int) -> Usage:
        cuda = _torch().cuda
        kept = cuda.memory_reserved(gpu) - cuda.memory_allocated(gpu)
        return Usage(
            int(cuda.max_memory_allocated(gpu)) - before, int((free_memory(gpu) + kept) * GPU_MEMORY_SHARE)
        )

    def _sum(self, measure: Callable[[Any, str], int]) -> int | None:
        return sum(int(measure(_torch().cuda, gpu)) for gpu in self._gpus) if self._gpus else None


def _reset_resident() -> int:
    """Reset this process's peak of resident memory; return the bytes resident now.

    Linux alone forgets an old peak (proc(5), clear_refs); elsewhere it is kept, and little seems to be taken.
    """
    with contextlib.suppress(OSError):
        CLEAR_REFS.write_text("5")
    return int(psutil.Process().memory_info().rss)


def _peak_resident() -> int:
    with contextlib.suppress(OSError):
        for line in STATUS.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return int(psutil.Process().memory_info().rss)


def is_spread(model: Any) -> bool:
    """Return whether a loaded model lies on several devices."""
    return len(set((getattr(model, "hf_device_map", None) or {}).values())) > 1


def pin(inputs: Any, device: Any) -> None:
    """Pin tensors in memory for asynchronous transfer to a GPU; does nothing for other devices."""
    if device.type == "cuda":
        inputs.update(
            {name: value.pin_memory() for name, value in inputs.items() if _torch().is_tensor(value)}
        )


def moved(inputs: Any, model: Any) -> dict[str, Any]:
    """Return prepared inputs on a model's device, floating-point ones in its precision."""
    return dict(inputs.to(model.device, dtype=model.dtype, non_blocking=True))


def release() -> None:
    """Release unused memory."""
    gc.collect()
    torch = _torch()
    if torch and torch.cuda.is_available():
        torch.cuda.empty_cache()


def allocated() -> int:
    """Bytes that tensors take on all CUDA devices."""
    torch = _torch()
    if torch is None or not torch.cuda.is_initialized():
        return 0
    return sum(int(torch.cuda.memory_allocated(index)) for index in range(torch.cuda.device_count()))


def _torch() -> Any:
    """Return the torch module if it is imported; else `None`."""
    return sys.modules.get("torch")
