"""Conversion of values of any range to 8-bit grey."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_ROWS_AT_A_TIME = 256
_STRIP_PIXELS = 1 << 20

Values = NDArray[np.generic]


def strips(image: Image.Image) -> Iterator[Image.Image]:
    """Yield an image as strips of rows, from the top, so that no step copies all of it."""
    rows = max(1, _STRIP_PIXELS // image.width)
    for top in range(0, image.height, rows):
        yield image.crop((0, top, image.width, min(top + rows, image.height)))


def between(values: Values, low: float, high: float) -> NDArray[np.uint8]:
    """Map values linearly from `low` and `high` to 0 and 255, rounding to nearest even.

    What is not finite becomes black, and so does everything where the two are one.
    """
    if low == high:
        return np.zeros(values.shape, np.uint8)
    return mapped(values, lambda strip: (strip - low) / (high - low) * 255)


def extremes(values: Values) -> tuple[float, float]:
    """Return the smallest and the largest finite value; 0 and 0 where there is none."""
    return finite_extremes(values) or (0.0, 0.0)


def finite_extremes(values: Values) -> tuple[float, float] | None:
    """Return the smallest and the largest finite value; `None` where there is none."""
    floating = np.issubdtype(values.dtype, np.floating)
    finite = values[np.isfinite(values)] if floating else values
    return (float(finite.min()), float(finite.max())) if finite.size else None


def mapped(
    values: Values, grey_of: Callable[[NDArray[np.float64]], NDArray[np.float64]]
) -> NDArray[np.uint8]:
    """Map values by a function to grey, rounded and clipped to 0 and 255; non-finite values become black."""
    grey = np.zeros(values.shape, np.uint8)
    for top in range(0, len(values), _ROWS_AT_A_TIME):  # in strips, to bound the 64-bit copy
        strip = values[top : top + _ROWS_AT_A_TIME].astype(np.float64)
        made = np.clip(np.rint(grey_of(strip)), 0, 255)
        grey[top : top + _ROWS_AT_A_TIME] = np.where(np.isfinite(strip), made, 0).astype(np.uint8)
    return grey
