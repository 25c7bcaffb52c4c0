"""The journal of a run: a JSON line for each item not yet in `run.json`, durable before it is announced.

Worker and app both append, each line by a single `write` on a file opened for appending, so lines never
mix. A line cut off by a crash or a full disk is closed by the next append, and set aside on reading. Each
line ends in its check sum; one whose check sum is wrong is set aside, too.

Who appends or reads shares the journal; who settles it has it alone from reading its lines to removing it, so
that none is removed unread. These are locks on the journal itself: a line waits for milliseconds, while the
run's lock is held for as long as a run is written.

Where there is no `flock`, who settles a journal renames it and reads it once more before removing it; who
appended to one that was renamed meanwhile appends again, as a line that is there twice counts once.
"""

import errno
import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from enum import IntEnum
from pathlib import Path
from typing import TypeAlias

import msgspec
from msgspec import UNSET, Struct

from fada_tui.core.atomic import sync_folder
from fada_tui.core.bounded import read_small
from fada_tui.core.errors import StoreError
from fada_tui.core.file_lock import NO_FLOCK, is_named
from fada_tui.core.file_modes import open_file
from fada_tui.core.json_data import MalformedError
from fada_tui.core.records import (
    Assessment,
    FileRecord,
    ImageFound,
    Notes,
    Result,
    ResultMemory,
    check_sum,
    decode,
    encode,
)

JOURNAL_NAME = "journal.jsonl"
QUARANTINE_NAME = "journal.quarantine"
SETTLED_NAME = "journal.settled"
"""A journal that is about to be removed, where there is no `flock`."""

LARGEST = 2**32
"""Bytes of a run's files that are read: some million answers."""


class ResultLine(FileRecord, frozen=True, kw_only=True, tag_field="kind", tag="result"):
    """A journal line with a finished result."""

    result: Result


class ControlLine(FileRecord, frozen=True, kw_only=True, tag_field="kind", tag="control"):
    """A journal line with a finished result about a control picture, which counts among no others."""

    result: Result


class MemoryLine(FileRecord, frozen=True, kw_only=True, tag_field="kind", tag="memory"):
    """A journal line with telemetry's memory figures of a result."""

    path: str
    question_id: str
    memory: ResultMemory


class AssessmentLine(FileRecord, frozen=True, kw_only=True, tag_field="kind", tag="assessment"):
    """A journal line with a person's assessment of a result."""

    path: str
    question_id: str
    assessment: Assessment


class NotesLine(FileRecord, frozen=True, kw_only=True, tag_field="kind", tag="notes"):
    """A journal line with the assessor's notes on the run; the last one counts."""

    notes: Notes


class ImageLine(FileRecord, frozen=True, kw_only=True, tag_field="kind", tag="image"):
    """A journal line with what an image was found to be, where that is another than was asked about."""

    image: ImageFound


JournalLine: TypeAlias = ResultLine | ControlLine | MemoryLine | AssessmentLine | NotesLine | ImageLine

_decoder: msgspec.json.Decoder[JournalLine] = msgspec.json.Decoder(JournalLine)


_named_on_disk: set[tuple[int, int]] = set()
"""Device and inode of the journals whose names this process has synced."""

_NO_ROOM = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG))
"""Errors that more room would end."""


class Contents(Struct, frozen=True):
    """The contents of a journal."""

    lines: tuple[JournalLine, ...] = ()
    damaged: tuple[bytes, ...] = ()
    """Lines that cannot be read, or are not what their check sum says; without an incomplete last one."""
    damaged_at: tuple[int, ...] = ()
    """Where these are, as the first line is 1."""
    torn: bytes = b""
    """An incomplete last line: cut off, or still being written."""


def append(journal: Path, line: JournalLine, *, durable: bool = True) -> None:
    """Append a line and, if `durable`, wait until it is on disk.

    Raises:
        StoreError: the disk is full, or the folder cannot be written.
    """
    data = to_bytes(line) + b"\n"
    try:
        with _held(journal, fcntl.LOCK_SH, os.O_RDWR | os.O_APPEND | os.O_CREAT) as (descriptor, _):
            size = os.fstat(descriptor).st_size
            if size and os.pread(descriptor, 1, size - 1) != b"\n":
                data = b"\n" + data
            written = os.write(descriptor, data)
            if durable:
                os.fsync(descriptor)
                _sync_name(descriptor, journal, fresh=not size)
            was_settled = not is_named(descriptor, journal)
    except OSError as error:
        raise _refused(journal, error) from error
    if written < len(data):
        raise _refused(journal)
    if was_settled:
        append(journal, line, durable=durable)


def append_all(journal: Path, lines: Sequence[JournalLine]) -> tuple[int, StoreError | None]:
    """Append lines in their order, and wait once until all of them are on disk.

    Returns:
        How many are on disk, the first ones, and why there are no more; `None` where all are.
    """
    done, fault = 0, None
    try:
        with _held(journal, fcntl.LOCK_SH, os.O_RDWR | os.O_APPEND | os.O_CREAT) as (descriptor, _):
            size = os.fstat(descriptor).st_size
            before = b"\n" if size and os.pread(descriptor, 1, size - 1) != b"\n" else b""
            for line in lines:
                data = before + to_bytes(line) + b"\n"
                try:
                    if os.write(descriptor, data) < len(data):
                        fault = _refused(journal)
                except OSError as error:
                    fault = _refused(journal, error)
                if fault:
                    break
                done, before = done + 1, b""
            os.fsync(descriptor)
            _sync_name(descriptor, journal, fresh=not size)
            was_settled = not is_named(descriptor, journal)
    except OSError as error:
        done, fault, was_settled = 0, _refused(journal, error), False
    if was_settled and done:
        done, again = append_all(journal, lines[:done])
        if again is not None:
            return done, again
    return done, fault


