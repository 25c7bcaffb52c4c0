"""The control pictures, made in memory: black, mid-grey and noise, the same ones for every model."""

import random

from PIL import Image

from fada_tui.core.control import path_of
from fada_tui.images.decode import DecodedImage, of_pixels

MID_GREY = 128

SEED = 0
"""Of the noise: all models see the same one at a size."""


def control_picture(path: str, size: tuple[int, int]) -> DecodedImage:
    """Return the control picture of a path, with the hash of its pixels and no file.

    Args:
        path: one that `core.control.path_of` returns.
        size: width and height in pixels.

    Raises:
        ValueError: there is no such control picture.
    """
    if path == path_of("black"):
        pixels = Image.new("RGB", size)
    elif path == path_of("grey"):
        pixels = Image.new("RGB", size, (MID_GREY,) * 3)
    elif path == path_of("noise"):
        width, height = size
        pixels = Image.frombytes("RGB", size, random.Random(SEED).randbytes(width * height * 3))
    else:
        raise ValueError(f"there is no control picture {path}")
    return of_pixels(pixels)
