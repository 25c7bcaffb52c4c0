"""Images read and encoded once for all questions about them, in threads, while requests are in flight."""

import asyncio
import os
import time
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from PIL import Image

from fada_tui.core.protocol import Item
from fada_tui.images.decode import DecodedImage

MOST_THREADS = 4
MOST_UNDER_WAY = 2 * MOST_THREADS
"""Images being prepared for later, or waiting for a thread, from which no further one is begun."""

MOST_BYTES = 256 * 2**20
"""Bytes of encoded images from which no further one is prepared ahead."""

_NO_PIXELS = Image.new("RGB", (1, 1))


class Prepared(Struct, frozen=True):
    """An image ready to be sent."""

    image: DecodedImage
    """Its facts; the pixels are let go, as they take many times the room of the picture."""
    picture: Any
    size: int
    """Bytes of the picture."""
    load: float
    """Seconds that reading and decoding took."""
    encode: float
    """Seconds that encoding took."""


class Coming:
    """An item whose image is being prepared."""

    def __init__(self, item: Item, image: "asyncio.Future[Prepared | Exception]", *, first: bool) -> None:
        self.item = item
        self._image = image
        self._first = first

    @property
    def size(self) -> int | None:
        """Bytes of its picture; `None` while it is being prepared."""
        if not self._image.done():
            return None
        found = self._image.result()
        return found.size if isinstance(found, Prepared) else 0

    async def prepared(self) -> Prepared:
        """Return the image as soon as it is there. Its times count once: for the first of its questions.

        Raises:
            Exception: why it cannot be sent.
        """
        found = await asyncio.shield(self._image)
        if isinstance(found, Exception):
            raise found
        return found if self._first else replace(found, load=0.0, encode=0.0)


class Prefetch:
    """The items of a work in their order, their images prepared before their turn. Used in one event loop.

    Args:
        items: an image's questions one after another.
        read: decodes the image at a path.
        encode: makes a picture of pixels.
        ahead: number of items whose images are prepared.
    """

    def __init__(
        self,
        items: Iterable[Item],
        read: Callable[[str], DecodedImage],
        encode: Callable[[Image.Image], Any],
        ahead: int,
    ) -> None:
        self._left = (list(questions) for _, questions in groupby(items, key=lambda item: item.path))
        self._read = read
        self._encode = encode
        self._ahead = ahead
        self._images: deque[deque[Coming]] = deque()
        self._threads = ThreadPoolExecutor(
            min(MOST_THREADS, os.cpu_count() or 1), thread_name_prefix="pictures"
        )

    def take(self) -> Coming | None:
        """Return the next item; `None` at the end."""
        self._fill()
        if not self._images:
            return None
        coming = self._images[0].popleft()
        if not self._images[0]:
            self._images.popleft()
        return coming

    def close(self) -> None:
        """Prepare no more images, without waiting for those in work."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _fill(self) -> None:
        while not self._images or (sum(map(len, self._images)) <= self._ahead and not self._full()):
            items = next(self._left, None)
            if items is None:
                return
            image = asyncio.get_running_loop().run_in_executor(self._threads, self._prepare, items[0].path)
            self._images.append(deque(Coming(item, image, first=item is items[0]) for item in items))

    def _full(self) -> bool:
        """Return whether enough is prepared, or on its way, to let more wait."""
        sizes = [images[0].size for images in self._images]
        return sum(size or 0 for size in sizes) > MOST_BYTES or sizes.count(None) >= MOST_UNDER_WAY

    def _prepare(self, path: str) -> Prepared | Exception:
        begun = time.perf_counter()
        try:
            image = self._read(path)
            loaded = time.perf_counter()
            picture = self._encode(image.pixels)
            encoded = time.perf_counter()
        except Exception as error:
            return error
        return Prepared(
            replace(image, pixels=_NO_PIXELS), picture, picture.size, loaded - begun, encoded - loaded
        )
