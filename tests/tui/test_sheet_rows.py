"""Rows of a table that are made when they are drawn: no others are, however many there are."""

from collections.abc import Sequence
from typing import Any

from textual.app import App, ComposeResult

from fada_tui.tui.themes import DARK
from fada_tui.tui.widgets.sheet import Cell, Column, Sheet

COLUMNS = (Column(key="a", heading="A", cells=6), Column(key="b", heading="B", cells=20))
MANY = 10_000


class Rows(Sequence[Sequence[Cell]]):
    def __init__(self) -> None:
        self.made: set[int] = set()

    def __len__(self) -> int:
        return MANY

    def __getitem__(self, at: Any) -> Any:
        if at >= MANY:
            raise IndexError
        self.made.add(at)
        return (Cell(str(at)), Cell("text"))


class Shown(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.register_theme(DARK)
        self.theme = DARK.name

    def compose(self) -> ComposeResult:
        yield Sheet(COLUMNS)


async def test_only_the_rows_that_are_drawn_are_made() -> None:
    app, rows = Shown(), Rows()
    async with app.run_test(size=(60, 20)) as pilot:
        app.query_one(Sheet).show(rows, 0, ("b", True))
        await pilot.pause()
        assert 0 in rows.made
        assert len(rows.made) < 100
