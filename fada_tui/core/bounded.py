"""Bounded reading of untrusted small files: pipes, devices and very large files are refused."""

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

SMALL = 32 * 1024 * 1024
"""Bytes of the largest description; the largest known index of weights has a third of that."""

_CHUNK = 2**20

_KINDS = (
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISSOCK, "a socket"),
)


def read_small(path: str | Path, most: int = SMALL) -> bytes:
    """Return the bytes of a small file.

    Args:
        path: of a regular file, or of a link to one.
        most: bytes that it may have.

    Raises:
        FileNotFoundError: there is none.
        OSError: it cannot be read, is no regular file, or is larger; `strerror` says which in plain words.
    """
    if why := oddity(Path(path).stat(), most):  # before it is opened: that alone moves some devices
        raise OSError(errno.EINVAL, why, str(path))
    # Without O_NONBLOCK, opening what has become a named pipe since would wait for ever.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if why := oddity(status, most):
            raise OSError(errno.EINVAL, why, str(path))
        data = _read(file, most + 1, status.st_size + 1)
    if len(data) > most:  # some files of the system's say that they are empty, and never end
        raise OSError(errno.EFBIG, _too_large(most), str(path))
    return data


def _read(file: BinaryIO, most: int, first: int) -> bytes:
    """Return at most so many bytes; room is made for `first` of them, and for more as they come."""
    parts = [file.read(min(most, first))]
    while parts[-1] and (left := most - sum(map(len, parts))) > 0:
        parts.append(file.read(min(left, _CHUNK)))
    return b"".join(parts)


def oddity(status: os.stat_result, most: int | None = None) -> str | None:
    """Return the reason, in words, why a file must not be read whole; `None` if it may be.

    Args:
        status: of the file.
        most: bytes that it may have; `None` for any number.
    """
    kind = next((name for is_kind, name in _KINDS if is_kind(status.st_mode)), None)
    if kind:
        return f"it is {kind}, not a file"
    return _too_large(most) if most is not None and status.st_size > most else None


def _too_large(most: int) -> str:
    return f"it has more than {most // 2**20} MiB"
