"""Where the panes stand at each size, as arithmetic: no screen is drawn."""

import itertools

import pytest

from fada_tui.tui.state.desk import FOLDED
from fada_tui.tui.state.geometry import Arrangement, Box, Boxes, Desk, Pane, boxes

SIZES = [
    (60, 15),
    (60, 50),
    (80, 24),
    (99, 23),
    (100, 24),
    (100, 30),
    (120, 36),
    (150, 40),
    (200, 50),
    (300, 90),
]
ARRANGEMENTS: tuple[Arrangement, ...] = ("running", "judging")
PANES: tuple[Pane, ...] = ("models", "images", "answer")
CHROME = {(60, 15): 5, (80, 24): 5, (100, 30): 6, (120, 36): 5, (200, 50): 5}
"""Lines for title, run, notice and keys."""


def placed(
    size: tuple[int, int], arrangement: Arrangement = "judging", focus: Pane = "answer", **more: object
) -> Boxes:
    fields = {"folded": FOLDED[arrangement], **more}
    desk = Desk(arrangement=arrangement, focus=focus, terminal=size, **fields)  # type: ignore[arg-type]
    return boxes(size[0], size[1] - CHROME.get(size, 6), desk)


def apart(one: Box, other: Box) -> bool:
    return (
        one.x + one.width <= other.x
        or other.x + other.width <= one.x
        or one.y + one.height <= other.y
        or other.y + other.height <= one.y
    )


@pytest.mark.parametrize("arrangement", ARRANGEMENTS)
@pytest.mark.parametrize("size", SIZES)
def test_panes_never_overlap_nor_leave_the_screen_whatever_is_folded_or_resized(
    size: tuple[int, int], arrangement: Arrangement
) -> None:
    height = size[1] - CHROME.get(size, 6)
    foldings = [frozenset(some) for n in range(4) for some in itertools.combinations(PANES, n)]
    for focus, folded, steps, filled in itertools.product(
        PANES, foldings, (-40, -3, 0, 3, 40), (False, True)
    ):
        sizes = dict.fromkeys(PANES, steps)
        found = placed(size, arrangement, focus, folded=folded, steps=sizes, filled=filled)
        assert focus in found
        for box in found.values():
            assert box.x >= 0 and box.y >= 0 and box.width > 0 and box.height > 0
            assert box.x + box.width <= size[0] and box.y + box.height <= height
        for one, other in itertools.combinations(found.values(), 2):
            assert apart(one, other), (found, focus, folded, steps)


BEFORE = {
    (60, 15): (22, 6),
    (80, 24): (30, 15),
    (100, 30): (36, 9),
    (120, 36): (56, 13),
    (200, 50): (110, 24),
}
"""Cells that the picture had in the only arrangement there was."""


def drawn(columns: int, rows: int) -> float:
    """Cells of a picture 4 wide and 3 high within so many."""
    width = min(columns, rows * 8 / 3)
    return width * width * 3 / 8


@pytest.mark.parametrize("size", BEFORE)
def test_the_picture_is_larger_where_one_judges_than_it_was(size: tuple[int, int]) -> None:
    found = placed(size)
    edge = 2 if size[1] >= 20 else 0
    picture, answer = found["picture"], found["answer"]
    room = (picture.width - edge, picture.height - edge)
    assert drawn(*room) > drawn(*BEFORE[size])
    assert answer.width >= 34 and answer.height >= 9
    assert found["line"].height == 1 and "models" not in found and "images" not in found
    if size == (120, 36):
        assert room[0] >= 58 and room[1] >= 20


def test_a_tall_terminal_has_the_picture_above_the_answer() -> None:
    found = placed((60, 50))
    assert found["picture"].width == 60 and found["answer"].y > found["picture"].height


@pytest.mark.parametrize("size", [(60, 15), (80, 24), (120, 36), (200, 50)])
@pytest.mark.parametrize("focus", ["images", "models"])
def test_a_list_unfolds_while_it_has_the_focus_and_the_picture_stays(
    size: tuple[int, int], focus: Pane
) -> None:
    folded, unfolded = placed(size), placed(size, focus=focus)
    assert unfolded[focus].height >= 5
    assert unfolded["picture"] == folded["picture"], "it would be fitted and sent again"
    assert ("answer" in unfolded) == (size[1] >= 24)


def test_running_is_as_it_was() -> None:
    found = placed((120, 36), "running", "images")
    assert found["models"] == Box(0, 0, 30, 20) and found["gpu"] == Box(0, 20, 30, 11)
    assert found["images"] == Box(30, 0, 32, 31)
    assert (found["picture"].width, found["answer"].height) == (58, 15)
    for focus, panes in {
        "models": {"models", "gpu"},
        "images": {"images", "picture"},
        "answer": {"picture", "answer"},
    }.items():
        assert set(placed((80, 24), "running", focus)) == panes  # type: ignore[arg-type]
