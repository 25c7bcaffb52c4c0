"""Recovery from a worker's death: its items are retried, run alone, or recorded as errors."""

from collections.abc import Container, Sequence

from fada_tui.core.errors import ErrorKind
from fada_tui.core.protocol import Item
from fada_tui.core.records import Failure, Result

TRIES = 2
"""How often an item is started before a worker that dies on it makes it an error."""

FRUITLESS_RESTARTS = 3
"""Number of workers that may die in sequence without a result before the run is given up."""

OPEN_RESTARTS = 9
"""Likewise where another worker has yet to be asked about what they died on."""

Key = tuple[str, str]


class Tries:
    """What the workers of a run know together of items that workers died on."""

    def __init__(self) -> None:
        self.by: dict[Key, list[str]] = {}
        """Which workers died with an item in flight, a name for each time."""
        self.suspects: set[Key] = set()
        self.given_up: set[Key] = set()
        """What they all died on: no device is to blame for that."""

    def paths_of(self, worker: str, done: Container[Key] = ()) -> set[str]:
        """Return the images that a worker died on, which others are to be asked about first.

        Args:
            worker: the worker's name.
            done: what has a result by now, so that there is nothing to ask.
        """
        return {key[0] for key, names in self.by.items() if worker in names and key not in done}


class Recovery:
    """A record of one worker's items in progress, and of its deaths on them.

    Of several items in flight any may be the one that a worker died of, or it died of their number, even if
    only one of them is still unfinished. Then all are suspects, to be asked one at a time, so that none
    becomes an error by another's fault.

    Args:
        tries: shared with the other workers of the run, if there are any.
        worker: the worker's name.
    """

    def __init__(self, tries: Tries | None = None, worker: str = "") -> None:
        self._tries = tries or Tries()
        self._worker = worker
        self._in_flight: dict[Key, Item] = {}
        self._together = 0
        self._fruitless: list[frozenset[Key]] = []
        """What it lost by each death since its last result."""
        self._done: Container[Key] = ()
        """What has a result, of any worker."""
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
        self._fruitless.clear()
        self._in_flight.pop(key, None)

    def suspects(self, items: Sequence[Item]) -> list[Item]:
        """Return the items that must be asked one at a time."""
        return [item for item in items if item.key in self._tries.suspects]

    def died(self, done: Container[Key], *, others_work: bool = False) -> list[Item]:
        """Record that the worker died; return the items that are given up.

        Args:
            done: what has a result.
            others_work: others can make what it lost. So every death without a result is fruitless, and an
                item is given up only when it was the end of another worker, too.
        """
        self._done = done
        lost = [item for item in self._in_flight.values() if item.key not in done]
        self._in_flight.clear()
        if not lost or others_work:
            self._fruitless.append(frozenset(item.key for item in lost))
        if lost and self._together > 1:
            self.at_most = self._together // 2
            self._tries.suspects.update(item.key for item in lost)
        for item in lost:
            self._tries.by.setdefault(item.key, []).append(self._worker)
        given_up = [item for item in lost if self._is_given_up(item.key, others_work=others_work)]
        self._tries.given_up.update(item.key for item in given_up)
        return given_up

    def _is_given_up(self, key: Key, *, others_work: bool) -> bool:
        names = self._tries.by[key]
        return len(names) >= TRIES and (len(set(names)) > 1 or not others_work)

    @property
    def hopeless(self) -> bool:
        """Return whether so many workers died without a result that another attempt is pointless.

        A death that an item is to blame for does not count: it was the end of others, too. Nor does one on
        items that another worker has yet to be asked about, unless there are many.
        """
        unexplained = [lost for lost in self._fruitless if not lost & self._tries.given_up]
        settled = [lost for lost in unexplained if all(key in self._done for key in lost)]
        return len(settled) >= FRUITLESS_RESTARTS or len(unexplained) >= OPEN_RESTARTS


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
