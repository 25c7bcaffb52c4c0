"""All models' answers to one image: judged, tagged and noted column by column."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from fada_tui.store import journal
from fada_tui.tui.main_screen import MainScreen
from fada_tui.tui.screens.models_on_image import ModelsOnImage
from fada_tui.tui.screens.zoom import ZoomScreen
from fada_tui.tui.widgets.picture import Picture
from tests.tui.dashboard import assessments_of, main_of, make_app, save_run, screen_text, wait_for

FIRST = "Abdomen/Abdomen_001.png"


@asynccontextmanager
async def side_by_side(folder: Path, width: int = 140) -> AsyncIterator[tuple[Pilot[Any], MainScreen]]:
    """The dashboard with the answers of two models to the first image side by side."""
    app = make_app(folder)
    async with app.run_test(size=(width, 36)) as pilot:
        main = main_of(app)
        await wait_for(pilot, lambda: main.workspace.review.run)
        await pilot.press("m")
        await wait_for(pilot, lambda: isinstance(app.screen, ModelsOnImage))
        await wait_for(pilot, lambda: "sees the Abdomen" in screen_text(app))
        yield pilot, main


@pytest.fixture
def places(tmp_path: Path) -> tuple[Path, Path]:
    """Two runs, the later first as the screen has them."""
    old = save_run(tmp_path, "20260101-000000_old", "old")
    return save_run(tmp_path, "20260102-000000_new", "new"), old


@pytest.mark.long
async def test_each_column_is_judged_tagged_and_noted(tmp_path: Path, places: tuple[Path, Path]) -> None:
    new, old = places
    async with side_by_side(tmp_path) as (pilot, main):
        await pilot.press("3", "l", "1", "t")
        await wait_for(pilot, lambda: "hallucination" in screen_text(pilot.app))
        await pilot.press("g", "escape")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, ModelsOnImage))
        await pilot.press("n")
        await pilot.press(*"vague", "enter")
        await wait_for(pilot, lambda: "“vague”" in screen_text(pilot.app))
        ((said,),) = assessments_of(new).values()
        assert (said.verdict, said.tags, said.note) == ("incorrect", (), None)
        last = assessments_of(old)[FIRST][-1]
        assert (last.verdict, last.tags, last.note) == ("correct", ("generic",), "vague")
        await pilot.press("u", "escape")
        await wait_for(pilot, lambda: pilot.app.screen is main)
        assert assessments_of(old)[FIRST][-1].note is None
        assert "✗ Abdomen_001.png" in screen_text(pilot.app)


@pytest.mark.parametrize(("width", "shown"), [(140, True), (80, False)])
async def test_the_picture_is_there_where_there_is_room_and_by_key(
    width: int, shown: bool, tmp_path: Path, places: tuple[Path, Path]
) -> None:
    async with side_by_side(tmp_path, width) as (pilot, _):
        assert pilot.app.screen.query_one(Picture).display is shown
        await pilot.press("z")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, ZoomScreen))
        await pilot.press("q")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, ModelsOnImage))


async def test_what_is_not_on_disk_is_said(tmp_path: Path, places: tuple[Path, Path]) -> None:
    async with side_by_side(tmp_path) as (pilot, _):
        (places[0] / journal.JOURNAL_NAME).mkdir()
        await pilot.press("1")
        await wait_for(pilot, lambda: "cannot write" in screen_text(pilot.app))
        assert "[✓ correct]" not in screen_text(pilot.app)


async def test_in_blind_mode_the_columns_are_letters(tmp_path: Path, places: tuple[Path, Path]) -> None:
    app = make_app(tmp_path)
    async with app.run_test(size=(140, 36)) as pilot:
        main = main_of(app)
        await wait_for(pilot, lambda: main.workspace.review.run)
        await pilot.press("b")
        await wait_for(pilot, lambda: main.workspace.review.open_runs.blind)
        await pilot.press("m")
        await wait_for(pilot, lambda: isinstance(app.screen, ModelsOnImage))
        titles = [str(pane.border_title) for pane in app.screen.query("AnswerPane")]
        assert titles == sorted(titles) and all("new" not in title and "old" not in title for title in titles)
        await pilot.press("n", *"x", "enter")
        await wait_for(pilot, lambda: "“x”" in screen_text(app))
        written = [said for place in places for all_of in assessments_of(place).values() for said in all_of]
        assert [(said.note, said.blind) for said in written] == [("x", True)]


async def test_how_an_answer_ended_is_seen_in_a_narrow_column(
    tmp_path: Path, places: tuple[Path, Path]
) -> None:
    async with side_by_side(tmp_path, width=80) as (pilot, _):
        assert " ".join(screen_text(pilot.app).split()).count("by itself") == 2
