"""What torch knows of devices and their memory.

torch is imported by who loads a model that runs here. Where none does, there is no device to fail or to fill.
"""

import gc
import sys
from typing import Any

import psutil


def choose_device(asked: str) -> str:
    """Return the device for `auto`: the first CUDA device, else the CPU; any other name unchanged."""
    if asked != "auto":
        return asked
    import torch

    return "cuda:0" if torch.cuda.is_available() else "cpu"


def gpu_uuid(device: str) -> str | None:
    """The UUID of a CUDA device in NVML's spelling, by which telemetry finds it; `None` for others."""
    if not device.startswith("cuda"):
        return None
    import torch

    uuid = str(torch.cuda.get_device_properties(device).uuid)
    return uuid if uuid.startswith("GPU-") else f"GPU-{uuid}"


def free_memory(device: str) -> int:
    """Bytes that can still be allocated: on the device, or in main memory for the CPU."""
    if device.startswith("cuda"):
        import torch

        return int(torch.cuda.mem_get_info(device)[0])
    return int(psutil.virtual_memory().available)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an allocation failed: there is a class for the GPU's, and only words for main memory's."""
    torch = _torch()
    if isinstance(error, MemoryError) or (torch and isinstance(error, torch.OutOfMemoryError)):
        return True
    words = ("DefaultCPUAllocator", "Cannot allocate memory")
    return isinstance(error, RuntimeError | OSError) and any(word in str(error) for word in words)


def is_fault(error: BaseException) -> bool:
    """Whether the device is in an unusable state, so that this process can compute nothing more on it."""
    torch = _torch()
    return torch is not None and isinstance(error, torch.AcceleratorError)


class PeakMemory:
    """Torch's allocator peaks on the model's device since `reset`; `None` where torch does not count them."""

    def __init__(self, device: str) -> None:
        self._device = device if device.startswith("cuda") else None

    def reset(self) -> None:
        """Begin a new measurement."""
        if self._device:
            _torch().cuda.reset_peak_memory_stats(self._device)

    @property
    def allocated(self) -> int | None:
        """Bytes in tensors, at most."""
        return int(_torch().cuda.max_memory_allocated(self._device)) if self._device else None

    @property
    def reserved(self) -> int | None:
        """Bytes held by the allocator, at most."""
        return int(_torch().cuda.max_memory_reserved(self._device)) if self._device else None


def release() -> None:
    """Give unused memory back."""
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
    """The module, once it is imported; else `None`."""
    return sys.modules.get("torch")
