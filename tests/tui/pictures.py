"""Reads back what was written for a terminal: sixel and kitty pictures as pixels."""

import re
from base64 import b64decode
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]

_TOKEN = re.compile(r"#(\d+);2;(\d+);(\d+);(\d+)|#(\d+)|!(\d+)([?-~])|([?-~])|([$-])")
_KITTY = re.compile(r"\x1b_G([^;\x1b]*);?([^\x1b]*)\x1b\\")


def sixel_pixels(text: str) -> Pixels:
    """Return the pixels of one sixel picture; fails if a pixel is not drawn or something is not sixel."""
    match = re.fullmatch(r'\x1bP0;1;0q"1;1;(\d+);(\d+)(.*)\x1b\\', text, re.DOTALL)
    assert match, f"not sixel: {text[:80]!r}"
    width, height = int(match[1]), int(match[2])
    canvas = np.full((-(-height // 6) * 6, width, 3), -1, np.int64)
    palette: dict[int, tuple[int, ...]] = {}
    colour: tuple[int, ...] = ()
    data = match[3]
    x = y = at = 0
    while at < len(data):
        token = _TOKEN.match(data, at)
        assert token, f"not sixel: {data[at : at + 20]!r}"
        at = token.end()
        if token[1]:
            palette[int(token[1])] = tuple(round(int(percent) * 255 / 100) for percent in token.groups()[1:4])
        elif token[5]:
            colour = palette[int(token[5])]
        elif token[9]:
            x, y = 0, y + 6 * (token[9] == "-")
        else:
            count, bits = int(token[6] or 1), ord(token[7] or token[8]) - 63
            for row in range(6):
                if bits >> row & 1:
                    canvas[y + row, x : x + count] = colour
            x += count
            assert x <= width
    assert (canvas[:height] >= 0).all(), "some pixels are not drawn"
    assert (canvas[height:] < 0).all(), "some pixels are drawn below the picture"
    return canvas[:height].astype(np.uint8)


def kitty_commands(text: str) -> list[tuple[dict[str, str], str]]:
    """Return kitty's graphics commands: their keys and their data."""
    return [
        (dict(part.split("=", 1) for part in keys.split(",")), data) for keys, data in _KITTY.findall(text)
    ]


def kitty_image(text: str) -> tuple[dict[str, str], Image.Image]:
    """Return the keys of a picture that is sent in one or more pieces, and the picture."""
    commands = kitty_commands(text)
    assert "".join(match[0] for match in _KITTY.finditer(text)) == text, (
        "something else is between the pieces"
    )
    assert [keys["m"] for keys, _ in commands] == ["1"] * (len(commands) - 1) + ["0"]
    assert all(len(data) <= 4096 for _, data in commands)
    assert all(len(data) % 4 == 0 for _, data in commands)
    image = Image.open(BytesIO(b64decode("".join(data for _, data in commands))))
    return commands[0][0], image
