"""The parts, in their order, and how long each may take."""

from collections.abc import Sequence
from itertools import accumulate

from msgspec import Struct

ALL = 360.0
"""Seconds that all parts together may take, unless another number is asked for."""

LEAST = 1.0
"""Seconds below which a part isn't begun."""


class Part(Struct, frozen=True):
    """A process of its own."""

    name: str
    number: int
    """By which it is asked for; several parts have one, and what the others build on has 0."""
    share: float
    """Of all seconds, what it may take, beside what the parts before it have left over."""
    about: str


PARTS = (
    Part("models", 0, 40, "models and images are made"),
    Part("doctor", 1, 10, "doctor; NVML beside nvidia-smi"),
    Part("pace-500M", 2, 75, "tokens/s of each way of asking, smaller model"),
    Part("pace-2B", 2, 40, "tokens/s of each way of asking, larger model"),
    Part("compiled-500M", 2, 55, "tokens/s of compiled decoding, smaller model"),
    Part("compiled-2B", 2, 30, "tokens/s of compiled decoding, larger model"),
    Part("memory", 3, 35, "memory expected and taken; batches that size themselves; out of memory"),
    Part("quantised", 4, 15, "8 and 4 bits"),
    Part("whole", 5, 25, "the whole command, twice"),
    Part("dashboard", 6, 35, "the dashboard while it runs"),
)

NUMBERS = tuple(dict.fromkeys(part.number for part in PARTS if part.number))


def chosen(numbers: Sequence[int], parts: Sequence[Part] = PARTS) -> list[Part]:
    """Return the parts of these numbers in their order, after those that all build on."""
    return [part for part in parts if part.number in (0, *numbers)]


def ends(parts: Sequence[Part], seconds: float) -> list[float]:
    """Return when each part must have ended, in seconds after the first began.

    What a part does not need, the next ones may: so no part is robbed of its time, and all of them keep to
    the sum.
    """
    scale = seconds / sum(part.share for part in parts)
    return [end * scale for end in accumulate(part.share for part in parts)]
