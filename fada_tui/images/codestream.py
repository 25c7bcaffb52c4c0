"""The size of a compressed image according to its header: JPEG, JPEG-LS and JPEG 2000."""

import struct

_JPEG = b"\xff\xd8"
_JPEG_2000 = b"\xff\x4f\xff\x51"
"""Start of a codestream, and its size segment, which comes next."""

_SCAN = 0xDA
_ALONE = (0x00, 0x01, *range(0xD0, 0xD8), 0xFF)
"""Bytes after FF that begin no segment: a stuffed zero, restart markers, padding."""

_NO_FRAME = (0xC4, 0xC8, 0xCC)
"""Markers in the range of frame markers that mark no frame: tables and an extension."""


def values(data: bytes) -> int | None:
    """Return width × height × components; `None` if the header does not contain them."""
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


def scans_all(data: bytes) -> bool:
    """Return whether the scans that a JPEG file has begun are all that the image needs.

    A progressive picture comes in scans that refine each other: coefficients of every component, down to the
    last bit. Others have each component in one scan.
    """
    missing: set[tuple[int, int]] | None = None
    progressive, place = False, 2
    while (place := data.find(b"\xff", place)) >= 0 and place + 4 <= len(data):
        marker = data[place + 1]
        if marker in _ALONE:
            place += 1 if marker == 0xFF else 2
            continue
        segment = data[place + 4 : place + 2 + int.from_bytes(data[place + 2 : place + 4])]
        place += 4 + len(segment)
        if 0xC0 <= marker <= 0xCF and marker not in _NO_FRAME:
            progressive = marker in (0xC2, 0xCA)
            coefficients = range(64 if progressive else 1)
            missing = {(component, at) for component in segment[6::3] for at in coefficients}
        elif marker == _SCAN and missing is not None and len(segment) >= 4:
            first, last, bits = segment[-3:]
            if not progressive:
                first = last = bits = 0
            if bits & 15 == 0:
                missing -= {(one, at) for one in segment[1:-3:2] for at in range(first, last + 1)}
    return missing is not None and not missing
