"""Reading a journal on from where it was read before, while other programs append to it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fada_tui.core.file_modes import open_file
from fada_tui.store.journal import JournalLine, parse

_REMEMBERED = 128
"""Bytes before the place that was reached: they have a check sum, and stand so in no other journal."""


class JournalTail:
    """The lines that are appended to a journal from one look to the next.

    An incomplete last line waits until it is whole. A line that cannot be read is looked at once more, as
    some file systems show a line before all of it, and then left out.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: tuple[int, int] | None = None
        """Device and inode; `None` while there is no journal."""
        self._offset = 0
        self._before = b""
        """What stands just before the offset."""
        self._doubted: int | None = None
        """The offset behind which a line could not be read."""

    def read(self) -> tuple[JournalLine, ...] | None:
        """Return the lines added since; `None` where this is not the journal that was read: it was merged.

        Raises:
            OSError: it is there and cannot be read.
        """
        try:
            with _opened(self._path) as descriptor:
                status = os.fstat(descriptor)
                file = (status.st_dev, status.st_ino)
                start = self._offset - len(self._before)
                if self._file not in (None, file):
                    return None
                data = _from(descriptor, start, status.st_size)
        except FileNotFoundError:
            return () if self._file is None else None
        if not data.startswith(self._before):
            return None
        self._file = file
        return self._lines(data[len(self._before) :])

    def read_anew(self) -> tuple[JournalLine, ...]:
        """Return all lines, and begin from there; also a last one that lacks nothing but its end.

        That one comes once more when it is ended: it is merged only once.

        Raises:
            OSError: it is there and cannot be read.
        """
        self._file, self._offset, self._before, self._doubted = None, 0, b"", None
        try:
            with _opened(self._path) as descriptor:
                status = os.fstat(descriptor)
                data = _from(descriptor, 0, status.st_size)
        except FileNotFoundError:
            return ()
        self._file = (status.st_dev, status.st_ino)
        self._go_on(data[: data.rfind(b"\n") + 1])
        return parse(data).lines

    def _lines(self, data: bytes) -> tuple[JournalLine, ...]:
        whole = data[: data.rfind(b"\n") + 1]
        if not whole:
            return ()
        contents = parse(whole)
        if contents.damaged and self._doubted != self._offset:
            self._doubted = self._offset
            return ()
        self._go_on(whole)
        return contents.lines

    def _go_on(self, whole: bytes) -> None:
        self._offset += len(whole)
        self._before = (self._before + whole)[-_REMEMBERED:]


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    # O_NONBLOCK: a named pipe in its place would be waited for.
    descriptor = open_file(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _from(descriptor: int, start: int, end: int) -> bytes:
    """Return a file's bytes between two places, or up to its end if that comes before."""
    parts = []
    while start < end and (part := os.pread(descriptor, end - start, start)):
        parts.append(part)
        start += len(part)
    return b"".join(parts)
