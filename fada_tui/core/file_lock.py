"""A lock that is a file: one holder at a time, on file systems with `flock` and on those without.

Where there is `flock`, it decides, and the file says who holds it. Where there is none (Lustre, some NFS and
FUSE), the file itself is the lock: whoever makes it has it until it is removed. A lock whose holder is gone
is taken over. For that one first makes a claim, a file beside the lock that is named by it, so that of many
who see a lock abandoned one takes it; the claim then becomes the lock.
"""

import errno
import fcntl
import glob
import itertools
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from msgspec.structs import replace

from fada_tui.core import lock_record
from fada_tui.core.file_modes import create_file
from fada_tui.core.lock_record import Holder, LockFile, Means
from fada_tui.core.process import identify
from fada_tui.core.temporary import remove_quietly

NO_FLOCK = frozenset({errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS})
"""Errors of a file system that has no `flock`."""

TOUCH_SECONDS = 60.0
"""How often a holder touches its lock, so that other machines see that it lives."""

POLL_SECONDS = 0.01


class LockedError(Exception):
    """The error that a lock is held, or is being asked about or taken over just now.

    Args:
        seen: the lock.
    """

    def __init__(self, seen: LockFile) -> None:
        super().__init__()
        self.seen = seen


class FileLock:
    """A lock that is held until it is released; made by `take`.

    Args:
        path: its file.
        descriptor: of the open file; a copy of it is kept.
        by: what makes it a lock.

    Raises:
        OSError: its holder cannot be written down.
    """

    def __init__(self, path: Path, descriptor: int, by: Means) -> None:
        self.path = path
        self.holder = lock_record.ourselves(by)
        lock_record.write(descriptor, self.holder)
        self.descriptor = os.dup(descriptor)
        self._released = threading.Event()

    @property
    def is_kept(self) -> bool:
        """Whether the lock is still ours: nobody broke it, or took it over while this machine slept."""
        return self.descriptor >= 0 and is_named(self.descriptor, self.path)

    def note_workers(self, *pids: int) -> None:
        """Write down the workers that go on writing if this program dies, and no others; raises `OSError`."""
        first, *others = *map(identify, pids), None
        self.holder = replace(self.holder, worker=first, others=tuple(one for one in others if one))
        lock_record.write(self.descriptor, self.holder)

    def keep_touched(self) -> None:
        """Touch the lock every minute until it is released."""
        threading.Thread(target=self._touch, name="lock", daemon=True).start()

    def release(self) -> None:
        """Release the lock; a second call does nothing. A file that cannot be removed stays as nobody's."""
        descriptor, self.descriptor = self.descriptor, -1
        if descriptor < 0:
            return
        self._released.set()
        with suppress(OSError, LockedError):
            if self.holder.by == "file":
                _remove(self.path, descriptor, self.holder)
            elif is_named(descriptor, self.path):
                self.path.unlink()
        with suppress(OSError):
            lock_record.write(descriptor, replace(self.holder, program=None, worker=None, others=()))
        os.close(descriptor)

    def _touch(self) -> None:
        while not self._released.wait(TOUCH_SECONDS):
            with suppress(OSError):
                os.utime(self.descriptor)


def take(path: Path) -> FileLock:
    """Take a lock, or fail at once.

    Raises:
        LockedError: another has it, or asks about it just now.
        OSError: its file cannot be made.
    """
    while True:
        descriptor, made = _opened_or_made(path)
        try:
            if _flock(descriptor, fcntl.LOCK_EX):
                lock = _by_flock(path, descriptor)
            elif made:
                lock = FileLock(path, descriptor, "file")
            else:
                lock = _by_claim(path, descriptor)
        except OSError:
            if made:
                remove_quietly(path)
            raise
        finally:
            os.close(descriptor)
        if lock:
            if lock.holder.by == "file":
                _clean_claims(lock)
            return lock


def take_within(path: Path, patience: float) -> FileLock:
    """Take a lock, waiting for whoever has it.

    Args:
        path: the lock's file.
        patience: seconds to wait.

    Raises:
        LockedError: another has it for longer.
        OSError: its file cannot be made.
    """
    deadline = time.monotonic() + patience
    while True:
        try:
            return take(path)
        except LockedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(POLL_SECONDS)


@contextmanager
def held(path: Path, patience: float) -> Iterator[None]:
    """Hold a lock within this context; args and errors are those of `take_within`."""
    lock = take_within(path, patience)
    try:
        yield
    finally:
        lock.release()


