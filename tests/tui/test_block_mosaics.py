"""The characters of each pattern, held against Unicode's own names of them."""

import re

import pytest
from rich.cells import cell_len
from wcwidth import wcwidth

from fada_tui.tui.terminal.block_mosaics import CHARACTERS, HALF, MOSAICS, OCTANT, SEXTANT, Mosaic

WHOLE_HALVES = {
    "SPACE": "00 00 00 00 00 00",
    "FULL BLOCK": "11 11 11 11 11 11",
    "LEFT HALF BLOCK": "10 10 10 10 10 10",
    "RIGHT HALF BLOCK": "01 01 01 01 01 01",
    "UPPER HALF BLOCK": "11 11 11 00 00 00",
    "LOWER HALF BLOCK": "00 00 00 11 11 11",
}
"""Names that several mosaics share, in sixths of the height."""

OLDER_OCTANTS = {
    "LEFT HALF UPPER ONE QUARTER BLOCK": "10 00 00 00",
    "RIGHT HALF UPPER ONE QUARTER BLOCK": "01 00 00 00",
    "UPPER ONE QUARTER BLOCK": "11 00 00 00",
    "QUADRANT UPPER LEFT": "10 10 00 00",
    "QUADRANT UPPER RIGHT": "01 01 00 00",
    "MIDDLE LEFT ONE QUARTER BLOCK": "00 10 10 00",
    "MIDDLE RIGHT ONE QUARTER BLOCK": "00 01 01 00",
    "UPPER THREE QUARTERS BLOCK": "11 11 11 00",
    "LEFT HALF LOWER ONE QUARTER BLOCK": "00 00 00 10",
    "RIGHT HALF LOWER ONE QUARTER BLOCK": "00 00 00 01",
    "LOWER ONE QUARTER BLOCK": "00 00 00 11",
    "LOWER THREE QUARTERS BLOCK": "00 11 11 11",
    "QUADRANT LOWER LEFT": "00 00 10 10",
    "QUADRANT LOWER RIGHT": "00 00 01 01",
    "QUADRANT UPPER LEFT AND LOWER RIGHT": "10 10 01 01",
    "QUADRANT UPPER RIGHT AND LOWER LEFT": "01 01 10 10",
    "QUADRANT UPPER LEFT AND LOWER LEFT AND LOWER RIGHT": "10 10 11 11",
    "QUADRANT UPPER LEFT AND UPPER RIGHT AND LOWER LEFT": "11 11 10 10",
    "QUADRANT UPPER LEFT AND UPPER RIGHT AND LOWER RIGHT": "11 11 01 01",
    "QUADRANT UPPER RIGHT AND LOWER LEFT AND LOWER RIGHT": "01 01 11 11",
}


def named(name: str, mosaic: Mosaic) -> int:
    """The pattern that a name describes."""
    if match := re.fullmatch(r"BLOCK (?:SEXTANT|OCTANT)-([1-8]+)", name):
        return sum(1 << int(digit) - 1 for digit in match[1])
    rows = OLDER_OCTANTS[name].split() if name in OLDER_OCTANTS else WHOLE_HALVES[name].split()
    kept = [rows[row * len(rows) // mosaic.rows] for row in range(mosaic.rows)]
    return sum(
        1 << part for part, bit in enumerate("".join(row[-mosaic.columns :] for row in kept)) if bit == "1"
    )


@pytest.mark.parametrize("mosaic", MOSAICS.values(), ids=list(MOSAICS))
def test_each_pattern_has_the_character_that_is_named_after_it(mosaic: Mosaic) -> None:
    names = pytest.importorskip("unicodedata2", reason="Python's own names end before octants")
    found = [named(names.name(character), mosaic) for character in mosaic.characters]
    assert found == list(range(2**mosaic.parts))


@pytest.mark.parametrize("mosaic", MOSAICS.values(), ids=list(MOSAICS))
def test_no_two_patterns_share_a_character(mosaic: Mosaic) -> None:
    assert len(set(mosaic.characters)) == len(mosaic.characters) == 2**mosaic.parts


def test_where_the_blocks_of_unicode_begin_and_end() -> None:
    assert (HALF.characters, SEXTANT.characters[0b101010]) == (" ▀▄█", "▐")
    assert [ord(SEXTANT.characters[pattern]) for pattern in (1, 2, 0b111110)] == [0x1FB00, 0x1FB01, 0x1FB3B]
    assert [ord(OCTANT.characters[pattern]) for pattern in (0b100, 0b110, 0xFE)] == [
        0x1CD00,
        0x1CD01,
        0x1CDE5,
    ]


def test_every_character_is_one_cell_wide_to_whoever_counts_them() -> None:
    assert {cell_len(character) for character in CHARACTERS} == {1}
    assert {wcwidth(character) for character in CHARACTERS} == {1}
