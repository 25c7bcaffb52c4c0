"""Sixel: pictures as text, in bands six pixels high, one layer for each colour of a band.

Imports numpy and Pillow: only the thread that encodes imports it.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fada_tui.tui.terminal.graphics.fit import BLACK, LIMIT, Colour
from fada_tui.tui.terminal.sanitise import TerminalGraphics

BAND = 6
"""Pixels in a character."""

_LADDER = ((64, 1), (32, 1), (16, 1), (64, 2), (32, 2), (16, 2), (16, 3), (8, 4), (4, 6), (2, 8))
"""Colours, and pixels that become one, from good to small. Sixel knows 101 shades of grey."""

_BANDS_AT_A_TIME = 16
_POWERS = np.array((10, 100, 1000, 10000))
_NOTHING, _REPEAT, _COLOUR, _BACK, _DOWN = b"?!#$-"

_Bytes = NDArray[np.uint8]
_Numbers = NDArray[np.int64]


def encode(
    pixels: Image.Image, size: tuple[int, int] | None = None, background: Colour = BLACK
) -> TerminalGraphics:
    """Return the sequence that draws a picture at the cursor, of at most `LIMIT` bytes.

    Args:
        pixels: the picture, mode L or RGB.
        size: width and height of all that is drawn, the picture at its top left; the picture's by default.
        background: the colour of the rest.
    """
    for colours, coarse in _LADDER:
        drawn = _encode(pixels, size or pixels.size, background, colours, coarse)
        if drawn is not None:
            break
    return TerminalGraphics(drawn or "")


def _encode(
    pixels: Image.Image, size: tuple[int, int], background: Colour, colours: int, coarse: int
) -> str | None:
    """Return the sequence, or None as soon as it is too long."""
    if coarse > 1:
        small = (max(1, pixels.width // coarse), max(1, pixels.height // coarse))
        pixels = pixels.resize(small, Image.Resampling.BOX).resize(pixels.size, Image.Resampling.NEAREST)
    limited = pixels.quantize(colours, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    palette = np.asarray([*(limited.getpalette("RGB") or []), *background], np.int64).reshape(-1, 3)
    indices = np.asarray(limited)
    width, height = size
    percent = (palette * 100 + 127) // 255
    registers = "".join(f"#{number};2;{r};{g};{b}" for number, (r, g, b) in enumerate(percent.tolist()))
    begin, end = f'\x1bP0;1;0q"1;1;{width};{height}{registers}', "\x1b\\"
    room = LIMIT - len(begin) - len(end)
    none = len(palette)  # one colour more, for the pixels that the last band lacks
    padded = np.full((-(-height // BAND) * BAND, width), none, np.intp)
    padded[:height] = none - 1
    padded[: len(indices), : pixels.width] = indices
    bands = padded.reshape(-1, BAND, width)
    parts: list[bytes] = []
    for first in range(0, len(bands), _BANDS_AT_A_TIME):
        parts.append(_bands(bands[first : first + _BANDS_AT_A_TIME], none))
        room -= len(parts[-1])
        if room < 0:
            return None
    return begin + b"".join(parts).decode("ascii")[:-1] + end


def _bands(bands: NDArray[np.intp], colours: int) -> bytes:
    """Return the text of some bands, of shape (bands, 6, width), given as numbers of colours."""
    count, _, width = bands.shape
    layers = np.zeros((count, colours + 1, width), np.uint8)
    band, column = np.arange(count)[:, None], np.arange(width)[None, :]
    for row in range(BAND):
        layers[band, bands[:, row], column] |= 1 << row
    layers = layers[:, :colours]
    used = layers.any(axis=2)
    in_band, colour = np.nonzero(used)
    is_last = np.append(in_band[1:] != in_band[:-1], True)
    return _lines(layers[used], colour, np.where(is_last, _DOWN, _BACK))


def _lines(lines: _Bytes, colour: _Numbers, ends: _Numbers) -> bytes:
    """Return lines of sixels, run-length encoded, each with its colour before and its end behind it."""
    line, column, length = _runs(lines)
    value = lines[line, column]
    kept = (value > 0) | (column + length < lines.shape[1])  # nothing need be drawn up to the edge
    line, length, char = line[kept], length[kept], value[kept] + _NOTHING
    size = np.where(length < 4, length, 2 + _digits(length))
    head = 1 + _digits(colour)
    of_runs = np.bincount(line, size, len(lines)).astype(np.int64)
    total = head + of_runs + 1
    begin = np.cumsum(total) - total
    text = np.empty(int(total.sum()), np.uint8)
    text[begin] = _COLOUR
    _write(text, begin + 1, colour)
    text[begin + total - 1] = ends
    before = np.cumsum(size) - size - (np.cumsum(of_runs) - of_runs)[line]
    at = (begin + head)[line] + before
    for repeat in range(3):
        few = (length > repeat) & (length < 4)
        text[at[few] + repeat] = char[few]
    many = length >= 4
    text[at[many]] = _REPEAT
    _write(text, at[many] + 1, length[many])
    text[(at + size)[many] - 1] = char[many]
    return text.tobytes()


def _runs(lines: _Bytes) -> tuple[_Numbers, _Numbers, _Numbers]:
    """Return the line, first column and length of each run of equal values."""
    width = lines.shape[1]
    begins = np.ones(lines.shape, bool)
    np.not_equal(lines[:, 1:], lines[:, :-1], out=begins[:, 1:])
    at = np.flatnonzero(begins)
    return at // width, at % width, np.diff(at, append=lines.size)


def _digits(numbers: _Numbers) -> _Numbers:
    return 1 + np.searchsorted(_POWERS, numbers, side="right")


def _write(text: _Bytes, at: _Numbers, numbers: _Numbers) -> None:
    """Write numbers in decimal, each from its place on."""
    digits = _digits(numbers)
    for place in range(int(digits.max(initial=0))):
        has = digits > place
        text[(at + digits)[has] - 1 - place] = numbers[has] // 10**place % 10 + ord("0")
