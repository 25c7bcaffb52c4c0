"""What a CUDA card can do, for figures that are held against it. Not used on other devices."""

import time

import torch

COPIED = 2**30
"""Bytes of the copies that the bandwidth is taken from."""


def allocated(device: str) -> int | None:
    """Return the bytes that torch has allocated, and measure its peak from here; `None` without a card."""
    if not device.startswith("cuda"):
        return None
    torch.cuda.reset_peak_memory_stats(device)
    return torch.cuda.memory_allocated(device)


def grown(device: str, before: int | None) -> int | None:
    """Return the most bytes that torch had allocated since, above those before; `None` without a card."""
    return None if before is None else torch.cuda.max_memory_allocated(device) - before


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
