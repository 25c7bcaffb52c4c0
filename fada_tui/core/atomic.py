"""Atomic, durable file writing: a reader, or a crash, finds the old content or the new, never a part."""

import errno
import os
from contextlib import suppress
from pathlib import Path

from fada_tui.core.temporary import beside

_NOT_SYNCED = frozenset({errno.EINVAL, errno.EOPNOTSUPP, errno.ENOSYS})
"""Errors of file systems, as of Windows shares, that cannot sync a folder."""


def write_whole(path: Path, data: bytes) -> None:
    """Replace a file's content atomically: temporary file beside it, fsync, rename, fsync of the folder.

    Raises:
        OSError: it cannot be written; what was there is unharmed.
    """
    temporary = beside(path)
    try:
        with temporary.open("xb", buffering=0) as file:
            rest = memoryview(data)
            while rest:
                rest = rest[file.write(rest) :]
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):  # what went wrong first is what is told
            temporary.unlink()
        raise
    sync_folder(path.parent)


def make_folder(path: Path) -> None:
    """Make a folder that may be there already, with its parents, and wait until the new ones are on disk.

    Raises:
        OSError: it cannot be made.
    """
    new = [folder for folder in (path, *path.parents) if not folder.exists()]
    path.mkdir(parents=True, exist_ok=True)
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
