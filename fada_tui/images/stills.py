"""PNG, JPEG, BMP, GIF, TIFF and WebP files, with their frames or pages, read by Pillow."""

import warnings
from collections.abc import Callable, Iterator
from typing import IO, Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError
from PIL.PngImagePlugin import PngImageFile

from fada_tui.core.image_error import ImageError
from fada_tui.images import formats, jpeg_end
from fada_tui.images.opening import TOO_MANY, check_size, damaged, no_such_frame, too_large, unreadable
from fada_tui.images.pixels import Values, between, finite_extremes, strips
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
"""The transposition that turns an image upright, by its EXIF orientation (Exif 2.32, tag 0x0112)."""

_SCALES = {"L;2": 85, "L;4": 17}
"""What makes grey of 2 and of 4 bits grey of 8."""

_Found = TypeVar("_Found")


def read(file: IO[bytes], name: str, number: int) -> Image.Image:
    """Return a frame's pixels, upright, in mode RGB; raises `ImageError`."""

    def frame(image: Image.Image) -> Image.Image:
        check_size(name, *image.size)
        if number > 1:
            _seek(image, name, number)
            check_size(name, *image.size)  # each page of a TIFF has a size of its own
        settle(image, name)
        _settle_key(image, name)
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


def _settle_key(image: Image.Image, name: str) -> None:
    """Give a PNG's transparent colour the depth of the pixels that Pillow makes."""
    key = image.info.get("transparency")
    if not isinstance(image, PngImageFile) or key is None or not image.tile:
        return
    packing = str(image.tile[0].args)
    if packing == "RGB;16B":
        raise unreadable(
            name, "a transparent colour of 16 bits cannot be told from its neighbours; convert it"
        )
    if scale := _SCALES.get(packing):
        image.info["transparency"] = key * scale


def _upright_rgb(image: Image.Image) -> Image.Image:
    image.load()
    rgb = _to_rgb(image)
    turn = _UPRIGHT.get(_orientation(image))
    if turn is not None:
        rgb = rgb.transpose(turn)
    rgb.info = {}
    return rgb


def _orientation(image: Image.Image) -> int:
    """Return the EXIF orientation, read after loading, as Pillow rotates a TIFF while loading it."""
    try:
        value = image.getexif().get(_ORIENTATION_TAG)
    except Exception:  # damaged metadata spoil no pixels
        return _AS_STORED
    return value if isinstance(value, int) else _AS_STORED


def _to_rgb(image: Image.Image) -> Image.Image:
    stored = stored_as(image)
    if stored or image.mode in ("I", "F") or image.mode.startswith("I;16"):
        grey = _grey(image, stored)
        if white_is_zero(image):
            np.subtract(255, grey, out=grey)
        if image.mode == "I;16" and "transparency" in image.info:
            grey[np.asarray(image) == image.info["transparency"]] = 0
        return Image.fromarray(grey).convert("RGB")
    rgb = Image.new("RGB", image.size)
    top = 0
    for strip in strips(image):
        rgb.paste(_over_black(strip) if image.has_transparency_data else strip.convert("RGB"), (0, top))
        top += strip.height
    return rgb


def _over_black(image: Image.Image) -> Image.Image:
    layered = image.convert("RGBA")
    black = Image.new("RGBA", layered.size, (0, 0, 0, 255))
    return Image.alpha_composite(black, layered).convert("RGB")


def _grey(image: Image.Image, stored: np.dtype[Any] | None) -> NDArray[np.uint8]:
    """Grey of any depth from its darkest to its brightest value, strip by strip."""
    ends = [found for values in _values(image, stored) if (found := finite_extremes(values))]
    low, high = min((low for low, _ in ends), default=0.0), max((high for _, high in ends), default=0.0)
    grey = np.empty((image.height, image.width), np.uint8)
    top = 0
    for values in _values(image, stored):
        grey[top : top + len(values)] = between(values, low, high)
        top += len(values)
    return grey


def _values(image: Image.Image, stored: np.dtype[Any] | None) -> Iterator[Values]:
    for strip in strips(image):
        values = np.asarray(strip)
        yield values.view(stored) if stored else values
