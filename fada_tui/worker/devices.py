"""Devices and their memory, as torch reports them.

torch is imported by who loads a model that runs here. Where none does, there is no device to fail or to fill.
"""

import contextlib
import gc
import sys
from pathlib import Path
from typing import Any

import psutil

from fada_tui.core.errors import reason
from fada_tui.core.main_memory import main_memory
from fada_tui.core.protocol import DevicesListed

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


class PeakMemory:
    """A measurement of the memory allocated on the model's device since `reset`.

    Of a GPU's torch's allocator knows, of main memory the system.
    """

    def __init__(self, device: str) -> None:
        self._device = device if device.startswith("cuda") else None
        self._before = 0

    @property
    def on_gpu(self) -> bool:
        """Return whether the device is a GPU."""
        return self._device is not None

    def reset(self) -> None:
        """Start a new measurement."""
        if self._device:
            _torch().cuda.reset_peak_memory_stats(self._device)
            self._before = _torch().cuda.memory_allocated(self._device)
        else:
            self._before = _reset_resident()

    @property
    def allocated(self) -> int | None:
        """Return the peak bytes in tensors on the GPU; `None` if torch does not count them."""
        return int(_torch().cuda.max_memory_allocated(self._device)) if self._device else None

    @property
    def reserved(self) -> int | None:
        """Return the peak bytes held by the GPU's allocator; `None` if there is none."""
        return int(_torch().cuda.max_memory_reserved(self._device)) if self._device else None

    @property
    def taken(self) -> int:
        """Return the peak bytes beyond those held at `reset`."""
        peak = _torch().cuda.max_memory_allocated(self._device) if self._device else _peak_resident()
        return int(peak) - self._before

    @property
    def free(self) -> int:
        """Return the bytes that a batch may use, with a margin: other programs share main memory."""
        if not self._device:
            return int(main_memory().available * MAIN_MEMORY_SHARE)
        kept = _torch().cuda.memory_reserved(self._device) - _torch().cuda.memory_allocated(self._device)
        return int((free_memory(self._device) + kept) * GPU_MEMORY_SHARE)


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
