"""Where the panes of the main screen stand: their sizes in cells, by the terminal's, as arithmetic alone."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

from msgspec import Struct

Arrangement = Literal["running", "judging"]
"""Of the main screen: for running models, or for judging their answers."""

Pane = Literal["models", "images", "answer"]
"""A pane that can have the focus."""

ROOMY = (100, 24)
"""Cells of a terminal from which the panes of running stand side by side; below, they are tabs."""

WIDE = 150
"""Cells from which the lists have room for columns."""

LOW = 20
"""Lines of a terminal below which panes have no borders in judging."""

ASPECT = 8 / 3
"""Columns for each row of a picture that is 4 wide and 3 high, where cells are twice as high as wide."""

ANSWER_SHARE = 0.42
"""Of the width: what the answer takes beside the picture at least."""

NARROWEST = 36
"""Columns of an answer that can still be read with ease."""

COLUMNS, ROWS = 4, 2
"""Cells by which a step makes a pane wider or higher."""


class Box(NamedTuple):
    """The cells of a pane, its border included."""

    x: int
    y: int
    width: int
    height: int


class Desk(Struct, frozen=True, kw_only=True):
    """What decides where the panes stand, beside the room for them."""

    arrangement: Arrangement = "running"
    focus: Pane = "images"
    folded: frozenset[str] = frozenset()
    """Panes that show only while they have the focus."""
    steps: Mapping[str, int] = {}
    """How much larger a person has made panes; negative where smaller."""
    filled: bool = False
    """The pane with the focus has the whole screen."""
    terminal: tuple[int, int] = (0, 0)
    """Columns and rows of the terminal."""

    @property
    def small(self) -> bool:
        """Whether the panes of running are tabs."""
        return self.terminal[0] < ROOMY[0] or self.terminal[1] < ROOMY[1]

    @property
    def wide(self) -> bool:
        """Whether lists have room for columns."""
        return self.terminal[0] >= WIDE

    @property
    def tabs(self) -> bool:
        """Whether a line of tabs stands above the panes."""
        return self.arrangement == "running" and self.small and not self.filled

    @property
    def bordered(self) -> bool:
        """Whether panes have borders."""
        return self.arrangement == "running" or self.terminal[1] >= LOW

    def step(self, pane: str) -> int:
        """How many steps larger a pane is than by itself."""
        return self.steps.get(pane, 0)

    def shows(self, pane: Pane) -> bool:
        """Whether a pane shows more than a line."""
        return pane == self.focus or pane not in self.folded


Boxes = Mapping[str, Box]
"""By pane: models, gpu, images, line (the list in one line), picture, answer; others are hidden."""


def boxes(width: int, height: int, desk: Desk) -> Boxes:
    """Return where the panes stand within so many columns and rows."""
    whole = Box(0, 0, width, height)
    if desk.filled:
        return {desk.focus: whole}
    if desk.arrangement == "judging":
        return _judging(whole, desk)
    return _tabs(whole, desk) if desk.small else _running(whole, desk)


def _within(value: int, least: int, most: int) -> int:
    return max(min(value, most), min(least, most))


def _beside(whole: Box, first: int, left: str, right: str) -> Boxes:
    """Return two panes beside each other, the left one so many columns wide."""
    x, y, width, height = whole
    first = _within(first, 12, width - 12)
    return {left: Box(x, y, first, height), right: Box(x + first, y, width - first, height)}


# Running


def _tabs(whole: Box, desk: Desk) -> Boxes:
    half = whole.width // 2
    match desk.focus:
        case "models":
            return _beside(whole, half + COLUMNS * desk.step("models"), "models", "gpu")
        case "images":
            return _beside(whole, half + COLUMNS * desk.step("images"), "images", "picture")
        case _:
            share = whole.width * 2 // 5
            return _beside(whole, share - COLUMNS * desk.step("answer"), "picture", "answer")


def _running(whole: Box, desk: Desk) -> Boxes:
    found: dict[str, Box] = {}
    left, width, height = 0, whole.width, whole.height
    if desk.shows("models"):
        column = _within((44 if desk.wide else 30) + COLUMNS * desk.step("models"), 20, width // 2)
        gauges = min(14 if desk.wide else 11, height - 5)
        found["models"] = Box(0, 0, column, height - gauges)
        found["gpu"] = Box(0, height - gauges, column, gauges)
        left = column
    if desk.shows("images"):
        column = (44 if desk.wide else 32) + COLUMNS * desk.step("images")
        column = _within(column, 20, width - left - NARROWEST)
        found["images"] = Box(left, 0, column, height)
        left += column
    right = Box(left, 0, width - left, height)
    if not desk.shows("images"):
        found["line"] = right._replace(height=1)
        right = right._replace(y=1, height=height - 1)
    if not desk.shows("answer"):
        return {**found, "picture": right}
    answer = max(right.height * 2 // 5, 14) if desk.wide else max(right.height // 2, 12)
    answer = _within(answer + ROWS * desk.step("answer"), 6, right.height - 4)
    found["picture"] = right._replace(height=right.height - answer)
    found["answer"] = right._replace(y=right.y + right.height - answer, height=answer)
    return found


# Judging


def _judging(whole: Box, desk: Desk) -> Boxes:
    """Return the picture, as large as can be, beside or above all that is read."""
    edge = 2 if desk.bordered else 0
    beside, above = _picture_beside(whole, desk, edge), _picture_above(whole, desk, edge)
    picture = max(beside, above, key=lambda box: _drawn(box.width - edge, box.height - edge))
    if picture is beside:
        reading = Box(picture.width, 0, whole.width - picture.width, whole.height)
    else:
        reading = Box(0, picture.height, whole.width, whole.height - picture.height)
    return {"picture": picture, **_reading(reading, desk)}


def _drawn(columns: int, rows: int) -> int:
    """Return how many cells a picture takes within so many."""
    width = min(columns, rows * ASPECT)
    return int(max(width, 0) * max(width, 0) / ASPECT)


def _picture_beside(whole: Box, desk: Desk, edge: int) -> Box:
    answer = max(round(whole.width * ANSWER_SHARE), NARROWEST)
    needed = round((whole.height - edge) * ASPECT) + edge
    column = min(whole.width - answer, needed) - COLUMNS * desk.step("answer")
    return whole._replace(width=_within(column, 12, whole.width - 24))


def _picture_above(whole: Box, desk: Desk, edge: int) -> Box:
    answer = max(round(whole.height * ANSWER_SHARE), 12)
    needed = round((whole.width - edge) / ASPECT) + edge
    rows = min(whole.height - answer, needed) - ROWS * desk.step("answer")
    return whole._replace(height=_within(rows, 4, whole.height - 6))


LEAST_LIST, LEAST_ANSWER = 5, 9
"""Rows below which a list and an answer don't stand above each other: the one with the focus is shown."""


