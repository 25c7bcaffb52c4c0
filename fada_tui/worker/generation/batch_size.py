"""How many answers are made together."""

from typing import Literal

FIRST = 1
GROWTH = 4
"""How many times as large as one that was answered a batch becomes at most."""

MOST = 64
"""Answers in a batch that sizes itself. Beyond it little is won, and answers wait long for each other."""


class BatchSize:
    """The size of the next batch.

    One that is given is kept to. `auto` begins with one answer and grows by what the last batch took of
    memory. Either is halved when memory ran out, and grows no further than that again.

    Args:
        asked: answers together, or `auto`.
        at_most: answers together at most; `None` where nothing is known against more.
    """

    def __init__(self, asked: int | Literal["auto"] | None, at_most: int | None = None) -> None:
        self._grows = asked == "auto"
        size = FIRST if asked == "auto" or asked is None else asked
        most = MOST if self._grows else size
        self._limit = min(most, at_most or most)
        self.now = min(size, self._limit)

    def answered(self, count: int, taken: int, free: int) -> None:
        """Learn from a batch that was answered.

        Args:
            count: answers in it.
            taken: bytes it took at most, beyond what the model holds anyway.
            free: bytes that a batch may take now.
        """
        if not self._grows:
            return
        fitting = MOST if taken <= 0 else int(free / (taken / count))
        self.now = max(1, min(max(self.now, count * GROWTH), fitting, self._limit))

    def failed(self, count: int) -> None:
        """Learn that memory ran out with so many answers."""
        self._limit = max(1, count // 2)
        self.now = min(self.now, self._limit)
