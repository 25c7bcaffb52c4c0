"""Layout and number format of a TIFF's samples, corrected before Pillow would read them wrongly.

Pillow chooses a mode by photometric interpretation, sample format, bits and extra samples, and refuses what
it has none for. Of what it takes, as found by trying all (`tests/images/test_tiff.py`):

| samples | Pillow gives | here |
|---|---|---|
| 32-bit unsigned grey | negative from 2^31 on | read as unsigned |
| 8-bit signed grey | as unsigned | read as signed |
| 16- and 32-bit signed, float, big-endian and compressed | bytes in the wrong order | in the right one |
| planes of one sample | depth, fill order, byte order and white-is-zero lost | as without planes |
| planes of 16 bits, uncompressed | upper and lower bytes in turn | both |
| planes with bits from the right; alpha that no tag names; grey or palette with alpha | wrong | refused |
| colour map of 8-bit values | black | read as 8-bit |
| four inks that are not CMYK | as CMYK | refused |
| uncompressed YCbCr with fewer colours than pixels | noise | refused |
| no photometric interpretation | as white-is-zero | refused |
"""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
from PIL import Image, ImagePalette, TiffImagePlugin
from PIL.TiffImagePlugin import TiffImageFile

from fada_tui.core.image_error import ImageError
from fada_tui.images.opening import unreadable

_BITS, _PHOTOMETRIC, _FILL_ORDER, _SAMPLES, _PLANAR = 258, 262, 266, 277, 284
_COLOUR_MAP, _INKS, _EXTRA, _FORMAT, _SUBSAMPLING = 320, 332, 338, 339, 530

_WHITE_IS_ZERO, _RGB, _CMYK, _YCBCR = 0, 2, 5, 6
_COLOURS = {_RGB: 3, _CMYK: 4}
_UNSIGNED, _SIGNED = 1, 2
_PLANES = 2


def settle(image: Image.Image, name: str) -> None:
    """Correct how a page's samples will be read; called after seeking to it, before loading it.

    Raises:
        ImageError: they would be read wrongly.
    """
    if not isinstance(image, TiffImageFile):
        return
    photometric = image.tag_v2.get(_PHOTOMETRIC)
    compressed = image.info.get("compression") != "raw"
    if photometric is None:
        raise _refusal(name, "does not say what its values mean")
    if photometric == _CMYK and image.tag_v2.get(_INKS, 1) != 1:
        raise _refusal(name, "has inks other than cyan, magenta, yellow and black")
    if photometric == _YCBCR and not compressed and image.tag_v2.get(_SUBSAMPLING, (2, 2)) != (1, 1):
        raise _refusal(name, "has uncompressed YCbCr with fewer colours than pixels")
    if image.tag_v2.get(_PLANAR, 1) == _PLANES:
        _settle_planes(image, name, photometric, compressed)
    if compressed:
        # libtiff has turned the bytes already.
        _rewrite(image, lambda packing: re.sub(r"(?<=;16|;32)B(?=[SF])", "N", packing))
    colours = image.tag_v2.get(_COLOUR_MAP, ())
    if image.mode in ("P", "PA") and max(colours, default=0) < 256:
        image.palette = ImagePalette.raw("RGB;L", bytes(colours))


def stored_as(image: Image.Image) -> np.dtype[Any] | None:
    """Return the number format of a loaded page's values, if its mode does not show it."""
    if not isinstance(image, TiffImageFile):
        return None
    signed = _number(image, _FORMAT, _UNSIGNED) == _SIGNED
    if image.mode == "L" and signed:
        return np.dtype(np.int8)
    if image.mode == "I" and not signed and _number(image, _BITS, 1) == 32:
        return np.dtype(np.uint32)
    return None


def white_is_zero(image: Image.Image) -> bool:
    """Return whether a TIFF counts from white to black, which Pillow respects up to 8 bits."""
    return isinstance(image, TiffImageFile) and image.tag_v2.get(_PHOTOMETRIC) == _WHITE_IS_ZERO


def _settle_planes(image: TiffImageFile, name: str, photometric: int, compressed: bool) -> None:
    """Correct the unpacking of separate planes, which Pillow derives from the mode's letters."""
    extra = image.tag_v2.get(_EXTRA, ())
    samples, bits = int(image.tag_v2.get(_SAMPLES, 1)), _number(image, _BITS, 1)
    if samples == 1:
        if not compressed:
            whole = _packing(image, photometric, bits)
            _rewrite(image, lambda _: whole)
        return
    colours = _COLOURS.get(photometric)
    if colours is None and (extra or photometric != _YCBCR):
        raise _refusal(name, "has planes of grey or of a palette with alpha")
    if colours is not None and samples != colours + len(extra):
        raise _refusal(name, "has planes beyond its colours, and does not say what they are")
    if image.tag_v2.get(_FILL_ORDER, 1) != 1 or bits not in (8, 16):
        raise _refusal(name, f"has planes of {bits} bits in an order that cannot be read")
    if bits == 16 and not compressed:
        order = "L" if image.tag_v2.prefix == TiffImagePlugin.II else "B"
        _rewrite(image, lambda band: f"{band};16{order}")


def _packing(image: TiffImageFile, photometric: int, bits: int) -> str:
    tags = image.tag_v2
    key = (
        tags.prefix,
        photometric,
        (_number(image, _FORMAT, _UNSIGNED),),
        tags.get(_FILL_ORDER, 1),
        (bits,),
        (),
    )
    return TiffImagePlugin.OPEN_INFO[key][1]


def _rewrite(image: TiffImageFile, change: Callable[[str], str]) -> None:
    """Change the raw mode with which Pillow unpacks samples."""
    for at, tile in enumerate(image.tile):
        if isinstance(tile.args, tuple):
            image.tile[at] = tile._replace(args=(change(tile.args[0]), *tile.args[1:]))


def _number(image: TiffImageFile, tag: int, otherwise: int) -> int:
    """Return the first number of a tag."""
    return int((image.tag_v2.get(tag) or (otherwise,))[0])


def _refusal(name: str, why: str) -> ImageError:
    return unreadable(name, f"this TIFF {why}; convert it")
