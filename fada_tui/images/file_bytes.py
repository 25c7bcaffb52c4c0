"""An image file's bytes with their hash: the very bytes that are decoded, even while others write it."""

import hashlib
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from fada_tui.core.file_names import encode_name
from fada_tui.core.image_error import ImageError
from fada_tui.core.records import FileFacts
from fada_tui.core.text import printable
from fada_tui.images.frames import split
from fada_tui.images.opening import damaged, open_image, unreadable

WHOLE = 4 * 1024 * 1024
"""Bytes up to which a file is read at once; a larger one is hashed, and watched while it is decoded."""

_CHUNK = 1024 * 1024

_Version = tuple[int, int, int, int, int]

_last: tuple[_Version, FileFacts] | None = None
"""The large file that was hashed last: mostly the next frame is of the same one."""


@contextmanager
def hashed(file: IO[bytes], name: str) -> Iterator[tuple[IO[bytes], FileFacts]]:
    """Yield a file to decode and the facts of exactly those bytes; an `ImageError` within gets these facts.

    Args:
        file: open, at its beginning.
        name: what an error calls it.

    Raises:
        ImageError: IMAGE_UNREADABLE: it cannot be read, or was changed while it was decoded.
    """
    try:
        version = _version(file)
        data = file.read(WHOLE + 1)
        if len(data) <= WHOLE:
            facts = FileFacts(size=len(data), sha256=hashlib.sha256(data).hexdigest())
            file = io.BytesIO(data)
        else:
            facts = _facts_of(file, version)
            file.seek(0)
    except OSError as error:
        raise damaged(name, error) from None
    watched = file if len(data) > WHOLE else None
    del data
    try:
        yield file, facts
    except ImageError as error:
        if watched and _version(watched) != version:
            raise _changed(name) from None
        error.file = facts
        raise
    if watched and _version(watched) != version:
        raise _changed(name)


def file_facts(path: str | Path) -> FileFacts:
    """Return the facts of an image file as it is now, without decoding it.

    Args:
        path: of a file, or of one of its frames.

    Raises:
        ImageError: IMAGE_MISSING or IMAGE_UNREADABLE.
    """
    place, _ = split(os.fspath(path))
    name = printable(encode_name(Path(place).name))
    with open_image(place, name) as file:
        try:
            return _facts_of(file, _version(file))
        except OSError as error:
            raise damaged(name, error) from None


def _facts_of(file: IO[bytes], version: _Version) -> FileFacts:
    global _last
    if _last is not None and _last[0] == version:
        return _last[1]
    file.seek(0)
    digest, size = hashlib.sha256(), 0
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
        size += len(chunk)
    facts = FileFacts(size=size, sha256=digest.hexdigest())
    if facts.size > WHOLE and _version(file) == version:
        _last = (version, facts)
    return facts


def _changed(name: str) -> ImageError:
    return unreadable(name, "it was changed while it was read; ask again")


def _version(file: IO[bytes]) -> _Version:
    """Return what is another after the file was written: the time of its last change cannot be set back."""
    status = os.fstat(file.fileno())
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
