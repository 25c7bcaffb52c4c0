"""The queue of a results folder, `queue.json`: runs that wait to be worked through with nobody looking.

What waits is runs whose folders are there with their whole plan, so that to begin one is to resume it and a
kill makes nothing twice. One program at a time changes the file, and one at a time works through it.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from fada_tui.core import atomic, file_lock
from fada_tui.core.bounded import read_small
from fada_tui.core.errors import StoreError
from fada_tui.core.file_lock import FileLock, LockedError
from fada_tui.core.file_modes import as_folder
from fada_tui.core.file_names import decode_name
from fada_tui.core.json_data import MalformedError
from fada_tui.core.lock_record import Holder
from fada_tui.core.records import FileRecord, decode, encode
from fada_tui.core.text import without_mark

QUEUE_NAME = "queue.json"
LOG_NAME = "queue.log"
"""What came of its runs, one line for each thing, with its time."""

QUEUE_SCHEMA = "fada-tui/queue/1"

WORKER_LOCK_NAME = ".queue.lock"
"""Held by the process that works through the queue, for as long as it lives."""

LOCK_PATIENCE = 30.0
"""Seconds to wait for another program that changes the queue."""

TAKING_PATIENCE = 1.0
"""Seconds to wait for the lock of who works through it, which those who ask about it hold for a moment."""

_LOCK_NAME = f".{QUEUE_NAME}.lock"
_LAUNCH_LOCK_NAME = ".queue.launch.lock"
LOCK_NAMES = (WORKER_LOCK_NAME, _LOCK_NAME, _LAUNCH_LOCK_NAME)
"""Files of a results folder that are there while somebody works through its queue, or changes it."""

_LARGEST = 8 * 1024 * 1024
"""Bytes of the file."""


class QueuedRun(FileRecord, frozen=True, kw_only=True):
    """A run that waits in the queue."""

    run: str
    """The name of its folder in the results folder, which is its id."""
    kept: bool = False
    """Whether it waits until a person starts it, not for its turn."""
    problem: str | UnsetType = UNSET
    """Why it could not begin, or was broken off, on one line; absent if nothing was wrong."""

    @property
    def is_ready(self) -> bool:
        """Whether its turn may come by itself."""
        return not self.kept and self.problem is UNSET

    def folder(self, results: Path) -> Path:
        """Return the run's folder."""
        return results / decode_name(self.run)


class _Queue(FileRecord, frozen=True, kw_only=True):
    schema: str = QUEUE_SCHEMA
    runs: tuple[QueuedRun, ...] = ()


_decoder = msgspec.json.Decoder(_Queue)

Change = Callable[[tuple[QueuedRun, ...]], Sequence[QueuedRun]]
"""Returns the queue that is to be, from the queue as it is now."""


def read_queue(results: Path) -> tuple[QueuedRun, ...]:
    """Return the queue of a results folder, in its order; empty if there is none.

    Raises:
        StoreError: it cannot be read, or is damaged.
    """
    return _read(results).runs


def change_queue(results: Path, change: Change) -> tuple[QueuedRun, ...]:
    """Change the queue as it is now, alone: no other program's change in between is lost.

    Args:
        results: the results folder.
        change: a pure function of the queue as it is now. Of runs that it names twice the first stays.

    Returns:
        The queue after the change, which is on disk; where nothing is left there is no file any more.

    Raises:
        StoreError: it cannot be read or written, or another program is changing it for too long.
    """
    try:
        with file_lock.held(results / _LOCK_NAME, LOCK_PATIENCE):
            before = _read(results)
            after = replace(before, runs=_each_once(change(before.runs)))
            if after != before:
                _write(results, after)
            return after.runs
    except LockedError:
        raise _busy(results) from None
    except OSError as error:
        raise _unwritable(results, error) from error


@contextmanager
def launching(results: Path) -> Iterator[None]:
    """Tell other programs, within this context, that somebody is about to work through the queue.

    Where one tells that already, this does not.

    Raises:
        StoreError: the results folder cannot be written.
    """
    try:
        lock = file_lock.take(results / _LAUNCH_LOCK_NAME)
    except LockedError:
        yield
        return
    except OSError as error:
        raise _unwritable(results, error) from error
    try:
        yield
    finally:
        lock.release()


def is_worked(results: Path) -> bool:
    """Return whether somebody works through the queue, or is about to."""
    found = file_lock.look(results / _LAUNCH_LOCK_NAME)  # first: it is let go once the worker has the queue
    return (found is not None and found[1]) or queue_worker(results) is not None


