"""Which items are asked together: an image's questions; images of one shape, whose prompts are alike."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby, islice
from pathlib import Path
from typing import TypeAlias

from PIL import Image

from fada_tui.core.file_names import decode_name
from fada_tui.core.protocol import Item

Shape: TypeAlias = tuple[int, int]
"""Width and height in pixels; zeros where a file does not tell without being decoded."""

WINDOW = 64
"""Images among which those of one shape are brought together; the order of the whole is kept."""


class Line:
    """Items that wait to be asked.

    Args:
        items: in the order of the plan, an image's questions one after another.
        shape_of: tells the shape of the image at a path.
        window: images that are put in order at a time; 1 leaves the order alone.
    """

    def __init__(self, items: Iterable[Item], shape_of: Callable[[str], Shape], window: int) -> None:
        self._images: Iterator[list[Item]] = (
            list(questions) for _, questions in groupby(items, key=lambda item: item.path)
        )
        self._shape_of = shape_of
        self._size = window
        self._window: deque[list[Item]] = deque()

    def take(self, size: int) -> list[Item]:
        """Return the next batch, of at most so many items; empty at the end.

        Images stay whole, as each is encoded once for all its questions, unless one alone has more.
        """
        batch: list[Item] = []
        while waiting := self._next(size - len(batch)):
            batch.extend(waiting)
        if not batch and self._window:
            first = self._window[0]
            batch, self._window[0] = first[:size], first[size:]
        return batch

    def put_back(self, batch: list[Item]) -> None:
        """Take the last batch back: it comes next again."""
        images = [list(questions) for _, questions in groupby(batch, key=lambda item: item.path)]
        self._window.extendleft(reversed(images))

    def _next(self, room: int) -> list[Item] | None:
        """The next image's items where there is room for all of them."""
        if not self._window:
            self._window.extend(self._in_order(list(islice(self._images, self._size))))
        if not self._window or len(self._window[0]) > room:
            return None
        return self._window.popleft()

    def _in_order(self, images: list[list[Item]]) -> list[list[Item]]:
        if self._size == 1:
            return images
        return sorted(images, key=lambda questions: _order(self._shape_of(questions[0].path)))


def shape_of(root: str, path: str) -> Shape:
    """Return what an image's header says of its size.

    Args:
        root: the data set's folder, as `file_names.encode_name` writes it.
        path: relative to it, likewise.
    """
    try:
        with Image.open(Path(decode_name(root)) / decode_name(path)) as image:
            return image.size
    except (OSError, ValueError, Image.DecompressionBombError):
        return (0, 0)


def _order(shape: Shape) -> tuple[float, int]:
    """By proportions first: they decide on the number of tiles where images are scaled to one size."""
    width, height = shape
    return (round(width / height, 2) if height else 0.0, width * height)
