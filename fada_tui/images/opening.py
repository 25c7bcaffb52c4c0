"""Opening an image file, and one-line errors for files that cannot be read."""

import os
import stat
from pathlib import Path
from typing import IO

from fada_tui.core.errors import ErrorKind, reason
from fada_tui.core.image_error import ImageError
from fada_tui.core.text import printable

MAX_PIXELS = 1024**3 // 4 // 3
"""89.5 megapixels, from where on Pillow warns of decompression bombs; more is refused before decoding."""

TOO_MANY = f"more than {MAX_PIXELS / 1e6:.0f} megapixels"


def open_image(path: str | Path, name: str) -> IO[bytes]:
    """Open a regular file that is not empty.

    Raises:
        ImageError: IMAGE_MISSING or IMAGE_UNREADABLE; `name` is what the message calls it.
    """
    try:
        # Without O_NONBLOCK, opening a named pipe would wait for its writer for ever.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        raise ImageError(
            ErrorKind.IMAGE_MISSING, f"{name}: no such file; put it back, or leave it out"
        ) from None
    except PermissionError:
        raise unreadable(name, "no permission to read it; change its permissions") from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or reason(error)
        raise unreadable(name, f"cannot be opened: {why}; leave it out") from None
    status = os.fstat(descriptor)
    if stat.S_ISREG(status.st_mode) and status.st_size:
        return os.fdopen(descriptor, "rb")
    os.close(descriptor)
    why = "the file is empty; export it again" if stat.S_ISREG(status.st_mode) else "not a file; leave it out"
    raise unreadable(name, why)


def unreadable(name: str, why: str) -> ImageError:
    """Return the error for a file that is not a readable image."""
    return ImageError(ErrorKind.IMAGE_UNREADABLE, f"{name}: {why}")


def damaged(name: str, error: BaseException) -> ImageError:
    """Return the error for a file that a library failed to decode."""
    why = printable(getattr(error, "strerror", None) or reason(error))
    return unreadable(name, f"damaged or truncated ({why}); export it again")


def too_large(name: str, why: str) -> ImageError:
    """Return the error for an image with too many pixels."""
    return ImageError(ErrorKind.IMAGE_TOO_LARGE, f"{name}: {why}; scale it down or leave it out")


def check_size(name: str, width: int, height: int) -> None:
    """Raise `ImageError` (IMAGE_TOO_LARGE) for more than `MAX_PIXELS`."""
    if width * height > MAX_PIXELS:
        raise too_large(name, f"{width} x {height} is {TOO_MANY}")


def no_such_frame(name: str, count: int) -> ImageError:
    """Return the error for a frame that a file does not have."""
    has = f"{count} frames" if count > 1 else "one frame"
    return unreadable(name, f"the file has {has}; ask for one of them")


def missing_package(name: str, what: str, how: str) -> ImageError:
    """Return the error for a file that needs a package which is not installed."""
    return ImageError(ErrorKind.MISSING_PACKAGE, f"{name}: {what}: {how}")
