"""An image file as RGB pixels: the same ones for the model, the hash and the screen.

Everything is decoded to 8-bit RGB, turned upright by its EXIF orientation, the first frame of an animation.

- **Transparency** is laid over black: that is what surrounds an ultrasound sector, and merely dropping the
  alpha channel would show pixels that nobody was meant to see.
- **16-bit, 32-bit and floating-point greyscale** is mapped linearly, from the image's own smallest and
  largest finite value to 0 and 255. Scanners and microscopes seldom use the whole range (12 of 16 bits is
  common), so that the full range would show most of them nearly black. What is not finite becomes black,
  and so does an image of one value.
- Colour profiles are not applied.

The hash is SHA-256 over the ASCII text `<width> <height>` and a newline, followed by the pixels row by row
from the top left, three bytes R, G, B each.
"""

import hashlib
import os
import stat
import warnings
from pathlib import Path
from typing import IO

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError
from PIL.TiffImagePlugin import TiffImageFile

from fada_tui.errors import ErrorKind, ImageError
from fada_tui.records import encode_name
from fada_tui.text import printable

MAX_PIXELS = 1024**3 // 4 // 3
"""89.5 megapixels, from where on Pillow warns of decompression bombs; more is refused before decoding."""

FORMATS = ("PNG", "JPEG", "BMP", "TIFF", "WEBP")

_ORIENTATION_TAG = 0x0112
_AS_STORED = 1
_PHOTOMETRIC_TAG = 0x0106
_WHITE_IS_ZERO = 0
_ROWS_AT_A_TIME = 256
_DETAIL_LENGTH = 120
_LIMIT = f"more than {MAX_PIXELS / 1e6:.0f} megapixels"

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


class DecodedImage(Struct, frozen=True):
    """An image's pixels and what identifies them."""

    pixels: Image.Image
    """Mode RGB, in memory, without metadata."""
    width: int
    height: int
    sha256: str
    """Hexadecimal; the module says over what."""


def decode(path: str | Path) -> DecodedImage:
    """Decode a PNG, JPEG, BMP, TIFF or WebP file, whatever its name ends in.

    Raises:
        ImageError: IMAGE_MISSING, IMAGE_UNREADABLE (also: no permission, no regular file, damaged, of another
            format) or IMAGE_TOO_LARGE.
    """
    name = printable(encode_name(Path(path).name))
    with _open(path, name) as file:
        pixels = _read(file, name)
    return DecodedImage(pixels, pixels.width, pixels.height, _digest(pixels))


def _unreadable(name: str, why: str) -> ImageError:
    return ImageError(ErrorKind.IMAGE_UNREADABLE, f"{name}: {why}")


def _too_large(name: str, why: str) -> ImageError:
    return ImageError(ErrorKind.IMAGE_TOO_LARGE, f"{name}: {why}; scale it down or leave it out")


def _open(path: str | Path, name: str) -> IO[bytes]:
    try:
        # Without O_NONBLOCK, opening a named pipe would wait for its writer for ever.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        raise ImageError(
            ErrorKind.IMAGE_MISSING, f"{name}: no such file; put it back, or leave it out"
        ) from None
    except PermissionError:
        raise _unreadable(name, "no permission to read it; change its permissions") from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise _unreadable(name, f"cannot be opened: {why}; leave it out") from None
    status = os.fstat(descriptor)
    if stat.S_ISREG(status.st_mode) and status.st_size:
        return os.fdopen(descriptor, "rb")
    os.close(descriptor)
    why = "the file is empty; export it again" if stat.S_ISREG(status.st_mode) else "not a file; leave it out"
    raise _unreadable(name, why)


def _read(file: IO[bytes], name: str) -> Image.Image:
    try:
        with warnings.catch_warnings():
            # Pillow warns of odd metadata on stderr; what matters ends in an error.
            warnings.simplefilter("ignore")
            with Image.open(file, formats=FORMATS) as image:
                if image.width * image.height > MAX_PIXELS:
                    raise _too_large(name, f"{image.width} x {image.height} is {_LIMIT}")
                return _upright_rgb(image)
    except ImageError:
        raise
    except Image.DecompressionBombError:
        raise _too_large(name, _LIMIT) from None
    except MemoryError:
        raise _too_large(name, "not enough memory to decode it") from None
    except UnidentifiedImageError:
        raise _unreadable(
            name, "not a PNG, JPEG, BMP, TIFF or WebP image; convert it or leave it out"
        ) from None
    except (
        Exception
    ) as error:  # Pillow's readers raise anything from KeyError to struct.error on damaged files
        detail = printable(str(error)[:_DETAIL_LENGTH]) or type(error).__name__
        raise _unreadable(name, f"damaged or truncated ({detail}); export it again") from None


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
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        grey = _window(np.asarray(image))
        if _white_is_zero(image):
            grey = 255 - grey
        return Image.fromarray(grey).convert("RGB")
    if image.has_transparency_data:
        layered = image.convert("RGBA")
        black = Image.new("RGBA", layered.size, (0, 0, 0, 255))
        return Image.alpha_composite(black, layered).convert("RGB")
    return image.convert("RGB")


def _window(values: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Map values linearly from their finite minimum and maximum to 0 and 255, rounding to nearest even."""
    floating = np.issubdtype(values.dtype, np.floating)
    finite = values[np.isfinite(values)] if floating else values
    grey = np.zeros(values.shape, np.uint8)
    if not finite.size or (low := float(finite.min())) == (high := float(finite.max())):
        return grey
    for top in range(0, len(values), _ROWS_AT_A_TIME):  # in strips, to bound the 64-bit copy
        strip = values[top : top + _ROWS_AT_A_TIME].astype(np.float64)
        scaled = np.rint((strip - low) / (high - low) * 255)
        grey[top : top + _ROWS_AT_A_TIME] = np.where(np.isfinite(strip), scaled, 0).astype(np.uint8)
    return grey


def _white_is_zero(image: Image.Image) -> bool:
    """Whether a TIFF counts from white to black, which Pillow heeds at 8 bits alone."""
    return isinstance(image, TiffImageFile) and image.tag_v2.get(_PHOTOMETRIC_TAG) == _WHITE_IS_ZERO


def _digest(pixels: Image.Image) -> str:
    digest = hashlib.sha256(f"{pixels.width} {pixels.height}\n".encode("ascii"))
    digest.update(pixels.tobytes())
    return digest.hexdigest()
