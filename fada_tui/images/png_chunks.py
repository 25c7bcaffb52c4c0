"""A PNG file reduced to its image data, without comments, colour profiles and times of any size.

Pillow reads each chunk into memory, unpacks texts, checks all sums, and takes a file for damaged whose
metadata are larger than its bounds. So it is given only the chunks that make the picture, and of texts those
that may say which way is up, unpacked within bounds.
"""

import io
import struct
import zlib
from bisect import bisect_right
from collections.abc import Iterator
from typing import IO

from msgspec import Struct

from fada_tui.core.text import printable
from fada_tui.images.opening import unreadable

SIGNATURE = b"\x89PNG\r\n\x1a\n"

_END = b"IEND"
_PIXELS = (b"IDAT", b"fdAT")
_PICTURE = (*_PIXELS, b"IHDR", b"PLTE", b"tRNS", b"acTL", b"fcTL", _END)
_EXIF = b"eXIf"
_TEXTS = (b"tEXt", b"zTXt", b"iTXt")

_TURNS = (b"XML:com.adobe.xmp", b"Raw profile type exif")
"""Keywords of the text chunks that may hold an orientation."""

_LARGEST = 16 << 20
"""Maximum bytes of a chunk without pixels; larger metadata are left out without unpacking."""

_MOST_PIECES = 100_000
"""Maximum pieces into which a file may be cut by leaving chunks out: each costs memory."""

_OVERHEAD = 12
"""Bytes of a chunk beside its data: length, type, sum."""


class _Piece(Struct, frozen=True):
    """A run of consecutive bytes of the resulting file."""

    start: int
    length: int
    place: int
    """Offset of the bytes in the original file."""
    made: bytes | None = None
    """The bytes themselves, if they are not in the file."""


def picture_chunks(file: IO[bytes], name: str) -> IO[bytes]:
    """Return a file with only the chunks that make up the image.

    Args:
        file: a PNG file; read from while the returned one is.
        name: what to call it in messages.

    Raises:
        ImageError: a chunk that may change the picture is not known.
    """
    pieces = [_Piece(start=0, length=len(SIGNATURE), place=0)]
    for place, length, made in _kept(file, name):
        last = pieces[-1]
        if made is None and last.made is None and last.place + last.length == place:
            pieces[-1] = _Piece(start=last.start, length=last.length + length, place=last.place)
            continue
        if len(pieces) == _MOST_PIECES:
            raise unreadable(name, "damaged (cut up by comments); export it again")
        pieces.append(_Piece(start=last.start + last.length, length=length, place=place, made=made))
    return io.BufferedReader(_Shown(file, pieces))


def _kept(file: IO[bytes], name: str) -> Iterator[tuple[int, int, bytes | None]]:
    """Return offset and length of each part that is kept, and the replacements of texts."""
    place, turns = len(SIGNATURE), set(_TURNS)
    kind = b""
    while kind != _END:
        file.seek(place)
        head = file.read(8)
        kind = head[4:]
        if len(head) < 8 or not kind.isalpha():
            yield place, _LARGEST, None  # Pillow knows what to say of it
            return
        length = int.from_bytes(head[:4])
        if kind in _PICTURE:
            if kind not in _PIXELS and length > _LARGEST:
                raise unreadable(name, "damaged (a header of it is too large); export it again")
            yield place, length + _OVERHEAD, None
        elif kind == _EXIF and length <= _LARGEST:
            yield place, length + _OVERHEAD, None
        elif kind in _TEXTS and length <= _LARGEST:
            keyword, text = _text(kind, file.read(length))
            if keyword in turns and text is not None:
                turns.remove(keyword)
                chunk = _chunk(keyword, text)
                yield place, len(chunk), chunk
        elif kind[:1].isupper():
            raise unreadable(name, f"its chunk {printable(kind.decode())} cannot be read; convert it")
        place += length + _OVERHEAD


def _text(kind: bytes, data: bytes) -> tuple[bytes, bytes | None]:
    """Return keyword and text of a chunk; no text if it cannot be unpacked within bounds."""
    keyword, _, rest = data.partition(b"\0")
    if keyword not in _TURNS or kind == b"tEXt":
        return keyword, rest
    if kind == b"zTXt":
        return keyword, _unpacked(rest[1:])
    packed, parts = rest[:1] != b"\0", rest[2:].split(b"\0", 2)
    if len(parts) < 3:
        return keyword, None
    return keyword, _unpacked(parts[2]) if packed else parts[2]


def _unpacked(data: bytes) -> bytes | None:
    unpacking = zlib.decompressobj()
    try:
        text = unpacking.decompress(data, _LARGEST)
    except zlib.error:
        return None
    return None if unpacking.unconsumed_tail else text


def _chunk(keyword: bytes, text: bytes) -> bytes:
    """Return an unpacked text as a chunk: XMP is always of the international kind."""
    kind, flags = (b"iTXt", b"\0\0\0\0") if keyword == _TURNS[0] else (b"tEXt", b"")
    data = keyword + b"\0" + flags + text
    return struct.pack(">L", len(data)) + kind + data + struct.pack(">L", zlib.crc32(kind + data))


class _Shown(io.RawIOBase):
    """A file object over the pieces."""

    def __init__(self, file: IO[bytes], pieces: list[_Piece]) -> None:
        self._file = file
        self._pieces = pieces
        self._starts = [piece.start for piece in pieces]
        self._place = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        last = self._pieces[-1]
        base = (0, self._place, last.start + last.length)[whence]
        self._place = max(base + offset, 0)
        return self._place

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        piece = self._pieces[bisect_right(self._starts, self._place) - 1]
        within = self._place - piece.start
        length = max(min(len(view), piece.length - within), 0)
        if piece.made is not None:
            data = piece.made[within : within + length]
        else:
            self._file.seek(piece.place + within)
            data = self._file.read(length)
        view[: len(data)] = data
        self._place += len(data)
        return len(data)
