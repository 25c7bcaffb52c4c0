"""How large a compressed picture says it is, from its own header: JPEG, JPEG-LS and JPEG 2000."""

import struct

_JPEG = b"\xff\xd8"
_JPEG_2000 = b"\xff\x4f\xff\x51"
"""Start of a codestream, and its size segment, which comes next."""

_NO_FRAME = (0xC4, 0xC8, 0xCC)
"""Among the markers of frames, those that are none: tables and an extension."""


def values(data: bytes) -> int | None:
    """Return width × height × components; `None` where the header does not tell."""
    if data[:2] == _JPEG:
        return _jpeg(data)
    start = data.find(_JPEG_2000, 0, 4096)  # in a JP2 file some boxes come before it
    return _jpeg_2000(data[start + 4 :]) if start >= 0 else None


def _jpeg(data: bytes) -> int | None:
    place = 2
    while place + 4 <= len(data):
        if data[place] != 0xFF:
            return None
        marker = data[place + 1]
        if marker == 0xFF:  # padding
            place += 1
            continue
        if (0xC0 <= marker <= 0xCF and marker not in _NO_FRAME) or marker == 0xF7:
            if place + 10 > len(data):
                return None
            height, width, components = struct.unpack(">HHB", data[place + 5 : place + 10])
            return int(width * height * components)
        place += 2 + int.from_bytes(data[place + 2 : place + 4])
    return None


def _jpeg_2000(segment: bytes) -> int | None:
    if len(segment) < 38:
        return None
    width, height, left, top = struct.unpack(">4L", segment[4:20])
    (components,) = struct.unpack(">H", segment[36:38])
    return int(max(width - left, 0) * max(height - top, 0) * components)
