"""One writer for each run: an advisory lock on a file in the run's folder.

The run's worker has a copy of the lock's file descriptor until the run is over, so that a run stays locked
while an orphaned worker still writes its last result; the process id in the file says whether its program is
alive.
"""

import fcntl
import os
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from fada_tui.core.errors import RunLockedError, StoreError

LOCK_NAME = ".lock"
ORPHAN_PATIENCE = 120.0
"""Seconds to wait for a worker whose program has died: it finishes its item, then ends."""


class RunLock:
    """A lock that reserves a run for writing until it is released.

    Raises:
        RunLockedError: a living program holds it, or an orphaned worker does not end.
        StoreError: the folder cannot be written.
    """

    def __init__(self, folder: Path, patience: float = ORPHAN_PATIENCE) -> None:
        self._path = folder / LOCK_NAME
        self.descriptor = self._acquire(time.monotonic() + patience)

    def _acquire(self, deadline: float) -> int:
        while True:
            try:
                descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            except OSError as error:
                raise StoreError(f"cannot write {self._path.parent}: {error.strerror}") from error
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                owner = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
                os.close(descriptor)
                if _alive(owner) or time.monotonic() > deadline:
                    who = f"process {owner}" if owner else "another program"
                    message = f"{self._path.parent} is being written by {who}: wait for it, or end it"
                    raise RunLockedError(message) from None
                time.sleep(0.1)
                continue
            if self._is_current(descriptor):
                self._sign(descriptor)
                return descriptor
            os.close(descriptor)

    def _sign(self, descriptor: int) -> None:
        """Write who holds the lock into its file."""
        try:
            os.truncate(descriptor, 0)
            os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        except OSError as error:
            with suppress(OSError):
                self._path.unlink()
            os.close(descriptor)
            raise StoreError(f"cannot write {self._path.parent}: {error.strerror}") from error

    def _is_current(self, descriptor: int) -> bool:
        """Return whether the locked file still has its name: the last owner may have removed it."""
        try:
            named = self._path.stat()
        except FileNotFoundError:
            return False
        locked = os.fstat(descriptor)
        return (named.st_dev, named.st_ino) == (locked.st_dev, locked.st_ino)

    def release(self) -> None:
        """Release the lock; a second call does nothing. A file that cannot be removed locks nobody out."""
        if self.descriptor >= 0:
            with suppress(OSError):
                self._path.unlink()
            with suppress(OSError):
                os.close(self.descriptor)
            self.descriptor = -1

    def __enter__(self) -> "RunLock":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def is_locked(folder: Path) -> bool:
    """Return whether some process holds the run's lock now."""
    try:
        descriptor = os.open(folder / LOCK_NAME, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _alive(process_id: str) -> bool:
    if not process_id.isdigit():
        return True
    try:
        os.kill(int(process_id), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
