"""Half blocks: two pixels in a cell, the upper as its foreground and the lower as its background.

Imports Pillow in its function: only the thread that encodes calls it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

if TYPE_CHECKING:
    from PIL import Image

UPPER = "▀"


def rows(pixels: Image.Image, columns: int, rows: int) -> list[Strip]:
    """Return a picture (mode L or RGB) as lines of half blocks, stretched to these cells."""
    return lines(averaged(pixels, columns, rows), columns)


def averaged(pixels: Image.Image, columns: int, rows: int) -> bytes:
    """Return the colours of the half blocks, row by row, three bytes each."""
    from PIL import Image

    size = (columns, rows * 2)
    shrinks = pixels.width >= size[0] and pixels.height >= size[1]
    # Box takes the average of an area, which is what a large pixel shows best.
    how = Image.Resampling.BOX if shrinks else Image.Resampling.BICUBIC
    return pixels.resize(size, how, reducing_gap=3.0).convert("RGB").tobytes()


def lines(colours: bytes, columns: int) -> list[Strip]:
    """Return lines of half blocks of these colours."""
    width = columns * 3
    halves = [colours[at : at + width] for at in range(0, len(colours), width)]
    return [_row(upper, lower) for upper, lower in zip(halves[::2], halves[1::2], strict=True)]


def _row(upper: bytes, lower: bytes) -> Strip:
    """Return one line, its cells of the same colours together."""
    segments: list[Segment] = []
    before, run = b"", 0
    for at in range(0, len(upper), 3):
        colours = upper[at : at + 3] + lower[at : at + 3]
        if colours != before and run:
            segments.append(Segment(UPPER * run, _style(before)))
            run = 0
        before = colours
        run += 1
    segments.append(Segment(UPPER * run, _style(before)))
    return Strip(segments, len(upper) // 3)


@lru_cache(8192)
def _style(colours: bytes) -> Style:
    return Style(color=Color.from_rgb(*colours[:3]), bgcolor=Color.from_rgb(*colours[3:]))