def look(path: Path) -> tuple[LockFile, bool] | None:
    """Return a lock's file as it is now, and whether it is held; `None` if there is none.

    Where nobody holds it, it is taken for microseconds to see that: who takes it must try again.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        seen = lock_record.read(descriptor)
        if seen.is_held_by_file:
            return seen, True
        try:
            if _flock(descriptor, fcntl.LOCK_SH):
                fcntl.flock(descriptor, fcntl.LOCK_UN)
                return seen, False
        except LockedError:
            return seen, True
        return seen, seen.is_held
    finally:
        os.close(descriptor)


def discard(path: Path) -> bool:
    """Remove a lock that a killed program left; return whether there was one.

    Raises:
        OSError: it cannot be removed.
    """
    found = look(path)
    if found is None or found[1] or not found[0].is_known:
        return False
    with suppress(FileNotFoundError, LockedError), _opened(path) as descriptor:
        if not _flock(descriptor, fcntl.LOCK_EX):
            return _remove(path, descriptor, found[0].holder)
        if is_named(descriptor, path):
            path.unlink()
            return True
    return False


def break_open(path: Path) -> None:
    """Remove a lock whoever holds it, by a person's word.

    Raises:
        LockedError: another takes it over just now.
        OSError: it cannot be removed.
    """
    with suppress(FileNotFoundError), _opened(path) as descriptor:
        _remove(path, descriptor, lock_record.read(descriptor).holder)


def _by_flock(path: Path, descriptor: int) -> FileLock | None:
    """Return the lock that `flock` gave; `None` if the last holder removed its file meanwhile.

    Raises:
        LockedError: a program that has no `flock` here holds it.
        OSError: it cannot be written.
    """
    if not is_named(descriptor, path):
        return None
    seen = lock_record.read(descriptor)
    if seen.is_held_by_file:
        raise LockedError(seen)
    return FileLock(path, descriptor, "flock")


def _by_claim(path: Path, descriptor: int) -> FileLock | None:
    """Return an abandoned lock taken over; `None` if another was quicker.

    Raises:
        LockedError: it is not abandoned.
        OSError: it cannot be written.
    """
    seen = lock_record.read(descriptor)
    if seen.is_held:
        raise LockedError(seen)
    lock = _claim(path, descriptor, seen.holder)
    if lock is None:
        return None
    try:
        lock.path.replace(path)
    except OSError:
        remove_quietly(lock.path)
        os.close(lock.descriptor)
        raise
    lock.path = path
    for left in _claims(path, descriptor, seen.holder):
        remove_quietly(left)
    return lock


def _remove(path: Path, descriptor: int, holder: Holder | None) -> bool:
    """Remove a lock that is open here, unless it is another's by now; return whether it was removed."""
    claim = _claim(path, descriptor, holder)
    if claim is None:
        return False
    try:
        path.unlink()
    finally:
        os.close(claim.descriptor)
        for left in _claims(path, descriptor, holder):
            remove_quietly(left)
    return True


def _claim(path: Path, descriptor: int, holder: Holder | None) -> FileLock | None:
    """Return a claim on a lock that is open here: as long as it is there, nobody else replaces or removes it.

    Claims are numbered; those of the dead are left behind, so that no two see the same one free.

    Returns:
        `None` if the lock has changed hands meanwhile.

    Raises:
        LockedError: another has a claim on it.
        OSError: none can be made.
    """
    for number in itertools.count():
        name = _claim_name(path, descriptor, holder, number)
        try:
            made = create_file(name, os.O_RDWR)
        except FileExistsError:
            other = look(name)
            if other is None or other[1]:
                raise LockedError(lock_record.read(descriptor)) from None
            continue
        try:
            claim = FileLock(name, made, "file")
        except OSError:
            remove_quietly(name)
            raise
        finally:
            os.close(made)
        if is_named(descriptor, path) and lock_record.read(descriptor).holder == holder:
            return claim
        os.close(claim.descriptor)
        remove_quietly(name)
        return None
    raise AssertionError


def _claims(path: Path, descriptor: int, holder: Holder | None) -> Iterator[Path]:
    """Yield what claims there are on a lock that was open here."""
    for number in itertools.count():
        claim = _claim_name(path, descriptor, holder, number)
        if number > 0 and not claim.exists():
            return
        yield claim


def _clean_claims(lock: FileLock) -> None:
    """Remove the claims of the dead on locks that were before this one."""
    for claim in lock.path.parent.glob(f"{glob.escape(lock.path.name)}.*.*"):
        found = look(claim)
        if found and not found[1] and f".{lock.holder.key}." not in claim.name:
            remove_quietly(claim)


def _claim_name(path: Path, descriptor: int, holder: Holder | None, number: int) -> Path:
    key = holder.key if holder else f"{os.fstat(descriptor).st_ino:x}"
    return path.with_name(f"{path.name}.{key}.{number}")


def _opened_or_made(path: Path) -> tuple[int, bool]:
    """Return a descriptor of a lock's file, and whether this made it."""
    while True:
        try:
            return create_file(path, os.O_RDWR), True
        except FileExistsError:
            with suppress(FileNotFoundError):
                return _open(path), False


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    descriptor = _open(path)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)


def _flock(descriptor: int, kind: int) -> bool:
    """Lock a file, if the file system can; return whether it can. Raises `LockedError`, `OSError`."""
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        raise LockedError(lock_record.read(descriptor)) from None
    except OSError as error:
        if error.errno not in NO_FLOCK:
            raise
        return False
    return True


def is_named(descriptor: int, path: Path) -> bool:
    """Return whether an open file still has its name."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
