"""Keys that come at the wrong time: what is open above the main screen is neither lost nor left unheard."""

from pathlib import Path

import pytest
from textual.widgets import Input

from fada_tui.tui.screens.assessor import AssessorScreen
from fada_tui.tui.screens.note import NoteScreen
from tests.tui.dashboard import assessments_of, main_of, make_app, save_run, screen_text, wait_for


@pytest.mark.long
async def test_a_note_that_is_being_written_is_not_left_by_a_key(tmp_path: Path) -> None:
    place = save_run(tmp_path)
    app = make_app(tmp_path)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await wait_for(pilot, lambda: "1 Correct" in screen_text(app))
        await pilot.press("n", *"dim", "ctrl+q")
        await wait_for(pilot, lambda: "not left: " in screen_text(app))
        assert isinstance(app.screen, NoteScreen)
        await pilot.press("enter")
        await wait_for(pilot, lambda: "“dim”" in screen_text(app))
        await pilot.press("ctrl+q")
        await wait_for(pilot, lambda: not app.is_running)
    assert [said[-1].note for said in assessments_of(place).values()] == ["dim"]


@pytest.mark.long
async def test_a_door_that_opens_by_itself_lets_another_one_be_gone_through(tmp_path: Path) -> None:
    place = save_run(tmp_path)
    app = make_app(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await wait_for(pilot, lambda: "1 Correct" in screen_text(app))
        main = main_of(app)
        await pilot.press("N")
        await wait_for(pilot, lambda: isinstance(app.screen, AssessorScreen))
        main.resume(str(place))
        await wait_for(pilot, lambda: "every answer of this run is there" in screen_text(app))
        app.screen.query_one(Input).value = "bea"
        await pilot.press("enter")
        await wait_for(pilot, lambda: main.workspace.open_runs.assessor == "bea")
