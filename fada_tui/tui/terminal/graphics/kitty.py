"""Kitty's graphics protocol, by Unicode placeholders: a picture is sent once, and then drawn by text.

The text's colour is the picture's number; marks above each of its characters count row and column. So a
picture is moved, covered and overwritten as text is.

Terminals that know no placeholders place it at the cursor. It lies above the text then, also above what is
written later, until it is taken off: there are planes below the text, but kitty 0.26 without a GPU draws the
backgrounds of text above them as if they were glass. It is sent whenever it is placed, since a removal frees
all pictures that are not.
"""

from __future__ import annotations

from base64 import b64encode
from io import BytesIO
from itertools import chain
from typing import TYPE_CHECKING

from fada_tui.tui.terminal.graphics.fit import LIMIT
from fada_tui.tui.terminal.sanitise import TerminalGraphics

if TYPE_CHECKING:
    from PIL import Image

PLACEHOLDER = "\U0010eeee"

CHUNK = 4096
"""Characters of data in one sequence."""

_SHRINK = 0.95

_RANGES = (
    "305 30d-30e 310 312 33d-33f 346 34a-34c 350-352 357 35b 363-36f 483-487 592-595 597-599 59c-5a1 "
    "5a8-5a9 5ab-5ac 5af 5c4 610-617 657-65b 65d-65e 6d6-6dc 6df-6e2 6e4 6e7-6e8 6eb-6ec 730 732-733 "
    "735-736 73a 73d 73f-741 743 745 747 749-74a 7eb-7f1 7f3 816-819 81b-823 825-827 829-82d 951 "
    "953-954 f82-f83 f86-f87 135d-135f 17dd 193a 1a17 1a75-1a7c 1b6b 1b6d-1b73 1cd0-1cd2 1cda-1cdb 1ce0 "
    "1dc0-1dc1 1dc3-1dc9 1dcb-1dcc 1dd1-1de6 1dfe 20d0-20d1 20d4-20d7 20db-20dc 20e1 20e7 20e9 20f0 "
    "2cef-2cf1 2de0-2dff a66f a67c-a67d a6f0-a6f1 a8e0-a8f1 aab0 aab2-aab3 aab7-aab8 aabe-aabf aac1 "
    "fe20-fe26 10a0f 10a38 1d185-1d189 1d1aa-1d1ad 1d242-1d244"
)


def _code_points(text: str) -> range:
    first, _, last = text.partition("-")
    return range(int(first, 16), int(last or first, 16) + 1)


MARKS = "".join(map(chr, chain.from_iterable(map(_code_points, _RANGES.split()))))
"""The combining characters that count, from 0: Unicode 6's of class 230 that nothing composes with."""


def transmit(
    pixels: Image.Image, number: int, columns: int, rows: int, passthrough: bool = False
) -> TerminalGraphics:
    """Return what sends a picture (mode L or RGB) to be drawn by text, of at most `LIMIT` bytes.

    Args:
        pixels: the picture, no larger than it is drawn.
        number: of at most three bytes.
        columns: that it will take; with rows the terminal keeps its ratio within them.
        rows: that it will take.
        passthrough: whether to wrap it for tmux.
    """
    return _sent(pixels, f"a=T,U=1,q=2,f=100,t=d,i={number},c={columns},r={rows},", passthrough)


def place(pixels: Image.Image, number: int, columns: int, rows: int) -> TerminalGraphics:
    """Return what sends a picture (mode L or RGB) and stretches it over these cells from the cursor on."""
    return _sent(pixels, f"a=T,C=1,q=2,f=100,t=d,i={number},c={columns},r={rows},", passthrough=False)


def _sent(pixels: Image.Image, keys: str, passthrough: bool) -> TerminalGraphics:
    text = _text(pixels, keys, passthrough)
    while len(text) > LIMIT:
        scale = (LIMIT / len(text)) ** 0.5 * _SHRINK
        size = (max(1, int(pixels.width * scale)), max(1, int(pixels.height * scale)))
        text = _text(pixels.resize(size, reducing_gap=2.0), keys, passthrough)
    return TerminalGraphics(text)


def _text(pixels: Image.Image, keys: str, passthrough: bool) -> str:
    file = BytesIO()
    pixels.save(file, "PNG", compress_level=6)
    data = b64encode(file.getvalue()).decode("ascii")
    chunks = [data[at : at + CHUNK] for at in range(0, len(data), CHUNK)]
    parts = []
    for index, chunk in enumerate(chunks, 1):
        parts.append(_wrapped(f"\x1b_G{keys}m={int(index < len(chunks))};{chunk}\x1b\\", passthrough))
        keys = "q=2,"
    return "".join(parts)


def rows(number: int, columns: int, rows: int) -> list[TerminalGraphics]:
    """Return the lines of text that draw a picture that was sent."""
    colour = f"\x1b[38;2;{number >> 16 & 255};{number >> 8 & 255};{number & 255}m"
    # Row and column in each cell, so that any part of a line draws the same part of the picture.
    return [
        TerminalGraphics(
            colour + "".join(f"{PLACEHOLDER}{MARKS[row]}{mark}" for mark in MARKS[:columns]) + "\x1b[39m"
        )
        for row in range(rows)
    ]


def delete(number: int, passthrough: bool = False) -> TerminalGraphics:
    """Return what takes a picture off the terminal and frees its memory."""
    return TerminalGraphics(_wrapped(f"\x1b_Ga=d,d=I,i={number},q=2;\x1b\\", passthrough))


def _wrapped(sequence: str, passthrough: bool) -> str:
    return f"\x1bPtmux;{sequence.replace(chr(27), chr(27) * 2)}\x1b\\" if passthrough else sequence
