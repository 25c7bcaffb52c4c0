"""Recovery from a worker's death: its items are retried, run alone, or recorded as errors."""

from collections import Counter
from collections.abc import Container, Sequence

from fada_tui.core.errors import ErrorKind
from fada_tui.core.protocol import Item
from fada_tui.core.records import Failure, Result

TRIES = 2
"""How often an item is started before a worker that dies on it makes it an error."""

FRUITLESS_RESTARTS = 3
"""Number of workers that may die in sequence without a result before the run is given up."""

Key = tuple[str, str]


class Recovery:
    """A record of the items in progress, and of the worker deaths on them.

    Of several items in flight any may be the one that a worker died of, or it died of their number, even if
    only one of them is still unfinished. Then all are suspects, to be asked one at a time, so that none
    becomes an error by another's fault.
    """

    def __init__(self) -> None:
        self._in_flight: dict[Key, Item] = {}
        self._together = 0
        self._suspects: set[Key] = set()
        self._tries: Counter[Key] = Counter()
        self._fruitless = 0
        self.at_most: int | None = None
        """Items that may be in flight together, after a worker died with more."""

    def began(self, item: Item) -> None:
        """Record an item that the worker begins."""
        if not self._in_flight:
            self._together = 0
        self._in_flight[item.key] = item
        self._together = max(self._together, len(self._in_flight))

    def finished(self, key: Key) -> None:
        """Record a result."""
        self._fruitless = 0
        self._in_flight.pop(key, None)

    def suspects(self, items: Sequence[Item]) -> list[Item]:
        """Return the items that must be asked one at a time."""
        return [item for item in items if item.key in self._suspects]

    def died(self, done: Container[Key]) -> list[Item]:
        """Record that the worker died; return the items that are given up.

        Args:
            done: what has a result.
        """
        lost = [item for item in self._in_flight.values() if item.key not in done]
        self._in_flight.clear()
        if not lost:
            self._fruitless += 1
        if lost and self._together > 1:
            self.at_most = self._together // 2
            self._suspects.update(item.key for item in lost)
        self._tries.update(item.key for item in lost)
        return [item for item in lost if self._tries[item.key] >= TRIES]

    @property
    def hopeless(self) -> bool:
        """Return whether so many workers died without a result that another attempt is pointless."""
        return self._fruitless >= FRUITLESS_RESTARTS


def lost_result(item: Item, kind: ErrorKind, message: str) -> Result:
    """Return the error result for an item that is given up."""
    return Result(
        image=item.image,
        category=item.category,
        question=item.question,
        path=item.path,
        question_id=item.question_id,
        finish="error",
        error=Failure(kind=kind, message=message),
    )
