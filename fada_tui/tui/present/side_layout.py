"""How the picture and the answers of several models share a terminal: pure."""

from math import ceil
from typing import NamedTuple

COLUMN = 32
"""Cells that a column needs so that the verdicts beneath its answer fit."""

ROOMY = 40
"""Cells of a column where there are plenty."""

ALONE = 34
"""Cells of the only column in sight."""

ANSWER_ROWS = 9
"""Rows that answers need beneath the picture: border, some lines of the answer, figures, verdicts."""

PICTURE = 38
"""Cells of a picture in which something is seen, beside two columns."""

WORTH_IT = 1.25
"""How much wider a picture must be above answers than beside them: answers are read better beside it."""

CELLS_PER_ROW = 8 / 3
"""How many cells a picture is wide for each row: most are 4 to 3, and a cell is twice as high as wide."""


class Layout(NamedTuple):
    """Where the picture is, how large, and how many answers are seen beside or beneath it."""

    beside: bool
    """Else it is above the answers."""
    picture: int
    """Cells of its width beside them, or rows of its height above."""
    columns: int


def layout(width: int, height: int, answers: int) -> Layout:
    """Return the layout in which the picture is largest while answers can be read and compared.

    Args:
        width: cells that both have.
        height: rows that both have.
        answers: columns that there are to show.
    """
    beside = _beside(width, height, max(answers, 1))
    rows = max(height - ANSWER_ROWS, 0)
    if min(rows * CELLS_PER_ROW, width) > WORTH_IT * min(beside.picture, height * CELLS_PER_ROW):
        return Layout(False, min(rows, ceil(width / CELLS_PER_ROW)), max(min(answers, width // COLUMN), 1))
    return beside


def _beside(width: int, height: int, answers: int) -> Layout:
    least = min(answers, 2) if width >= 2 * COLUMN + PICTURE else 1
    largest = ceil(height * CELLS_PER_ROW)
    column = min(max(ALONE if least == 1 else COLUMN, width // 4), ROOMY)
    picture = min(largest, width - least * column)
    if answers > least > 1:
        picture = min(picture, width // 2)
    return Layout(True, picture, max(min(answers, (width - picture) // COLUMN), 1))
