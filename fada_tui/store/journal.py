"""The journal of a run: a JSON line for each item not yet in `run.json`, durable before it is announced.

Worker and app both append, each line by a single `write` on a file opened for appending, so lines never
mix. A line cut off by a crash or a full disk is closed by the next append, and set aside on reading.

Who appends or reads shares the journal; who settles it has it alone from reading its lines to removing it, so
that none is removed unread. These are locks on the journal itself: a line waits for milliseconds, while the
run's lock is held for as long as a run is written.
"""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TypeAlias

import msgspec
from msgspec import Struct

from fada_tui.core.atomic import sync_folder
from fada_tui.core.bounded import read_small
from fada_tui.core.errors import StoreError
from fada_tui.core.json_data import MalformedError, decode_json
from fada_tui.core.records import Assessment, ImageFound, Notes, Result, ResultMemory

JOURNAL_NAME = "journal.jsonl"
QUARANTINE_NAME = "journal.quarantine"

LARGEST = 2**32
"""Bytes of a run's files that are read: some million answers."""


class ResultLine(Struct, frozen=True, kw_only=True, tag_field="kind", tag="result"):
    """A journal line with a finished result."""

    result: Result


class MemoryLine(Struct, frozen=True, kw_only=True, tag_field="kind", tag="memory"):
    """A journal line with telemetry's memory figures of a result."""

    path: str
    question_id: str
    memory: ResultMemory


class AssessmentLine(Struct, frozen=True, kw_only=True, tag_field="kind", tag="assessment"):
    """A journal line with a person's assessment of a result."""

    path: str
    question_id: str
    assessment: Assessment


class NotesLine(Struct, frozen=True, kw_only=True, tag_field="kind", tag="notes"):
    """A journal line with the assessor's notes on the run; the last one counts."""

    notes: Notes


class ImageLine(Struct, frozen=True, kw_only=True, tag_field="kind", tag="image"):
    """A journal line with what an image was found to be, where that is another than was asked about."""

    image: ImageFound


JournalLine: TypeAlias = ResultLine | MemoryLine | AssessmentLine | NotesLine | ImageLine

_decoder: msgspec.json.Decoder[JournalLine] = msgspec.json.Decoder(JournalLine)


_named_on_disk: set[tuple[int, int]] = set()
"""Device and inode of the journals whose names this process has synced."""


class Contents(Struct, frozen=True):
    """The contents of a journal."""

    lines: tuple[JournalLine, ...] = ()
    damaged: tuple[bytes, ...] = ()
    """Number of invalid lines, not counting an incomplete last one."""


def append(journal: Path, line: JournalLine, *, durable: bool = True) -> None:
    """Append a line and, if `durable`, wait until it is on disk.

    Raises:
        StoreError: the disk is full, or the folder cannot be written.
    """
    data = msgspec.json.encode(line) + b"\n"
    try:
        with _held(journal, fcntl.LOCK_SH, os.O_RDWR | os.O_APPEND | os.O_CREAT) as descriptor:
            size = os.fstat(descriptor).st_size
            if size and os.pread(descriptor, 1, size - 1) != b"\n":
                data = b"\n" + data
            written = os.write(descriptor, data)
            if durable:
                os.fsync(descriptor)
                _sync_name(descriptor, journal, fresh=not size)
    except OSError as error:
        raise StoreError(f"cannot write {journal}: {error.strerror}; make room there, then resume") from error
    if written < len(data):
        raise StoreError(f"cannot write {journal}: the disk is full; make room there, then resume")


def _sync_name(descriptor: int, journal: Path, *, fresh: bool) -> None:
    """Wait until the journal's own name is on disk, unless this process has seen to that."""
    file = os.fstat(descriptor)
    known = (file.st_dev, file.st_ino)
    if fresh or known not in _named_on_disk:
        sync_folder(journal.parent)
        _named_on_disk.add(known)


@contextmanager
def shared(journal: Path) -> Iterator[bool]:
    """Keep a journal from being merged within this context; yields whether it exists. Raises `StoreError`."""
    with _kept(journal, fcntl.LOCK_SH) as there:
        yield there


@contextmanager
def alone(journal: Path) -> Iterator[bool]:
    """Keep others from appending and reading within this context; yields whether there is a journal.

    Raises:
        StoreError: it is there and cannot be opened.
    """
    with _kept(journal, fcntl.LOCK_EX) as there:
        yield there


@contextmanager
def _kept(journal: Path, kind: int) -> Iterator[bool]:
    # NFS locks a file for one alone only where it is open for writing.
    writing = kind == fcntl.LOCK_EX and os.access(journal, os.W_OK)
    with ExitStack() as stack:
        try:
            stack.enter_context(_held(journal, kind, os.O_RDWR if writing else os.O_RDONLY))
            there = True
        except FileNotFoundError:
            there = False
        except OSError as error:
            raise StoreError(f"cannot read {journal}: {error.strerror}") from error
        yield there


@contextmanager
def _held(journal: Path, kind: int, flags: int) -> Iterator[int]:
    """Open the journal and lock it; reopen it if it was merged while waiting for the lock."""
    while True:
        # O_NONBLOCK: a named pipe in its place would be waited for.
        descriptor = os.open(journal, flags | os.O_CLOEXEC | os.O_NONBLOCK, 0o644)
        try:
            _lock(descriptor, kind)
            if _is_named(descriptor, journal):
                yield descriptor
                return
        finally:
            os.close(descriptor)


def _lock(descriptor: int, kind: int) -> None:
    try:
        fcntl.flock(descriptor, kind)
    except OSError as error:
        # A file system without locks, or NFS and a journal that is not ours: as sure as it can be there.
        if error.errno not in (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EBADF):
            raise


def _is_named(descriptor: int, journal: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(journal))  # noqa: PTH116
    except FileNotFoundError:
        return False


def parse(data: bytes) -> Contents:
    """Parse a journal's bytes; an incomplete last line without a newline is dropped."""
    lines: list[JournalLine] = []
    damaged: list[bytes] = []
    *whole, _torn = data.split(b"\n")
    for raw in whole:
        if not raw:
            continue
        try:
            lines.append(decode_json(raw, _decoder))
        except MalformedError:
            damaged.append(raw)
    return Contents(tuple(lines), tuple(damaged))


def read(journal: Path) -> Contents:
    """Read a journal; a missing one is empty.

    Raises:
        StoreError: it is there and cannot be read.
    """
    try:
        return parse(read_small(journal, LARGEST))
    except FileNotFoundError:
        return Contents()
    except OSError as error:
        raise StoreError(f"cannot read {journal}: {error.strerror}") from error
