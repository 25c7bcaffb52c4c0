"""How picture and answers share a terminal."""

import pytest

from fada_tui.tui.present.side_layout import ALONE, ANSWER_ROWS, COLUMN, layout


@pytest.mark.parametrize(
    ("size", "answers", "beside", "columns"),
    [
        ((60, 9), 4, True, 1),
        ((80, 18), 4, True, 1),
        ((120, 30), 5, True, 2),
        ((120, 30), 1, True, 1),
        ((200, 44), 5, True, 3),
        ((200, 44), 2, True, 2),
        ((64, 50), 3, False, 2),
        ((60, 9), 0, True, 1),
    ],
)
def test_the_picture_has_the_room_that_answers_leave(
    size: tuple[int, int], answers: int, beside: bool, columns: int
) -> None:
    found = layout(*size, answers)
    assert (found.beside, found.columns) == (beside, columns)


def test_at_any_size_answers_can_be_read_and_the_picture_is_no_larger_than_it_needs() -> None:
    for width in range(60, 300, 7):
        for height in range(8, 80, 3):
            for answers in (0, 1, 2, 3, 8, 54):
                found = layout(width, height, answers)
                assert 1 <= found.columns <= max(answers, 1)
                if found.beside:
                    assert width - found.picture >= (ALONE if found.columns == 1 else found.columns * COLUMN)
                    assert 0 < found.picture <= height * 3
                else:
                    assert height - found.picture >= ANSWER_ROWS and width >= found.columns * COLUMN
