"""Atomic file writing: a reader, or a crash, finds the old content or the new, never a part."""

import os
from pathlib import Path


def write_whole(path: Path, data: bytes) -> None:
    """Replace a file's content atomically: temporary file beside it, fsync, rename, fsync of the folder.

    Raises:
        OSError: it cannot be written; what was there is unharmed.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
