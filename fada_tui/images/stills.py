"""PNG, JPEG, BMP, GIF, TIFF and WebP files, and their frames or pages, by Pillow."""

import warnings
from collections.abc import Callable
from typing import IO, TypeVar

import numpy as np
from PIL import Image, UnidentifiedImageError

from fada_tui.core.errors import ImageError
from fada_tui.images import formats, jpeg_end
from fada_tui.images.opening import TOO_MANY, check_size, damaged, no_such_frame, too_large, unreadable
from fada_tui.images.pixels import windowed
from fada_tui.images.png_chunks import SIGNATURE, picture_chunks
from fada_tui.images.tiff_layout import settle, stored_as, white_is_zero

FORMATS = ("PNG", "JPEG", "BMP", "TIFF", "WEBP", "GIF")

_ORIENTATION_TAG = 0x0112
_AS_STORED = 1

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What turns an image upright, by its EXIF orientation (Exif 2.32, tag 0x0112)."""

_Found = TypeVar("_Found")


def read(file: IO[bytes], name: str, number: int) -> Image.Image:
    """Return a frame's pixels, upright, in mode RGB; raises `ImageError`."""

    def frame(image: Image.Image) -> Image.Image:
        check_size(name, *image.size)
        if number > 1:
            _seek(image, name, number)
            check_size(name, *image.size)  # each page of a TIFF has a size of its own
        settle(image, name)
        return _upright_rgb(image)

    return _opened(file, name, frame)


def count(file: IO[bytes], name: str) -> int:
    """Return how many frames or pages a file has; raises `ImageError`."""
    return _opened(file, name, _count)


def _count(image: Image.Image) -> int:
    return int(getattr(image, "n_frames", 1)) or 1


def _seek(image: Image.Image, name: str, number: int) -> None:
    try:
        image.seek(number - 1)
    except EOFError:
        raise no_such_frame(name, _count(image)) from None


def _opened(file: IO[bytes], name: str, use: Callable[[Image.Image], _Found]) -> _Found:
    try:
        with warnings.catch_warnings():
            # Pillow warns of odd metadata on stderr; what matters ends in an error.
            warnings.simplefilter("ignore")
            with Image.open(_without_metadata(file, name), formats=FORMATS) as image:
                try:
                    return use(image)
                except OSError:
                    if image.format != "JPEG" or (mended := jpeg_end.whole(file)) is None:
                        raise
            with Image.open(mended, formats=FORMATS) as image:
                return use(image)
    except ImageError:
        raise
    except Image.DecompressionBombError:
        raise too_large(name, TOO_MANY) from None
    except MemoryError:
        raise too_large(name, "not enough memory to decode it") from None
    except UnidentifiedImageError:
        raise unreadable(
            name, f"not a {formats.IN_WORDS} file that can be read; convert it or leave it out"
        ) from None
    except (
        Exception
    ) as error:  # Pillow's readers raise anything from KeyError to struct.error on damaged files
        raise damaged(name, error) from None


def _without_metadata(file: IO[bytes], name: str) -> IO[bytes]:
    file.seek(0)
    head = file.read(len(SIGNATURE))
    file.seek(0)
    return picture_chunks(file, name) if head == SIGNATURE else file


def _upright_rgb(image: Image.Image) -> Image.Image:
    image.load()
    rgb = _to_rgb(image)
    turn = _UPRIGHT.get(_orientation(image))
    if turn is not None:
        rgb = rgb.transpose(turn)
    rgb.info = {}
    return rgb


def _orientation(image: Image.Image) -> int:
    """The EXIF orientation, asked for after loading: Pillow turns a TIFF itself when it loads it."""
    try:
        value = image.getexif().get(_ORIENTATION_TAG)
    except Exception:  # damaged metadata spoil no pixels
        return _AS_STORED
    return value if isinstance(value, int) else _AS_STORED


def _to_rgb(image: Image.Image) -> Image.Image:
    stored = stored_as(image)
    if stored or image.mode in ("I", "F") or image.mode.startswith("I;16"):
        values = np.asarray(image)
        grey = windowed(values.view(stored) if stored else values)
        if white_is_zero(image):
            grey = 255 - grey
        return Image.fromarray(grey).convert("RGB")
    if image.has_transparency_data:
        layered = image.convert("RGBA")
        black = Image.new("RGBA", layered.size, (0, 0, 0, 255))
        return Image.alpha_composite(black, layered).convert("RGB")
    return image.convert("RGB")
