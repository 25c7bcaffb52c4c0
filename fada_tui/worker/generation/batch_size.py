"""The number of answers made together."""

from collections.abc import Sequence
from typing import Literal

FIRST = 1
GROWTH = 4
"""Maximum factor by which a batch grows over one that was answered."""

MOST = 64
"""Maximum answers in an automatic batch. Larger ones gain little, and answers wait long for each other."""


class BatchSize:
    """The automatic choice of the next batch's size.

    One that is given is kept to. `auto` begins with few answers and grows by what the last batch took of
    memory. Either is halved when memory ran out, and grows no further than that again.

    Args:
        asked: answers together, or `auto`.
        at_most: answers together at most; `None` where nothing is known against more.
        begin_with: answers together at first, if `auto` was asked for.
    """

    def __init__(
        self, asked: int | Literal["auto"] | None, at_most: int | None = None, begin_with: int = FIRST
    ) -> None:
        self._grows = asked == "auto"
        size = begin_with if asked == "auto" else asked or 1
        most = MOST if self._grows else size
        self._limit = min(most, at_most or most)
        self.now = min(size, self._limit)

    def answered(self, count: int, usage: Sequence[tuple[int, int]]) -> None:
        """Update the size after a batch was answered. The tightest device decides.

        Args:
            count: answers in it.
            usage: of each device, the bytes that the batch took at most, beyond what the model holds anyway,
                and the bytes that a batch may take there now.
        """
        if not self._grows:
            return
        fitting = min(MOST if taken <= 0 else int(free / (taken / count)) for taken, free in usage)
        self.now = max(1, min(max(self.now, count * GROWTH), fitting, self._limit))

    def failed(self, count: int) -> None:
        """Reduce the size after memory ran out with so many answers."""
        self._limit = max(1, count // 2)
        self.now = min(self.now, self._limit)
