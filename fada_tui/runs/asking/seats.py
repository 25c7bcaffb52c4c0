"""Which workers a run has: the device of each, and its share of the cores. Pure but for counting cores."""

import os
from collections.abc import Sequence

from msgspec import Struct

from fada_tui.core.device_list import is_cpu, loaded_on


class Seat(Struct, frozen=True):
    """A worker's place."""

    name: str
    """Of its device; empty for a run's only one."""
    device: str
    """On which it loads the model, as `--device` takes it."""
    threads: int | None = None
    """Most threads that it computes with; `None` for its own choice."""
    shares: int = 1
    """Workers of the run that share its memory, this one included."""


def only_seat(device: str) -> Seat:
    """Return the place of a run's only worker."""
    return Seat("", device)


def seats(names: Sequence[str], images: int, cores: int | None) -> tuple[Seat, ...]:
    """Return the workers' places.

    Args:
        names: of the devices (`core.device_list`).
        images: that are left: no more workers than these have anything to do.
        cores: that workers on the CPU share; `None` where a person says how many threads there are.
    """
    names = names[: max(images, 1)]
    sharing = sum(map(is_cpu, names))
    threads = max(cores // sharing, 1) if cores and sharing > 1 else None
    return tuple(
        Seat(name, loaded_on(name), threads, sharing) if is_cpu(name) else Seat(name, loaded_on(name))
        for name in names
    )


def usable_cores() -> int:
    """Return the number of cores that this program may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
