"""Pictures of characters: how near they come to the image, and what their lines are made of."""

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from rich.console import Console
from rich.segment import Segment
from textual.color import Color
from textual.strip import Strip

from fada_tui.tui.terminal.block_mosaics import HALF, MOSAICS, OCTANT, SEXTANT, Mosaic
from fada_tui.tui.terminal.graphics.cells import encode, lines
from fada_tui.tui.terminal.graphics.detect import Detected, Graphics
from fada_tui.tui.terminal.graphics.render import render
from fada_tui.tui.terminal.sanitise import Wall

Parts = NDArray[np.float64]

NAMED = pytest.mark.parametrize("mosaic", MOSAICS.values(), ids=list(MOSAICS))
FINE = pytest.mark.parametrize("mosaic", [SEXTANT, OCTANT], ids=["sextant", "octant"])
BESIDE_THE_BEST = 1.03
"""How many times the least error a coloured picture may leave."""


def parts(image: Image.Image, mosaic: Mosaic) -> Parts:
    """The parts of each cell of an image that has one pixel for each: by cell, part and channel."""
    pixels = np.asarray(image.convert("RGB"), float)
    rows, columns = pixels.shape[0] // mosaic.rows, pixels.shape[1] // mosaic.columns
    split = pixels.reshape(rows, mosaic.rows, columns, mosaic.columns, 3)
    return split.transpose(0, 2, 1, 3, 4).reshape(rows * columns, mosaic.parts, 3)


def drawn(strips: list[Strip], mosaic: Mosaic) -> Parts:
    """The parts of each cell, in the colours in which a terminal draws them."""
    cells = []
    for strip in strips:
        for text, style, _ in strip:
            assert style is not None and style.color is not None and style.bgcolor is not None
            for character in text:
                pattern = mosaic.characters.index(character)
                filled = [bool(pattern >> part & 1) for part in range(mosaic.parts)]
                cells.append([(style.color if one else style.bgcolor).triplet for one in filled])
    return np.array(cells, float)


def least_errors(cells: Parts) -> Parts:
    """The least squared error of each cell that any two colours leave: all ways to divide it, tried."""
    count = cells.shape[1]
    inside = np.arange(1, 2**count - 1)[:, None] >> np.arange(count) & 1
    errors = []
    for chosen in inside.astype(bool):
        one, other = cells[:, chosen], cells[:, ~chosen]
        errors.append(sum(((side - side.mean(1, keepdims=True)) ** 2).sum((1, 2)) for side in (one, other)))
    return np.min(errors, axis=0)


def image_of(mosaic: Mosaic, columns: int, rows: int, mode: str, seed: int = 4) -> Image.Image:
    """Noise with one pixel for each part."""
    shape = (rows * mosaic.rows, columns * mosaic.columns, *([3] if mode == "RGB" else []))
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, shape).astype(np.uint8))


@NAMED
def test_no_two_greys_come_nearer_to_a_grey_cell(mosaic: Mosaic) -> None:
    image = image_of(mosaic, 20, 10, "L")
    wanted = parts(image, mosaic)
    errors = ((drawn(lines(encode(image, 20, 10, mosaic)), mosaic) - wanted) ** 2).sum((1, 2))
    # Colours are whole numbers: no part is further off than half of one for that.
    assert (errors <= least_errors(wanted) + mosaic.parts * 3 * 0.25 + 1e-6).all()


@FINE
def test_two_colours_come_near_to_the_best_for_a_coloured_cell(mosaic: Mosaic) -> None:
    image = image_of(mosaic, 40, 20, "RGB")
    wanted = parts(image, mosaic)
    errors = ((drawn(lines(encode(image, 40, 20, mosaic)), mosaic) - wanted) ** 2).sum((1, 2))
    assert errors.mean() <= least_errors(wanted).mean() * BESIDE_THE_BEST


@FINE
@pytest.mark.parametrize(
    "colours", [((0, 0, 0), (255, 255, 255)), ((200, 60, 90), (60, 200, 90)), ((7, 7, 8),) * 2]
)
def test_a_picture_of_two_colours_is_drawn_as_it_is(
    mosaic: Mosaic, colours: tuple[tuple[int, ...], ...]
) -> None:
    """The colours of the second pair have the same mean of their channels."""
    which = np.random.default_rng(2).integers(0, 2, (6 * mosaic.rows, 9 * mosaic.columns))
    image = Image.fromarray(np.array(colours, np.uint8)[which])
    found = drawn(lines(encode(image, 9, 6, mosaic)), mosaic)
    assert (found == parts(image, mosaic)).all()


def test_half_blocks_have_the_pixels_colours() -> None:
    image = Image.new("RGB", (4, 4))
    image.putdata([(x * 60, y * 60, 200) for y in range(4) for x in range(4)])
    strips = lines(encode(image, 4, 2, HALF))
    assert [strip.text for strip in strips] == ["▀▀▀▀"] * 2
    assert (drawn(strips, HALF) == parts(image, HALF)).all()


def test_areas_are_averaged_and_equal_cells_joined() -> None:
    image = Image.new("L", (40, 40))
    image.paste(200, (0, 0, 40, 20))
    image.paste(100, (0, 10, 40, 20))
    (line, black) = lines(encode(image, 10, 2, HALF))
    assert len(list(line)) == len(list(black)) == 1
    assert (drawn([line], HALF)[:, :, 0] == [200, 100]).all()
    for mosaic in (SEXTANT, OCTANT):
        strips = lines(encode(image, 10, 2, mosaic))
        assert strips[1].text == " " * 10 and len(list(strips[1])) == 1


@pytest.mark.parametrize("graphics", list(MOSAICS))
def test_a_picture_takes_a_bounded_number_of_bytes(graphics: Graphics) -> None:
    image = image_of(OCTANT, 90, 30, "RGB")
    rendered = render(image, (60, 22), (10, 20), Detected(graphics, ""))
    console = Console(force_terminal=True, color_system="truecolor")
    written = sum(len(strip.render(console).encode()) for strip in rendered.lines())
    cells = rendered.placement.columns * rendered.placement.rows
    # Two colours of 19 bytes at most, around them 8, and the character.
    assert written <= cells * (2 * 17 + 8 + 4)
    assert rendered.cells.cost <= cells * 10


@pytest.mark.parametrize("graphics", list(MOSAICS))
def test_the_wall_knows_a_picture_s_characters_and_nothing_beside_them(graphics: Graphics) -> None:
    mosaic = MOSAICS[graphics]
    for strip in lines(encode(image_of(mosaic, 30, 8, "L"), 30, 8, mosaic)):
        segments = list(strip)
        assert Wall().apply(segments, Color(0, 0, 0)) is segments
    (walled,) = Wall().apply([Segment(f"{OCTANT.characters[77]}\x1b[2J")], Color(0, 0, 0))
    assert "\x1b" not in walled.text
