"""Decoding, scaling and encoding pictures in a thread of their own, and remembering the last ones.

numpy and Pillow are first imported there.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Condition, Thread
from typing import TYPE_CHECKING

from msgspec import Struct

from fada_tui.core.errors import reason
from fada_tui.core.image_error import ImageError
from fada_tui.core.image_identity import ImageIdentity
from fada_tui.core.text import printable
from fada_tui.images.frames import split
from fada_tui.tui.terminal.graphics.detect import Detected
from fada_tui.tui.terminal.graphics.fit import BLACK, Colour
from fada_tui.tui.terminal.graphics.render import Rendered, render
from fada_tui.tui.terminal.graphics.shelf import SHELF
from fada_tui.tui.terminal.graphics.tone import Tone
from fada_tui.tui.terminal.graphics.view import AS_IT_IS, View

if TYPE_CHECKING:
    from PIL import Image

    from fada_tui.images.decode import DecodedImage

CACHE_BYTES = 16_000_000
DECODED_BYTES = 64_000_000
"""Of the images kept decoded that are looked at in another way than they are."""


class Request(Struct, frozen=True):
    """A picture that is wanted."""

    path: Path
    """Of its file, or of a frame of it (see `images.frames`)."""
    columns: int
    rows: int
    cell: tuple[int, int]
    view: View = AS_IT_IS
    """How to look at it."""
    background: Colour = BLACK
    """What surrounds it."""


class Loaded(Struct, frozen=True):
    """A picture that was asked for."""

    request: Request
    width: int
    """Of the image, in pixels."""
    height: int
    size: int
    """Of its file, in bytes."""
    rendered: Rendered | None
    """None where pictures are off."""
    found: ImageIdentity
    """What the image is."""


class Failed(Struct, frozen=True):
    """Why there is no picture."""

    request: Request
    message: str
    """One printable line."""
    found: ImageIdentity = ImageIdentity()
    """What its file is, if it could be read."""


Key = tuple[Request, int, int]


class Loader:
    """Loads one picture at a time; the last one that was asked for, and when idle those that may be next.

    Args:
        detected: how this terminal draws pictures.
        deliver: told of each picture that was asked for and is still wanted, in the loader's thread.
    """

    def __init__(self, detected: Detected, deliver: Callable[[Loaded | Failed], object]) -> None:
        self._detected = detected
        self._deliver = deliver
        self._condition = Condition()
        self._thread: Thread | None = None
        self._closed = False
        self._wanted: Request | None = None
        self._taken = True
        self._ahead: deque[Request] = deque()
        self._cache: OrderedDict[Key, Loaded] = OrderedDict()
        self._cached = 0
        self._decoded: OrderedDict[tuple[Path, int, int], DecodedImage] = OrderedDict()

    def ask(self, request: Request, ahead: Sequence[Request] = ()) -> None:
        """Request a picture in place of the last request, and then those to load ahead."""
        with self._condition:
            self._wanted, self._taken = request, False
            self._ahead = deque(ahead)
            self._condition.notify()
        if self._thread is None:
            self._thread = Thread(target=self._run, name="pictures", daemon=True)
            self._thread.start()

    def cancel(self) -> None:
        """Cancel all requests."""
        with self._condition:
            self._wanted, self._taken = None, True
            self._ahead.clear()

    def close(self) -> None:
        """End the thread after what it is at, and give back what the terminal holds."""
        with self._condition:
            self._closed = True
            self._condition.notify()
        if self._thread is None:
            return
        self.cancel()

    def _run(self) -> None:
        while (request := self._next()) is not None:
            try:
                answer: Loaded | Failed | None = self._load(request)
            except ImageError as error:
                answer = Failed(request, printable(str(error)), ImageIdentity(file=error.file))
            except Exception as error:  # a picture is never worth the app
                answer = Failed(request, printable(f"{request.path.name}: {reason(error)}"))
            with self._condition:
                wanted = request is self._wanted and not self._closed
            if answer is not None and wanted:
                self._deliver(answer)
        for loaded in self._cache.values():
            _drop(loaded)

    def _next(self) -> Request | None:
        """Wait for something to do; None at the end."""
        with self._condition:
            self._condition.wait_for(lambda: self._closed or not self._taken or self._ahead)
            if self._closed:
                return None
            if not self._taken:
                self._taken = True
                return self._wanted
            return self._ahead.popleft()

    def _given_up(self, request: Request) -> bool:
        """Whether something else has become more urgent."""
        with self._condition:
            return self._closed or not self._taken or (self._wanted is None and request not in self._ahead)

    def _load(self, request: Request) -> Loaded | None:
        mtime, size = _version(request.path)
        key = (request, mtime, size)
        if key in self._cache:
            self._cache.move_to_end(key)
            return self._cache[key]
        image = self._decode(request, mtime, size)
        if self._given_up(request):
            return None
        rendered = None
        if self._detected.graphics != "off":
            room = (request.columns, request.rows)
            whole, closer = (image.width, image.height), request.view.closer
            seen = closer.window(whole, *room, request.cell) if closer else None
            pixels = _toned(image.pixels, request.view.tone)
            rendered = render(pixels, room, request.cell, self._detected, seen, request.background)
        found = ImageIdentity(file=image.file, sha256=image.sha256)
        loaded = Loaded(request, image.width, image.height, size, rendered, found)
        self._keep(key, loaded)
        return loaded

    def _decode(self, request: Request, mtime: int, size: int) -> DecodedImage:
        from fada_tui.images.decode import decode

        key = (request.path, mtime, size)
        if (known := self._decoded.get(key)) is not None:
            self._decoded.move_to_end(key)
            return known
        image = decode(request.path)
        if request.view != AS_IT_IS:
            # Whoever looks at a part of an image, or at some of its greys, will look at others, and at those
            # of the next images.
            self._decoded[key] = image
            while len(self._decoded) > 1 and sum(map(_bytes, self._decoded.values())) > DECODED_BYTES:
                self._decoded.popitem(last=False)
        return image

    def _keep(self, key: Key, loaded: Loaded) -> None:
        self._cache[key] = loaded
        self._cached += _cost(loaded)
        while self._cached > CACHE_BYTES and len(self._cache) > 1:
            _, oldest = self._cache.popitem(last=False)
            self._cached -= _cost(oldest)
            _drop(oldest)


def _toned(pixels: Image.Image, tone: Tone) -> Image.Image:
    """Return pixels, mode RGB, as they are seen; the image itself stays as it is."""
    return pixels if tone == Tone() else pixels.point(tone.table() * 3)


def _version(path: Path) -> tuple[int, int]:
    """Return modification time and size of an image's file: 0 if missing, which decoding reports."""
    try:
        status = Path(split(str(path))[0]).stat()
    except OSError:
        return 0, 0
    return status.st_mtime_ns, status.st_size


def _bytes(image: DecodedImage) -> int:
    return image.width * image.height * 3


def _cost(loaded: Loaded) -> int:
    return loaded.rendered.cost if loaded.rendered else 1000


def _drop(loaded: Loaded) -> None:
    if loaded.rendered and loaded.rendered.number:
        SHELF.drop(loaded.rendered.number)
