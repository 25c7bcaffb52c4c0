"""Unicode's block mosaics: characters that divide a cell into a grid of parts, some of them filled.

Most of them are newer than the Unicode that Python and fonts know: sextants are of Unicode 13, octants of 16.
"""

from collections.abc import Mapping

from msgspec import Struct


class Mosaic(Struct, frozen=True):
    """A character for every pattern of a grid."""

    columns: int
    rows: int
    characters: str
    """By pattern: the parts, row by row from the top left, are its bits from the lowest on; 1 is filled."""

    @property
    def parts(self) -> int:
        """How many parts a cell has."""
        return self.columns * self.rows


def _complete(parts: int, older: Mapping[int, str], first: int) -> str:
    """Return a character for every pattern: an older one, or the next of the block that has the others."""
    others = iter(range(first, first + 2**parts))
    return "".join(older.get(pattern) or chr(next(others)) for pattern in range(2**parts))


_OLDER_THAN_OCTANTS = {
    0b00_00_00_00: " ",
    0b00_00_00_01: "\U0001cea8",
    0b00_00_00_10: "\U0001ceab",
    0b00_00_00_11: "\U0001fb82",
    0b00_00_01_01: "▘",
    0b00_00_10_10: "▝",
    0b00_00_11_11: "▀",
    0b00_01_01_00: "\U0001fbe6",
    0b00_10_10_00: "\U0001fbe7",
    0b00_11_11_11: "\U0001fb85",
    0b01_00_00_00: "\U0001cea3",
    0b01_01_00_00: "▖",
    0b01_01_01_01: "▌",
    0b01_01_10_10: "▞",
    0b01_01_11_11: "▛",
    0b10_00_00_00: "\U0001cea0",
    0b10_10_00_00: "▗",
    0b10_10_01_01: "▚",
    0b10_10_10_10: "▐",
    0b10_10_11_11: "▜",
    0b11_00_00_00: "▂",
    0b11_11_00_00: "▄",
    0b11_11_01_01: "▙",
    0b11_11_10_10: "▟",
    0b11_11_11_00: "▆",
    0b11_11_11_11: "█",
}

HALF = Mosaic(1, 2, " ▀▄█")
SEXTANT = Mosaic(2, 3, _complete(6, {0: " ", 0b01_01_01: "▌", 0b10_10_10: "▐", 0b11_11_11: "█"}, 0x1FB00))
OCTANT = Mosaic(2, 4, _complete(8, _OLDER_THAN_OCTANTS, 0x1CD00))

MOSAICS: Mapping[str, Mosaic] = {"half": HALF, "sextant": SEXTANT, "octant": OCTANT}
"""By the names that they have among the ways to draw pictures."""

CHARACTERS = frozenset(HALF.characters + SEXTANT.characters + OCTANT.characters)
"""All of them. `str.isprintable` is false for those that are newer than Python's Unicode."""
