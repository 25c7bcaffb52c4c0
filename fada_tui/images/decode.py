"""Decoding of an image file to RGB pixels: the same pixels for the model, the hash and the screen.

Everything is decoded to 8-bit RGB, turned upright by its EXIF orientation (a video's by its display matrix).
A path names a file, and then its first frame, or another frame of it (see `images.frames`).

- **Transparency** is laid over black: that is what surrounds an ultrasound sector, and merely dropping the
  alpha channel would show pixels that nobody was meant to see.
- **16-bit, 32-bit and floating-point greyscale** is mapped linearly, from the image's own smallest and
  largest finite value to 0 and 255. Scanners and microscopes seldom use the whole range (12 of 16 bits is
  common), so that the full range would show most of them nearly black. What is not finite becomes black,
  and so does an image of one value. DICOM files say how their values are meant: `images.dicom`.
- Colour profiles are not applied.

The pixels' hash is SHA-256 over the ASCII text `<width> <height>` and a newline, followed by the pixels row
by row from the top left, three bytes R, G, B each.
"""

import hashlib
import os
from pathlib import Path
from typing import IO

from msgspec import Struct
from PIL import Image

from fada_tui.core.file_names import encode_name
from fada_tui.core.records import DicomFacts, FileFacts
from fada_tui.core.text import printable
from fada_tui.images import dicom, stills, video
from fada_tui.images.file_bytes import hashed
from fada_tui.images.formats import DICOM_MARK, DICOM_MARK_AT
from fada_tui.images.frames import split
from fada_tui.images.opening import MAX_PIXELS as MAX_PIXELS
from fada_tui.images.opening import open_image
from fada_tui.images.pixels import strips

_HEAD = DICOM_MARK_AT + len(DICOM_MARK)


class DecodedImage(Struct, frozen=True):
    """An image's pixels, and the hashes that identify them and the file that they are of."""

    pixels: Image.Image
    """Mode RGB, in memory, without metadata."""
    width: int
    height: int
    sha256: str
    """Hexadecimal hash; the module's docstring defines its input."""
    file: FileFacts | None = None
    """Of exactly the bytes that were decoded; all frames of a file share them. `None` without a file."""
    dicom: DicomFacts | None = None
    """Facts of a DICOM file."""


def decode(path: str | Path) -> DecodedImage:
    """Decode an image file of a known format, whatever its extension.

    Args:
        path: of a file, or of one of its frames: `clip.dcm#12`.

    Raises:
        ImageError: IMAGE_MISSING, IMAGE_UNREADABLE (also: no permission, no regular file, damaged, of another
            format, no such frame, changed meanwhile), IMAGE_TOO_LARGE or MISSING_PACKAGE.
    """
    place, number = split(os.fspath(path))
    name = printable(encode_name(Path(path).name))
    facts = None
    with open_image(place, name) as opened, hashed(opened, name) as (file, of_file):
        head = _head(file)
        if _is_dicom(head):
            pixels, facts = dicom.read(file, name, number)
        elif kind := video.demuxer(head):
            pixels = video.read(file, name, number, kind)
        else:
            pixels = stills.read(file, name, number)
    return of_pixels(pixels, of_file, facts)


def of_pixels(
    pixels: Image.Image, file: FileFacts | None = None, facts: DicomFacts | None = None
) -> DecodedImage:
    """Return RGB pixels with their hash.

    Args:
        pixels: mode RGB, in memory.
        file: the file that they are of, if they are a file's.
        facts: of a DICOM file.
    """
    return DecodedImage(pixels, pixels.width, pixels.height, _digest(pixels), file, facts)


def count_frames(path: str | Path) -> int:
    """Return the number of frames of a file: from its headers, or for a video by decoding it.

    Raises:
        ImageError: as `decode` does.
    """
    name = printable(encode_name(Path(path).name))
    with open_image(path, name) as file:
        head = _head(file)
        if _is_dicom(head):
            return dicom.count(file, name)
        if kind := video.demuxer(head):
            return video.count(file, name, kind)
        return stills.count(file, name)


def _head(file: IO[bytes]) -> bytes:
    head = file.read(_HEAD)
    file.seek(0)
    return head


def _is_dicom(head: bytes) -> bool:
    return head[DICOM_MARK_AT:] == DICOM_MARK


def _digest(pixels: Image.Image) -> str:
    digest = hashlib.sha256(f"{pixels.width} {pixels.height}\n".encode("ascii"))
    for strip in strips(pixels):
        digest.update(strip.tobytes())
    return digest.hexdigest()
