"""A picture as one terminal draws it: scaled, and encoded.

What needs numpy or Pillow imports it when it is called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from textual.strip import Strip

from fada_tui.tui.terminal.block_mosaics import HALF, MOSAICS
from fada_tui.tui.terminal.graphics import cells
from fada_tui.tui.terminal.graphics.cells import Cells
from fada_tui.tui.terminal.graphics.detect import Detected
from fada_tui.tui.terminal.graphics.fit import BLACK, Colour, Placement, Window, fit
from fada_tui.tui.terminal.graphics.shelf import SHELF
from fada_tui.tui.terminal.sanitise import TerminalGraphics

if TYPE_CHECKING:
    from PIL import Image

_NEAREST_FROM = 8
"""Pixels of the screen for one of the image, from where on its pixels are shown as squares."""

_NOTHING = TerminalGraphics("")


class Rendered(Struct, frozen=True, kw_only=True):
    """A picture, ready to be drawn."""

    placement: Placement
    cells: Cells
    """As characters: all there is of it, or what stands for it where the terminal's own can't be written."""
    number: int = 0
    """By which a kitty terminal knows it."""
    payload: TerminalGraphics = _NOTHING
    """What draws it (sixel, kitty without placeholders) or sends it (kitty)."""
    placeholders: tuple[TerminalGraphics, ...] = ()
    """What draws each line of it, once it was sent (kitty)."""
    removal: TerminalGraphics = _NOTHING
    """What takes it off the terminal (kitty)."""

    @property
    def cost(self) -> int:
        """About how many bytes it takes in memory."""
        return 1000 + self.cells.cost + len(self.payload) + sum(map(len, self.placeholders)) * 4

    def lines(self) -> list[Strip]:
        """Return the picture as lines of characters."""
        return cells.lines(self.cells)


def render(
    pixels: Image.Image,
    room: tuple[int, int],
    cell: tuple[int, int],
    detected: Detected,
    window: Window | None = None,
    background: Colour = BLACK,
) -> Rendered:
    """Scale and encode a picture.

    Args:
        pixels: the image, mode RGB.
        room: columns and rows that it may take.
        cell: width and height of a cell in pixels.
        detected: how this terminal draws pictures.
        window: the part of it to show; all of it by default.
        background: what surrounds it in its last cells: terminals give those that a picture covers in part a
            colour of their own.
    """
    seen = window or Window(0, 0, pixels.width, pixels.height)
    placement = fit(seen.width, seen.height, *room, cell)
    size = _size(detected, placement, seen, cell)
    scaled = _grey(_scaled(pixels, seen, size, as_cells=detected.graphics in MOSAICS))
    mosaic = MOSAICS.get(detected.graphics, HALF)
    drawn = cells.encode(scaled, placement.columns, placement.rows, mosaic)
    if detected.graphics == "kitty" and detected.placed:
        return _placed(_padded(scaled, placement, cell, background), placement, drawn)
    if detected.graphics == "kitty":
        return _kitty(scaled, placement, drawn, detected.passthrough)
    if detected.graphics == "sixel":
        from fada_tui.tui.terminal.graphics import sixel

        whole = (placement.columns * cell[0], _sixel_height(detected, placement.rows * cell[1]))
        return Rendered(placement=placement, cells=drawn, payload=sixel.encode(scaled, whole, background))
    return Rendered(placement=placement, cells=drawn)


def _kitty(scaled: Image.Image, placement: Placement, drawn: Cells, passthrough: bool) -> Rendered:
    from fada_tui.tui.terminal.graphics import kitty

    number = SHELF.number()
    columns, rows = placement.columns, placement.rows
    return Rendered(
        placement=placement,
        cells=drawn,
        number=number,
        payload=kitty.transmit(scaled, number, columns, rows, passthrough),
        placeholders=tuple(kitty.rows(number, columns, rows)),
        removal=kitty.delete(number, passthrough),
    )


def _placed(whole: Image.Image, placement: Placement, drawn: Cells) -> Rendered:
    from fada_tui.tui.terminal.graphics import kitty

    number = SHELF.number()
    return Rendered(
        placement=placement,
        cells=drawn,
        number=number,
        payload=kitty.place(whole, number, placement.columns, placement.rows),
        removal=kitty.delete(number),
    )


def _padded(
    pixels: Image.Image, placement: Placement, cell: tuple[int, int], background: Colour
) -> Image.Image:
    """Return a picture at the top left of all its cells."""
    from PIL import Image

    size = (placement.columns * cell[0], placement.rows * cell[1])
    if size == pixels.size:
        return pixels
    whole = Image.new("RGB", size, background)
    whole.paste(pixels)
    return _grey(whole)


def _sixel_height(detected: Detected, height: int) -> int:
    """Return how many pixels of so many may be drawn.

    A band more than the cells have could reach into the next line, and scroll the last one.
    """
    return height if detected.any_height else height // 6 * 6 or height


def _size(detected: Detected, placement: Placement, seen: Window, cell: tuple[int, int]) -> tuple[int, int]:
    """Return how many pixels to encode."""
    if detected.graphics == "sixel":
        height = min(placement.height, _sixel_height(detected, placement.rows * cell[1]))
        return max(1, round(placement.width * height / placement.height)), height
    if detected.graphics == "kitty" and detected.placed:  # it is stretched over its cells
        return placement.width, placement.height
    if detected.graphics == "kitty":  # the terminal enlarges it
        width, height = round(seen.width), round(seen.height)
        return min(placement.width, max(1, width)), min(placement.height, max(1, height))
    mosaic = MOSAICS.get(detected.graphics, HALF)
    # Twice as many as there are parts, so that the average is taken over whole pixels.
    return placement.columns * mosaic.columns * 2, placement.rows * mosaic.rows * 2


def _scaled(pixels: Image.Image, seen: Window, size: tuple[int, int], *, as_cells: bool) -> Image.Image:
    from PIL import Image

    box = (seen.left, seen.top, seen.right, seen.bottom)
    squares = size[0] >= seen.width * _NEAREST_FROM
    # What is averaged once more comes nearest without Lanczos' overshoot, and in half the time.
    smooth = Image.Resampling.HAMMING if as_cells else Image.Resampling.LANCZOS
    how = Image.Resampling.NEAREST if squares else smooth
    return pixels.resize(size, how, box=box, reducing_gap=None if squares else 3.0)


def _grey(pixels: Image.Image) -> Image.Image:
    """Return a picture without colours as one channel."""
    red, green, blue = (channel.tobytes() for channel in pixels.split())
    return pixels.getchannel(0) if red == green == blue else pixels
