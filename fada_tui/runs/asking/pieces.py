"""Items that wait to be asked, and how many of them a worker is handed at once. Pure.

A worker is handed some seconds of its own work: so a slow device never holds what others could make, and at
the end none waits long for another.
"""

from collections import deque
from collections.abc import Collection, Iterable
from itertools import groupby

from fada_tui.core.protocol import Item

SECONDS = 10.0
"""Work that a worker is handed at once, by its own pace."""

FEW_BATCHES = 2
"""Batches that it is handed at least, where answers are made together."""


class Pace:
    """How fast one worker answers, and how many answers it makes together.

    Args:
        together: answers together, as far as is known before any is made.
    """

    def __init__(self, together: int = 1) -> None:
        self.together = together
        self.seconds: float | None = None
        """For an answer; `None` before the first piece."""

    def made(self, together: int) -> None:
        """Take note of an answer that was made together with others, itself included."""
        self.together = max(self.together, together)

    def took(self, answers: int, seconds: float) -> None:
        """Take note of a piece."""
        if answers:
            latest = seconds / answers
            self.seconds = latest if self.seconds is None else (self.seconds + latest) / 2

    def piece(self, left: int, workers: int) -> int:
        """Return how many items the worker is handed next.

        Args:
            left: items that wait.
            workers: that share them; the last one takes them all.
        """
        if workers < 2:
            return left
        if self.seconds is None:
            wanted = self.together
        else:
            least = FEW_BATCHES * self.together if self.together > 1 else 1
            wanted = max(least, int(SECONDS / self.seconds) if self.seconds > 0 else left)
        return max(1, min(wanted, left // (2 * workers)))


class WaitingItems:
    """Items that wait, image by image: the questions of an image stay together.

    Args:
        items: in the order of the plan.
    """

    def __init__(self, items: Iterable[Item]) -> None:
        self._images = deque(_by_image(items))
        self._alone: deque[list[Item]] = deque()
        self.left = sum(map(len, self._images))
        """How many wait."""

    def take(self, pace: Pace, workers: int, avoided: Collection[str] = ()) -> tuple[list[Item], bool]:
        """Return a worker's next items, and whether they must be asked one at a time; those come first.

        Args:
            pace: the worker's.
            workers: that share the items.
            avoided: paths of images that are left to others.
        """
        size = pace.piece(self.left, workers)
        for queue in (self._alone, self._images):
            if items := _taken(queue, size, avoided):
                self.left -= len(items)
                return items, queue is self._alone
        return [], False

    def put_back(self, items: Iterable[Item], *, alone: bool = False) -> None:
        """Have items asked next, which a worker gave back; `alone`: one at a time."""
        images = _by_image(items)
        (self._alone if alone else self._images).extendleft(reversed(images))
        self.left += sum(map(len, images))


def _taken(queue: deque[list[Item]], size: int, avoided: Collection[str]) -> list[Item]:
    """Take images from the beginning of a queue: one, and more while they fit; the avoided stay in place."""
    items: list[Item] = []
    passed: list[list[Item]] = []
    while queue and (not items or len(items) + len(queue[0]) <= size):
        image = queue.popleft()
        if image[0].path in avoided:
            passed.append(image)
        else:
            items += image
    queue.extendleft(reversed(passed))
    return items


def _by_image(items: Iterable[Item]) -> list[list[Item]]:
    return [list(questions) for _, questions in groupby(items, key=lambda item: item.path)]