def queue_worker(results: Path) -> Holder | None:
    """Return who works through the queue now; `None` if nobody does.

    Whoever asks has the lock for a moment, too, when its file still names one that was killed.
    """
    found = file_lock.look(results / WORKER_LOCK_NAME)
    holder = found[0].holder if found and found[1] else None
    return None if holder is None or holder.is_gone else holder


def upcoming(queue: Sequence[QueuedRun]) -> QueuedRun | None:
    """Return the run whose turn it is; `None` where none is left but those that wait for a person."""
    return next((one for one in queue if one.is_ready), None)


class QueueLock:
    """The lock of the one process that works through a queue; released when it ends, however it does.

    Args:
        results: the results folder.

    Raises:
        LockedError: another works through it.
        StoreError: the results folder cannot be written.
    """

    def __init__(self, results: Path) -> None:
        self._results = results
        try:
            self._lock: FileLock = file_lock.take_within(results / WORKER_LOCK_NAME, TAKING_PATIENCE)
        except OSError as error:
            raise _unwritable(results, error) from error
        self._lock.keep_touched()

    @property
    def is_kept(self) -> bool:
        """Whether it is ours still: nobody broke it, or took it over while this machine slept."""
        try:
            return self._lock.is_kept
        except OSError:
            return False

    def leave(self) -> bool:
        """Release the lock unless a run is ready; return whether it was released.

        Nothing can be added between the look and the release: whoever adds a run and then sees this lock held
        may rely on it that the run is seen here.

        Raises:
            StoreError: the queue cannot be read.
        """
        try:
            with file_lock.held(self._results / _LOCK_NAME, LOCK_PATIENCE):
                if upcoming(read_queue(self._results)) is not None:
                    return False
                self.release()
                return True
        except LockedError:
            raise _busy(self._results) from None
        except OSError as error:
            raise _unwritable(self._results, error) from error

    def release(self) -> None:
        """Release the lock; a second call does nothing."""
        self._lock.release()


def _read(results: Path) -> _Queue:
    path = results / QUEUE_NAME
    try:
        queue = decode(without_mark(read_small(path, _LARGEST)), _decoder)
    except FileNotFoundError:
        return _Queue()
    except OSError as error:
        raise StoreError(f"cannot read {path}: {error.strerror}") from error
    except MalformedError as error:
        raise _damaged(path, str(error)) from error
    if queue.schema != QUEUE_SCHEMA:
        raise StoreError(f"{path} has schema '{queue.schema}'; this version reads {QUEUE_SCHEMA}")
    for one in queue.runs:
        if not _is_name(one.run):
            raise _damaged(path, f"'{one.run}' is no folder's name")
    return replace(queue, runs=_each_once(queue.runs))


def _write(results: Path, queue: _Queue) -> None:
    """Write the file, which takes after the first run's folder; remove it where nothing is left."""
    path = results / QUEUE_NAME
    if not queue.runs:
        path.unlink(missing_ok=True)
        atomic.sync_folder(results)
        return
    atomic.write_whole(path, _as_text(queue), as_folder(like(results, queue.runs)))


def like(results: Path, queue: Sequence[QueuedRun]) -> Path:
    """Return the folder that new files of the queue take after: its first run's, else the results folder."""
    first = next((one.folder(results) for one in queue), results)
    return first if os.path.isdir(first) else results  # noqa: PTH112 - a name may be too long for a file


def _as_text(queue: _Queue) -> bytes:
    return msgspec.json.format(encode(queue), indent=2) + b"\n"


def _each_once(queue: Sequence[QueuedRun]) -> tuple[QueuedRun, ...]:
    first: dict[str, QueuedRun] = {}
    for one in queue:
        first.setdefault(one.run, one)
    return tuple(first.values())


def _is_name(name: str) -> bool:
    """Return whether a run's name leads to a folder of the results folder, read as it is and decoded."""
    return all(
        one and not one.startswith(".") and not any(sign in one for sign in "/\0")
        for one in (name, decode_name(name))
    )


def _damaged(path: Path, what: str) -> StoreError:
    return StoreError(
        f"{path} is damaged or no queue: {what}; mend or remove it: its runs are unharmed, and go on with "
        "--resume"
    )


def _busy(results: Path) -> StoreError:
    return StoreError(f"{results / QUEUE_NAME} is being changed by another program: try again")


def _unwritable(results: Path, error: OSError) -> StoreError:
    return StoreError(f"cannot write {results / QUEUE_NAME}: {error.strerror}; what was there is unharmed")
