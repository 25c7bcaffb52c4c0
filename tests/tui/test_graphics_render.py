"""From an image's file to what is drawn: the pixels are those that the model sees."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fada_tui.images.decode import decode
from fada_tui.tui.terminal.graphics.detect import Detected, Graphics
from fada_tui.tui.terminal.graphics.fit import LIMIT, Window
from fada_tui.tui.terminal.graphics.loader import Failed, Loaded, Request
from fada_tui.tui.terminal.graphics.render import render
from tests.tui.loading import Waiter
from tests.tui.pictures import kitty_image, sixel_pixels

CELL = (10, 20)


def corners(path: Path, orientation: int | None = None) -> Path:
    """Write an image that is red at its top left."""
    image = Image.new("RGB", (60, 40), (0, 0, 255))
    image.paste((255, 0, 0), (0, 0, 20, 20))
    exif = Image.Exif()
    if orientation:
        exif[0x0112] = orientation
    image.save(path, exif=exif)
    return path


@pytest.mark.parametrize("graphics", ["kitty", "sixel", "half"])
def test_the_screen_shows_the_pixels_that_the_model_sees(graphics: Graphics, tmp_path: Path) -> None:
    path = corners(tmp_path / "turned.png", orientation=6)
    seen = decode(path)
    assert (seen.width, seen.height) == (40, 60)
    answer = Waiter(Detected(graphics, "")).load(Request(path, 4, 3, CELL))
    assert isinstance(answer, Loaded)
    assert (answer.width, answer.height) == (40, 60)
    rendered = answer.rendered
    assert rendered is not None
    if graphics == "half":
        shown = (
            np.frombuffer(rendered.cells.colours, np.uint8)
            .reshape(3, 4, 2, 3)
            .swapaxes(1, 2)
            .reshape(6, 4, 3)
        )
        expected = np.asarray(seen.pixels.resize((4, 6), Image.Resampling.BOX))
        assert np.abs(shown.astype(int) - expected).max() < 40
    elif graphics == "kitty":
        _, sent = kitty_image(rendered.payload)
        assert sent.tobytes() == seen.pixels.tobytes()
    else:
        drawn = sixel_pixels(rendered.payload)
        assert np.abs(drawn.astype(int) - np.asarray(seen.pixels, int)).max() <= 2


def test_grey_is_sent_as_one_channel(tmp_path: Path) -> None:
    grey = Image.radial_gradient("L").convert("RGB")
    colourful = grey.copy()
    colourful.putpixel((0, 0), (9, 8, 7))
    detected = Detected("kitty", "")
    sent = [kitty_image(render(one, (30, 15), CELL, detected).payload)[1] for one in (grey, colourful)]
    assert [image.mode for image in sent] == ["L", "RGB"]


def test_an_image_is_sent_no_larger_than_it_is() -> None:
    detected = Detected("kitty", "")
    small = render(Image.new("RGB", (30, 20)), (80, 24), CELL, detected)
    assert kitty_image(small.payload)[1].size == (30, 20)
    large = render(Image.new("RGB", (3000, 2000)), (30, 20), CELL, detected)
    assert kitty_image(large.payload)[1].size == (300, 200)


def test_sixel_never_reaches_into_the_line_below() -> None:
    for rows in range(1, 12):
        rendered = render(Image.new("RGB", (40, 400), "white"), (40, rows), CELL, Detected("sixel", ""))
        height = sixel_pixels(rendered.payload).shape[0]
        assert -(-height // 6) * 6 <= rendered.placement.rows * CELL[1]


def test_a_part_is_that_part() -> None:
    image = Image.new("RGB", (100, 100))
    image.paste((255, 255, 255), (50, 50, 100, 100))
    white = render(image, (10, 5), CELL, Detected("half", ""), Window(50, 50, 100, 100))
    black = render(image, (10, 5), CELL, Detected("half", ""), Window(0, 0, 50, 50))
    assert min(white.cells.colours) > 230
    assert max(black.cells.colours) < 25


@pytest.mark.long
@pytest.mark.parametrize("graphics", ["kitty", "sixel"])
def test_a_large_screen_gets_a_picture_within_the_limit(graphics: Graphics) -> None:
    noise = np.random.default_rng(2).integers(0, 256, (400, 600, 3)).astype(np.uint8)
    rendered = render(Image.fromarray(noise), (120, 40), CELL, Detected(graphics, ""))
    assert 0 < len(rendered.payload) <= LIMIT


@pytest.mark.parametrize("room", [(1, 1), (1, 50), (50, 1)])
@pytest.mark.parametrize("graphics", ["kitty", "sixel", "octant", "sextant", "half"])
def test_the_smallest_room_is_room_enough(graphics: Graphics, room: tuple[int, int]) -> None:
    for size in ((1, 1), (3000, 1), (1, 3000)):
        rendered = render(Image.new("RGB", size), room, CELL, Detected(graphics, ""))
        lines = rendered.lines()
        assert len(lines) == rendered.placement.rows <= room[1]
        assert all(line.cell_length == rendered.placement.columns <= room[0] for line in lines)


def test_what_is_wrong_with_an_image_is_said(tmp_path: Path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(corners(tmp_path / "whole.png").read_bytes()[:90])
    strange = tmp_path / "strange.png"
    strange.write_text("\x1b[2J no image", encoding="utf-8")
    huge = tmp_path / "huge.png"
    Image.new("1", (20_000, 20_000)).save(huge)
    hostile = tmp_path / "a\x1b[2Jb.png"
    waiter = Waiter(Detected("half", ""))
    said = {
        path: waiter.load(Request(path, 10, 10, CELL))
        for path in (broken, strange, huge, hostile, tmp_path / "gone.png", tmp_path)
    }
    messages = {path: answer.message for path, answer in said.items() if isinstance(answer, Failed)}
    assert messages.keys() == said.keys()
    assert "damaged or truncated" in messages[broken]
    assert "not a PNG" in messages[strange]
    assert "megapixels" in messages[huge]
    assert "no such file" in messages[tmp_path / "gone.png"]
    assert all(message.isprintable() for message in messages.values())
