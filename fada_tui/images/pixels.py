"""From values of any range to 8-bit grey."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

_ROWS_AT_A_TIME = 256

Values = NDArray[np.generic]


def windowed(values: Values) -> NDArray[np.uint8]:
    """Map values linearly from their finite minimum and maximum to 0 and 255, rounding to nearest even.

    What is not finite becomes black, and so does an image of one value.
    """
    low, high = extremes(values)
    if low == high:
        return np.zeros(values.shape, np.uint8)
    return mapped(values, lambda strip: (strip - low) / (high - low) * 255)


def extremes(values: Values) -> tuple[float, float]:
    """Return the smallest and the largest finite value; 0 and 0 where there is none."""
    floating = np.issubdtype(values.dtype, np.floating)
    finite = values[np.isfinite(values)] if floating else values
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)


def mapped(
    values: Values, grey_of: Callable[[NDArray[np.float64]], NDArray[np.float64]]
) -> NDArray[np.uint8]:
    """Map values by a function to grey, rounded, and cut at 0 and 255; what is not finite becomes black."""
    grey = np.zeros(values.shape, np.uint8)
    for top in range(0, len(values), _ROWS_AT_A_TIME):  # in strips, to bound the 64-bit copy
        strip = values[top : top + _ROWS_AT_A_TIME].astype(np.float64)
        made = np.clip(np.rint(grey_of(strip)), 0, 255)
        grey[top : top + _ROWS_AT_A_TIME] = np.where(np.isfinite(strip), made, 0).astype(np.uint8)
    return grey
