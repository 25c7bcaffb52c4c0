"""Atomic, durable file writing: a reader, or a crash, finds the old content or the new, never a part."""

import errno
import os
from pathlib import Path

from fada_tui.core.file_modes import Access, as_before
from fada_tui.core.temporary import beside, remove_quietly

_NOT_SYNCED = frozenset({errno.EINVAL, errno.EOPNOTSUPP, errno.ENOSYS})
"""Errors of file systems, as of Windows shares, that cannot sync a folder."""


def write_whole(path: Path, data: bytes, access: Access | None = None) -> None:
    """Replace a file's content atomically: temporary file beside it, fsync, rename, fsync of the folder.

    A file that is there already keeps its mode and group.

    Args:
        path: of the file.
        data: its new content.
        access: sets mode and group of a new file; without it they follow the umask.

    Raises:
        OSError: it cannot be written; what was there is unharmed.
    """
    temporary = beside(path)
    try:
        allow = _access(path, access)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        with os.fdopen(os.open(temporary, flags, 0o600 if allow else 0o666), "wb", buffering=0) as file:
            if allow:
                allow(file.fileno())
            rest = memoryview(data)
            while rest:
                rest = rest[file.write(rest) :]
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        remove_quietly(temporary)  # what went wrong first is what is told
        raise
    sync_folder(path.parent)


def _access(path: Path, access: Access | None) -> Access | None:
    try:
        return as_before(path.stat())
    except FileNotFoundError:
        return access


def make_folder(path: Path, *, private: bool = False) -> None:
    """Make a folder that may be there already, with its parents, and wait until the new ones are on disk.

    Args:
        path: of the folder.
        private: if it is new, it is for its owner alone.

    Raises:
        OSError: it cannot be made.
    """
    new = [folder for folder in (path, *path.parents) if not folder.exists()]
    path.mkdir(mode=0o700 if private else 0o777, parents=True, exist_ok=True)
    for folder in new:
        sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on disk: a file's own fsync keeps its content, not its name.

    Raises:
        OSError: the disk fails.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NOT_SYNCED:
            raise
    finally:
        os.close(descriptor)
