"""The order in which answers are assessed, and the progress through it."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from msgspec import Struct

_Place = TypeVar("_Place")


def next_unassessed(
    places: Sequence[_Place], at: int, unassessed: Callable[[_Place], bool], step: int
) -> int | None:
    """Return the index of the next unassessed place, wrapping around; `None` if there is no other.

    Args:
        places: all of them.
        at: where one is, which is never returned; -1 for before the first.
        unassessed: whether a place waits for a verdict.
        step: 1 for onwards, -1 for back.
    """
    count = len(places)
    start = at if at >= 0 or step > 0 else count
    for distance in range(1, count + 1):
        index = (start + step * distance) % count
        if index != at and unassessed(places[index]):
            return index
    return None


class Progress(Struct, frozen=True, kw_only=True):
    """The number of answers judged, out of all."""

    judged: int
    answered: int
    total: int
    """Number of answers once the run is complete."""

    def __str__(self) -> str:
        return f"{self.judged} of {self.total} judged"
