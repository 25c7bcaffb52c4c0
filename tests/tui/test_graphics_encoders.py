"""What is written for a picture is read back to its pixels."""

import re
import unicodedata

import numpy as np
import pytest
from PIL import Image

from fada_tui.tui.terminal.graphics import kitty, sixel
from fada_tui.tui.terminal.graphics.fit import LARGEST, LIMIT
from fada_tui.tui.terminal.sanitise import TerminalGraphics
from tests.tui.pictures import kitty_commands, kitty_image, sixel_pixels

PERCENT = 2
"""Sixel's colours are whole percents."""


def stripes(width: int, height: int) -> Image.Image:
    """Few colours, in runs of many lengths."""
    columns = np.arange(width)[None, :] ** 2 // 40 % 6
    rows = np.arange(height)[:, None] // 5 % 4
    pixels = np.stack([columns * 50 + rows * 0, rows * 80 + columns * 0, (columns + rows) * 25], axis=-1)
    return Image.fromarray(pixels.astype(np.uint8))


def noise(width: int, height: int, mode: str = "RGB") -> Image.Image:
    shape = (height, width, 3) if mode == "RGB" else (height, width)
    return Image.fromarray(np.random.default_rng(1).integers(0, 256, shape).astype(np.uint8))


@pytest.mark.parametrize("size", [(1, 1), (1, 6), (7, 5), (40, 6), (61, 47), (1200, 13)])
def test_sixel_draws_the_pixels(size: tuple[int, int]) -> None:
    image = stripes(*size)
    drawn = sixel_pixels(sixel.encode(image))
    assert drawn.shape == (size[1], size[0], 3)
    assert np.abs(drawn.astype(int) - np.asarray(image, int)).max() <= PERCENT


def test_sixel_draws_grey_with_grey_only() -> None:
    image = Image.linear_gradient("L").resize((200, 90))
    drawn = sixel_pixels(sixel.encode(image)).astype(int)
    assert (drawn == drawn[..., :1]).all()
    assert np.abs(drawn[..., 0] - np.asarray(image, int)).max() <= 8


def test_sixel_stays_small_and_still_shows_something() -> None:
    image = noise(500, 400)
    image.paste((255, 255, 255), (0, 0, 250, 200))
    written = sixel.encode(image)
    assert len(written) <= LIMIT
    assert isinstance(written, TerminalGraphics)
    drawn = sixel_pixels(written)
    assert drawn[:190, :240].mean() > 240
    assert drawn[210:, 260:].mean() < 200


@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_kitty_sends_the_pixels(mode: str) -> None:
    image = noise(90, 70, mode)
    keys, sent = kitty_image(kitty.transmit(image, 0xABCDEF, 9, 4))
    assert sent.mode == mode
    assert sent.tobytes() == image.tobytes()
    assert keys["i"] == str(0xABCDEF)
    assert (keys["c"], keys["r"], keys["a"], keys["U"], keys["q"]) == ("9", "4", "T", "1", "2")


def test_kitty_stays_small() -> None:
    image = noise(1200, 1000)
    written = kitty.transmit(image, 1, 120, 50)
    assert len(written) <= LIMIT
    _, sent = kitty_image(written)
    assert abs(sent.width / sent.height - 1.2) < 0.01
    assert sent.width > 300


def test_kitty_inside_tmux_is_wrapped_piece_by_piece() -> None:
    image = noise(100, 100)
    written = kitty.transmit(image, 5, 9, 4, passthrough=True)
    pieces = re.findall(r"\x1bPtmux;((?:[^\x1b]|\x1b\x1b)*)\x1b\\", written)
    assert len(pieces) > 2
    _, sent = kitty_image("".join(piece.replace("\x1b\x1b", "\x1b") for piece in pieces))
    assert sent.tobytes() == image.tobytes()


def test_kitty_takes_a_picture_off() -> None:
    ((keys, data),) = kitty_commands(kitty.delete(77))
    assert keys == {"a": "d", "d": "I", "i": "77", "q": "2"}
    assert not data


def test_kitty_marks_count_cells() -> None:
    assert len(kitty.MARKS) == len(set(kitty.MARKS)) == LARGEST
    assert all(unicodedata.combining(mark) == 230 for mark in kitty.MARKS)
    assert [ord(mark) for mark in kitty.MARKS[:6]] == [0x305, 0x30D, 0x30E, 0x310, 0x312, 0x33D]
    assert ord(kitty.MARKS[-1]) == 0x1D244
    lines = kitty.rows(0x010203, 3, 2)
    cells = [re.findall(f"{kitty.PLACEHOLDER}(.)(.)", line) for line in lines]
    marks = kitty.MARKS
    assert cells == [[(marks[row], marks[column]) for column in range(3)] for row in range(2)]
    assert all(line.startswith("\x1b[38;2;1;2;3m") for line in lines)
