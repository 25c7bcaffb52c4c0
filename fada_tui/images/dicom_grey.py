"""Conversion of a grey DICOM frame to 8-bit grey: modality transformation, then window or table.

The formulas are those of the standard, PS3.3 C.11.1 and C.11.2.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fada_tui.images.pixels import extremes, mapped

if TYPE_CHECKING:
    from pydicom import Dataset

Floats = NDArray[np.float64]
_Step = Callable[[Floats], Floats]


def grey(values: NDArray[Any], header: "Dataset", index: int) -> NDArray[np.uint8]:
    """Return a frame's grey values from 0 to 255, before any inversion.

    Args:
        values: as they are stored.
        header: of the file.
        index: of the frame, from 0 up: files of the enhanced kinds describe each frame on its own.
    """
    modality = _modality(_group(header, index, "PixelValueTransformationSequence"))
    shown = _table_or_window(header, _group(header, index, "FrameVOILUTSequence"))
    if shown is None and modality is None and (bits := _whole_depth(values, header)) is not None:
        return mapped(values, lambda strip: strip * (255 / (2**bits - 1)))
    real = modality or _as_it_is
    if shown is None:
        ends = sorted(real(np.array(extremes(values))).tolist())
        shown = _as_it_is if ends[0] == ends[1] else _linear(*ends)
        if shown is _as_it_is:
            return np.zeros(values.shape, np.uint8)
    whole = shown
    return mapped(values, lambda strip: whole(real(strip)))


def _group(header: "Dataset", index: int, keyword: str) -> "Dataset":
    """Return the functional group of a frame, its own or the shared one; else the header."""
    each = header.get("PerFrameFunctionalGroupsSequence") or ()
    own = each[index : index + 1]
    for group in (*own, *(header.get("SharedFunctionalGroupsSequence") or ())[:1]):
        if found := group.get(keyword):
            item: Dataset = found[0]
            return item
    return header


def _modality(group: "Dataset") -> _Step | None:
    """Return the function from stored values to modality values; `None` if they are the same."""
    if tables := group.get("ModalityLUTSequence"):
        return _table(tables[0])[0]
    slope, intercept = _number(group, "RescaleSlope", 1), _number(group, "RescaleIntercept", 0)
    if (slope, intercept) in ((1, 0), (None, None)) or slope is None or intercept is None:
        return None
    return lambda values: values * slope + intercept


def _table_or_window(header: "Dataset", group: "Dataset") -> _Step | None:
    """Return the function from modality values to grey, by the first valid table or window."""
    if tables := header.get("VOILUTSequence"):
        look_up, bits = _table(tables[0])
        return lambda values: look_up(values) * (255 / (2**bits - 1))
    centre, width = _number(group, "WindowCenter", None), _number(group, "WindowWidth", None)
    if centre is None or width is None:
        return None
    match str(group.get("VOILUTFunction") or "LINEAR").upper():
        case "SIGMOID" if width > 0:
            return lambda values: 255 / (1 + np.exp(-4 * (values - centre) / width))
        case "LINEAR_EXACT" if width > 0:
            return _linear(centre - width / 2, centre + width / 2)
        case "LINEAR" if width >= 1:
            return _linear(centre - 0.5 - (width - 1) / 2, centre - 0.5 + (width - 1) / 2)
    return None


def _linear(low: float, high: float) -> _Step:
    """Return a linear ramp: 0 up to `low`, 255 from `high`; a step if they are equal."""
    if low == high:
        return lambda values: np.where(values > low, 255.0, 0.0)
    return lambda values: (values - low) / (high - low) * 255


def _table(item: "Dataset") -> tuple[_Step, int]:
    """Return a table lookup and the table's bits; values out of range get the nearest entry."""
    length, first, bits = (int(part) for part in item.LUTDescriptor)
    data = np.frombuffer(item.LUTData, "<u2") if isinstance(item.LUTData, bytes) else np.asarray(item.LUTData)
    entries = data[: length or 2**16].astype(np.float64)

    def look_up(values: Floats) -> Floats:
        places = np.clip(np.rint(np.nan_to_num(values)) - first, 0, len(entries) - 1)
        found: Floats = entries[places.astype(np.int64)]
        return found

    return look_up, bits


def _whole_depth(values: NDArray[Any], header: "Dataset") -> int | None:
    """Return the bits of values that are already grey: up to 8, unsigned."""
    if not np.issubdtype(values.dtype, np.unsignedinteger):
        return None
    bits = int(header.BitsStored)
    return bits if bits <= 8 else None


def _number(group: "Dataset", keyword: str, otherwise: float | None) -> float | None:
    """Return the first value of an element, if it is a finite number."""
    value = group.get(keyword)
    if value is None or value == "":
        return otherwise
    first = value[0] if isinstance(value, (list, tuple)) or hasattr(value, "append") else value
    try:
        number = float(first)
    except (TypeError, ValueError):
        return otherwise
    return number if np.isfinite(number) else otherwise


def _as_it_is(values: Floats) -> Floats:
    return values