def _reading(room: Box, desk: Desk) -> Boxes:
    """Return the list, in one line or unfolded, above the answer."""
    lists: tuple[Pane, ...] = ("images", "models")
    first = next((pane for pane in lists if pane == desk.focus), None)
    unfolded = first or next((pane for pane in lists if pane not in desk.folded), None)
    if unfolded is None or (first is None and room.height < LEAST_LIST + LEAST_ANSWER):
        return _under_line(room)
    if room.height < LEAST_LIST + LEAST_ANSWER:
        return {unfolded: room}
    rows = _within(room.height // 2 + ROWS * desk.step(unfolded), LEAST_LIST, room.height - LEAST_ANSWER)
    answer = room._replace(y=room.y + rows, height=room.height - rows)
    below = _under_line(answer) if unfolded == "models" else {"answer": answer}
    return {unfolded: room._replace(height=rows), **below}


def _under_line(room: Box) -> Boxes:
    return {
        "line": room._replace(height=1),
        "answer": room._replace(y=room.y + 1, height=room.height - 1),
    }


# What the answer's pane has room for

Depth = Literal["row", "short", "whole"]
"""How the rubric's words for the verdicts are shown: not at all, each in one line, whole."""


def depth(rows: int, whole: int) -> Depth:
    """Return what an answer's pane has room for.

    Args:
        rows: within its border.
        whole: how many rows the rubric's words take, none of them cut.
    """
    if rows >= whole + 14:
        return "whole"
    return "short" if rows >= 14 else "row"
