"""Grouping of items into batches: questions of one image, and images of one shape with similar prompts."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby, islice
from pathlib import Path
from typing import TypeAlias

from PIL import Image

from fada_tui.core.file_names import decode_name
from fada_tui.core.protocol import Item

Shape: TypeAlias = tuple[int, int]
"""Width and height in pixels; zeros if the file must be decoded to know them."""

WINDOW = 64
"""Number of images within which those of one shape are grouped; the overall order is kept."""


class Line:
    """A queue of items to be asked.

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
        """Return the last batch to the queue: it comes next again."""
        images = [list(questions) for _, questions in groupby(batch, key=lambda item: item.path)]
        self._window.extendleft(reversed(images))

    def _next(self, room: int) -> list[Item] | None:
        """Return the next image's items, if all of them fit."""
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
    """Return the image size in an image's header.

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
    """Return the sort key: by proportions first, which determine the tiles of images scaled to one size."""
    width, height = shape
    return (round(width / height, 2) if height else 0.0, width * height)
