"""JPEG files without an end marker: tells complete ones from truncated ones.

A decoder makes up what is missing, so neither it nor the marker tells. But pixels that are all there do not
depend on what follows them: such a file is decoded with different continuations, and is whole if all pictures
are the same and every scan that it takes has begun.
"""

import hashlib
import io
from typing import IO

from PIL import Image

from fada_tui.images.codestream import scans_all
from fada_tui.images.pixels import strips

_END = b"\xff\xd9"
_NOISE = (b"\x55\x2a\x9c\x63" * 16, b"\xaa\xd5\x63\x9c" * 16)
"""Two continuations in which no bit is the same, and no marker."""

_LARGEST = 1 << 28
"""Maximum bytes of a file that is checked."""


def whole(file: IO[bytes]) -> IO[bytes] | None:
    """Return a JPEG file with its end marker if nothing else is missing, else `None`."""
    file.seek(0)
    data = file.read(_LARGEST).rstrip(b"\xff")
    if len(data) >= _LARGEST - 1 or data.endswith(_END[1:]) or not scans_all(data):
        return None
    restarts = b"".join(bytes((0xFF, 0xD0 + number)) + _NOISE[0] for number in range(8))
    try:
        plain = _digest(data + _END)
        if all(_digest(data + noise + restarts + _END) == plain for noise in _NOISE):
            return io.BytesIO(data + _END)
    except Exception:  # Pillow raises anything on damaged files
        return None
    return None


def _digest(data: bytes) -> bytes:
    digest = hashlib.sha256()
    with Image.open(io.BytesIO(data), formats=("JPEG",)) as image:
        image.load()
        for strip in strips(image):
            digest.update(strip.tobytes())
    return digest.digest()
