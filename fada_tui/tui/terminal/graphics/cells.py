"""Pictures of coloured characters: each cell shows a pattern in two colours, the best two for it.

Of all ways to divide a cell's parts in two, the one is drawn whose two mean colours leave the least squared
error. Ordered by brightness, a grey cell's best way is a cut; a coloured one's parts are ordered along their
main axis, which comes close.

Imports numpy and Pillow in its functions: only the thread that encodes calls them.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from fada_tui.tui.terminal.block_mosaics import HALF, Mosaic

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL import Image

_AXIS_STEPS = 2
"""Multiplications by the covariance, after which a main axis is good enough to order parts by it."""


class Cells(Struct, frozen=True):
    """A picture as characters."""

    columns: int
    characters: str
    """Of all cells, row by row."""
    colours: bytes
    """Of all cells, six bytes each: foreground and background."""

    @property
    def cost(self) -> int:
        """About how many bytes it takes in memory."""
        return len(self.characters) * 4 + len(self.colours)


def encode(pixels: Image.Image, columns: int, rows: int, mosaic: Mosaic) -> Cells:
    """Return a picture (mode L or RGB) as characters of a mosaic, stretched to these cells."""
    import numpy as np

    patterns, colours = _divided(_parts(pixels, columns, rows, mosaic))
    # The first part is always foreground, so that a terminal has half as many shapes to draw.
    swapped = (patterns & 1) == 0
    patterns = np.where(swapped, 2**mosaic.parts - 1 - patterns, patterns)
    colours = np.where(swapped[:, None, None], colours[:, ::-1], colours)
    if mosaic is not HALF:  # which is always the upper one, whatever its colours
        patterns[(colours[:, 0] == colours[:, 1]).all(axis=1)] = 0
    characters = "".join(map(mosaic.characters.__getitem__, patterns.tolist()))
    return Cells(columns, characters, colours.tobytes())


def lines(cells: Cells) -> list[Strip]:
    """Return the lines of a picture."""
    columns = cells.columns
    return [
        _line(cells.characters[at : at + columns], cells.colours[at * 6 : (at + columns) * 6])
        for at in range(0, len(cells.characters), columns)
    ]


def _parts(pixels: Image.Image, columns: int, rows: int, mosaic: Mosaic) -> NDArray[Any]:
    """Return the colours of each cell's parts: by cell, part and channel."""
    import numpy as np
    from PIL import Image

    size = (columns * mosaic.columns, rows * mosaic.rows)
    shrinks = pixels.width >= size[0] and pixels.height >= size[1]
    # Box takes the average of an area, which is what a large pixel shows best.
    how = Image.Resampling.BOX if shrinks else Image.Resampling.BICUBIC
    drawn = np.asarray(pixels.resize(size, how, reducing_gap=3.0))
    split = drawn.reshape(rows, mosaic.rows, columns, mosaic.columns, -1)
    return split.transpose(0, 2, 1, 3, 4).reshape(rows * columns, mosaic.parts, -1).astype(np.float32)


def _divided(parts: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Divide the parts of each cell in two.

    Args:
        parts: by cell, part and channel.

    Returns:
        The pattern of those on one side of each cell; their mean colour and that of the others, three bytes
        each.
    """
    import numpy as np

    count = parts.shape[1]
    order = _along_main_axis(parts).argsort(axis=1)
    sums = np.take_along_axis(parts, order[..., None], axis=1).cumsum(axis=1)
    below, total = sums[:, :-1], sums[:, -1:]
    numbers = np.arange(1, count, dtype=np.float32)
    # What two means explain of the squares, which is the most where the error that they leave is the least.
    explained = (below**2).sum(axis=2) / numbers + ((total - below) ** 2).sum(axis=2) / (count - numbers)
    cut = explained.argmax(axis=1)[:, None]
    low = np.take_along_axis(below, cut[..., None], axis=1)[:, 0]
    high = (total[:, 0] - low) / (count - 1 - cut)
    colours = np.rint(np.stack([high, low / (cut + 1)], axis=1)).astype(np.uint8)
    patterns = np.where(np.arange(count) > cut, 1 << order, 0).sum(axis=1)
    return patterns, np.broadcast_to(colours, (len(parts), 2, 3))


def _along_main_axis(parts: NDArray[Any]) -> NDArray[Any]:
    """Return where each part lies on the line along which its cell's colours differ most."""
    import numpy as np

    if parts.shape[2] == 1:
        return parts[..., 0]
    apart = parts - parts.mean(axis=1, keepdims=True)
    spread = apart.transpose(0, 2, 1) @ apart
    widest = spread.diagonal(axis1=1, axis2=2).argmax(axis=1)
    axis = np.take_along_axis(spread, widest[:, None, None], axis=2)
    for _ in range(_AXIS_STEPS):
        axis = spread @ (axis / (np.abs(axis).max(axis=1, keepdims=True) + 1e-6))
    along: NDArray[Any] = (apart @ axis)[..., 0]
    return along


def _line(characters: str, colours: bytes) -> Strip:
    """Return one line, its cells of the same colours together."""
    segments: list[Segment] = []
    begun, before = 0, colours[:6]
    for at in range(1, len(characters) + 1):
        after = colours[at * 6 : at * 6 + 6]
        if after != before:
            segments.append(Segment(characters[begun:at], _style(before)))
            begun, before = at, after
    return Strip(segments, len(characters))


@lru_cache(8192)
def _style(colours: bytes) -> Style:
    return Style(color=Color.from_rgb(*colours[:3]), bgcolor=Color.from_rgb(*colours[3:]))
