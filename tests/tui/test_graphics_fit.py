import pytest

from fada_tui.tui.terminal.graphics.fit import LARGEST, Window, fit, window

CELLS = [(10, 20), (9, 18), (8, 16), (12, 20)]


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("image", [(640, 480), (100, 900), (900, 100), (1, 1), (5000, 4000)])
@pytest.mark.parametrize("room", [(80, 24), (20, 40), (3, 3)])
def test_a_picture_keeps_its_ratio(
    image: tuple[int, int], room: tuple[int, int], cell: tuple[int, int]
) -> None:
    placed = fit(*image, *room, cell)
    assert 1 <= placed.columns <= room[0]
    assert 1 <= placed.rows <= room[1]
    assert placed.width <= placed.columns * cell[0]
    assert placed.height <= placed.rows * cell[1]
    assert placed.width == room[0] * cell[0] or placed.height == room[1] * cell[1]
    exact = image[0] / image[1]
    assert (
        (placed.width - 0.51) / (placed.height + 0.51)
        <= exact
        <= (placed.width + 0.51) / (max(placed.height - 0.51, 0.49))
    )


def test_a_square_takes_twice_as_many_columns_as_rows() -> None:
    placed = fit(500, 500, 80, 20, (10, 20))
    assert (placed.columns, placed.rows) == (40, 20)


def test_no_more_cells_than_can_be_counted() -> None:
    placed = fit(1000, 10, 1000, 1000, (10, 20))
    assert placed.columns == LARGEST


def test_a_window_gets_smaller_as_the_factor_grows() -> None:
    assert window((640, 480), 64, 24, (10, 20), 1, (320, 240)) == Window(0, 0, 640, 480)
    assert window((640, 480), 64, 24, (10, 20), 2, (320, 240)) == Window(160, 120, 480, 360)


def test_a_window_stops_at_the_edges() -> None:
    assert window((640, 480), 64, 24, (10, 20), 2, (0, 0)) == Window(0, 0, 320, 240)
    assert window((640, 480), 64, 24, (10, 20), 2, (999, 999)) == Window(320, 240, 640, 480)


def test_a_window_uses_the_whole_room() -> None:
    seen = window((640, 480), 128, 24, (10, 20), 2, (320, 240))
    assert (seen.width, seen.height) == (640, 240)
