"""One writer for each run: a lock on a file in the run's folder.

Each of the run's workers has a copy of the lock's file descriptor until the run is over, and stands in the
lock's file, so that a run stays locked while any orphaned worker still writes its last result; the file also
says whether the lock's program is alive.
"""

import itertools
import time
from pathlib import Path
from types import TracebackType

from fada_tui.core import file_lock, temporary
from fada_tui.core.errors import RunLockedError, StoreError
from fada_tui.core.file_lock import FileLock, LockedError
from fada_tui.core.lock_record import ABANDONED_SECONDS, Holder, LockFile

LOCK_NAME = ".lock"
ORPHAN_PATIENCE = 120.0
"""Seconds to wait for a worker whose program has died: it finishes its item, then ends."""

PROBE_PATIENCE = 0.5
"""Seconds to wait where nobody is known to hold the lock: another program asks about it, or takes it now."""

PROBE_TRIES = 20
"""Number of tries there at least, on a machine that is too busy for more."""

NO_FLOCK = (
    "{}: this file system has no flock, so a run is locked by a file in its folder; "
    "don't let two machines write one run"
)

_warned: set[str] = set()


class RunLock:
    """A lock that reserves a run for writing until it is released.

    What a killed program left half written there is removed when it is taken.

    Args:
        folder: the run's.
        patience: seconds to wait for an orphaned worker.

    Raises:
        RunLockedError: a living program holds it, or an orphaned worker does not end.
        StoreError: the folder cannot be written.
    """

    def __init__(self, folder: Path, patience: float = ORPHAN_PATIENCE) -> None:
        self._folder = folder
        self._lock = self._acquire(patience)
        self._lock.keep_touched()
        temporary.clean(folder)

    def _acquire(self, patience: float) -> FileLock:
        begun = time.monotonic()
        for tries in itertools.count(1):
            try:
                return file_lock.take(self._folder / LOCK_NAME)
            except LockedError as error:
                seconds, at_least = _patience(error.seen, patience)
                if time.monotonic() - begun > seconds and tries >= at_least:
                    message = f"{self._folder} is being written by {_whom(error.seen)}"
                    raise RunLockedError(message) from None
            except OSError as error:
                raise StoreError(f"cannot write {self._folder}: {error.strerror}") from error
            time.sleep(file_lock.POLL_SECONDS)
        raise AssertionError

    @property
    def descriptor(self) -> int:
        """The lock's open file, for the worker to hold; negative once it is released."""
        return self._lock.descriptor

    def note_workers(self, *pids: int) -> None:
        """Write down the run's workers, which go on writing if this program dies.

        Raises:
            StoreError: the lock cannot be written.
        """
        try:
            self._lock.note_workers(*pids)
        except OSError as error:
            raise StoreError(f"cannot write {self._lock.path}: {error.strerror}") from error

    def check(self) -> None:
        """See that the lock is still ours.

        Raises:
            RunLockedError: it is another's by now.
            StoreError: the lock cannot be looked at.
        """
        try:
            kept = self._lock.is_kept
        except OSError as error:
            raise StoreError(f"cannot read {self._lock.path}: {error.strerror}") from error
        if not kept:
            raise RunLockedError(
                f"{self._folder} was unlocked by hand, or taken over while this program was asleep: "
                "what was answered is in its journal; resume it"
            )

    def warning(self) -> tuple[str, ...]:
        """Return what to say of a lock that is only a file: once in each program."""
        if self._lock.holder.by == "flock" or _warned:
            return ()
        _warned.add(NO_FLOCK)
        return (NO_FLOCK.format(self._folder.parent),)

    def release(self) -> None:
        """Release the lock; a second call does nothing."""
        self._lock.release()

    def __enter__(self) -> "RunLock":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def is_locked(folder: Path) -> bool:
    """Return whether some process holds the run's lock now; asking never hinders one that takes it."""
    found = file_lock.look(folder / LOCK_NAME)
    return found is not None and found[1]


def holder_of(folder: Path) -> Holder | None:
    """Return who writes a run now, as far as its lock says; `None` where nobody does, or it does not say."""
    found = file_lock.look(folder / LOCK_NAME)
    return found[0].holder if found and found[1] else None


def unlock(folder: Path) -> str | None:
    """Break a run's lock by a person's word.

    Returns:
        Who held it, in words; `None` if it was not locked. A dead program's is removed all the same.

    Raises:
        RunLockedError: its program or worker runs on this machine, where it can be ended instead.
        StoreError: the lock cannot be removed.
    """
    path = folder / LOCK_NAME
    try:
        found = file_lock.look(path)
        if found is None:
            return None
        seen, held = found
        if not held:
            file_lock.discard(path)
            return None
        holder = seen.holder
        if holder and (holder.program_lives or holder.worker_lives):
            process = holder.program if holder.program_lives else next(iter(holder.living_workers), None)
            pid = process.pid if process else 0
            raise RunLockedError(
                f"{folder} is being written by process {pid} on this machine: end it first (kill {pid})"
            )
        file_lock.break_open(path)
        return f"{_name(seen)}, last seen {_ago(seen.age)}"
    except LockedError:
        raise RunLockedError(f"{folder} is being taken over by another program: try again") from None
    except OSError as error:
        raise StoreError(f"cannot remove {path}: {error.strerror}") from error


def _patience(seen: LockFile, patience: float) -> tuple[float, int]:
    """Return how long to wait for a lock, in seconds, and how often to try at least.

    For a program that runs not at all, for a worker alone `patience`; for nobody a little, as nobody stays.
    """
    holder = seen.holder
    if holder is not None and not holder.program_lives and holder.worker_lives:
        return patience, 1
    if seen.is_held_by_file or (holder is not None and holder.program_lives):
        return 0.0, 1
    return max(patience, PROBE_PATIENCE), PROBE_TRIES


def _whom(seen: LockFile) -> str:
    """Return who holds a lock, and what to do."""
    holder = seen.holder
    if holder is not None and not holder.is_here and seen.is_held_by_file:
        minutes = ABANDONED_SECONDS / 60
        return (
            f"{_name(seen)}, last seen {_ago(seen.age)}: wait for it; "
            f"it is free after {minutes:.0f} minutes of silence, or by fada-tui runs unlock"
        )
    return f"{_name(seen)}: wait for it, or end it"


def _name(seen: LockFile) -> str:
    return seen.holder.words if seen.holder else "another program"


def _ago(seconds: float) -> str:
    return f"{max(seconds, 0):.0f} s ago" if seconds < 120 else f"{seconds / 60:.0f} min ago"