def _refused(journal: Path, error: OSError | None = None) -> StoreError:
    """Return why nothing more can be written, and what to do; without `error` a line was written in part."""
    why = "the disk is full" if error is None else error.strerror or str(error)
    full = error is None or error.errno in _NO_ROOM
    remedy = "make room there, then resume" if full else "what was there is unharmed"
    return StoreError(f"cannot write {journal}: {why}; {remedy}")


def _sync_name(descriptor: int, journal: Path, *, fresh: bool) -> None:
    """Wait until the journal's own name is on disk, unless this process has seen to that."""
    file = os.fstat(descriptor)
    known = (file.st_dev, file.st_ino)
    if fresh or known not in _named_on_disk:
        sync_folder(journal.parent)
        _named_on_disk.add(known)


class Hold(IntEnum):
    """What a program has of a journal."""

    MISSING = 0
    LOCKED = 1
    UNLOCKED = 2
    """It is there, and others may append to it, as there is no `flock`."""


def to_bytes(line: JournalLine) -> bytes:
    """Return a line with its check sum, as it stands in a journal, without the newline."""
    return check_sum.with_check(encode(line))


@contextmanager
def shared(journal: Path) -> Iterator[Hold]:
    """Keep a journal from being merged within this context. Raises `StoreError`."""
    with _kept(journal, fcntl.LOCK_SH) as there:
        yield there


@contextmanager
def alone(journal: Path) -> Iterator[Hold]:
    """Keep others from appending and reading within this context.

    Raises:
        StoreError: it is there and cannot be opened.
    """
    with _kept(journal, fcntl.LOCK_EX) as there:
        yield there


@contextmanager
def _kept(journal: Path, kind: int) -> Iterator[Hold]:
    # NFS locks a file for one alone only where it is open for writing.
    writing = kind == fcntl.LOCK_EX and os.access(journal, os.W_OK)
    with ExitStack() as stack:
        try:
            _, hold = stack.enter_context(_held(journal, kind, os.O_RDWR if writing else os.O_RDONLY))
        except FileNotFoundError:
            hold = Hold.MISSING
        except OSError as error:
            raise StoreError(f"cannot read {journal}: {error.strerror}") from error
        yield hold


@contextmanager
def _held(journal: Path, kind: int, flags: int) -> Iterator[tuple[int, Hold]]:
    """Open the journal and lock it; reopen it if it was merged while waiting for the lock."""
    while True:
        # O_NONBLOCK: a named pipe in its place would be waited for.
        descriptor = open_file(journal, flags | os.O_NONBLOCK)
        try:
            hold = _lock(descriptor, kind)
            if is_named(descriptor, journal):
                yield descriptor, hold
                return
        finally:
            os.close(descriptor)


def _lock(descriptor: int, kind: int) -> Hold:
    try:
        fcntl.flock(descriptor, kind)
    except OSError as error:
        # A file system without locks, or NFS and a journal that is not ours: as sure as it can be there.
        if error.errno not in (*NO_FLOCK, errno.EBADF):
            raise
        return Hold.UNLOCKED
    return Hold.LOCKED


def parse(data: bytes) -> Contents:
    """Parse a journal's bytes; a last line that lacks nothing but its newline is taken, too."""
    lines: list[JournalLine] = []
    damaged: dict[int, bytes] = {}
    *whole, torn = data.split(b"\n")
    for number, raw in enumerate(whole, start=1):
        if not raw:
            continue
        line = _line(raw)
        if line is None:
            damaged[number] = raw
        else:
            lines.append(line)
    if torn and (last := _line(torn)):
        lines.append(last)
        torn = b""
    return Contents(tuple(lines), tuple(damaged.values()), tuple(damaged), torn)


def _line(raw: bytes) -> JournalLine | None:
    """Return a line of a journal; `None` for one that is damaged."""
    try:
        line = decode(check_sum.without_check(raw), _decoder)
    except MalformedError:
        return None
    # A check sum that is still there is not that of the line's bytes.
    return None if line.unknown_fields is not UNSET and "check" in line.unknown_fields else line


def read(journal: Path) -> Contents:
    """Read a journal, and what a killed program left of one that it was settling; a missing one is empty.

    Raises:
        StoreError: it is there and cannot be read.
    """
    # In this order: a journal that is settled meanwhile is found by its other name, or is in `run.json`.
    current = _read(journal)
    earlier = _read(journal.with_name(SETTLED_NAME))
    cut = (earlier.torn,) if earlier.torn else ()
    return Contents(
        earlier.lines + current.lines,
        (*earlier.damaged, *cut, *current.damaged),
        (*earlier.damaged_at, *([0] if cut else []), *current.damaged_at),
        current.torn,
    )


def _read(journal: Path) -> Contents:
    try:
        return parse(read_small(journal, LARGEST))
    except FileNotFoundError:
        return Contents()
    except OSError as error:
        raise StoreError(f"cannot read {journal}: {error.strerror}") from error
