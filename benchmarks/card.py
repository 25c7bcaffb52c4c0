"""What a CUDA card can do, for figures that are held against it. Not used on other devices."""

import time

import torch

COPIED = 2**30
"""Bytes of the copies that the bandwidth is taken from."""


def reset_peak(device: str) -> None:
    """Begin a new measurement of the allocator's peak."""
    if device.startswith("cuda"):
        torch.cuda.reset_peak_memory_stats(device)


def peak(device: str) -> int | None:
    """Return the most bytes that torch had allocated since; `None` without a card."""
    return torch.cuda.max_memory_allocated(device) if device.startswith("cuda") else None


def bandwidth(device: str, copies: int = 20) -> float | None:
    """Return the bytes a second that a large copy reads and writes on the card; `None` without one."""
    if not device.startswith("cuda"):
        return None
    source = torch.empty(COPIED, dtype=torch.uint8, device=device)
    target = torch.empty_like(source)
    target.copy_(source)
    torch.cuda.synchronize(device)
    begun = time.perf_counter()
    for _ in range(copies):
        target.copy_(source)
    torch.cuda.synchronize(device)
    return 2 * COPIED * copies / (time.perf_counter() - begun)
