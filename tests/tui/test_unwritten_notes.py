"""A note on an answer that could not be written is not lost."""

from pathlib import Path

import pytest

from fada_tui.store.journal import JOURNAL_NAME
from tests.tui.dashboard import assessments_of, main_of, make_app, save_run, screen_text, wait_for


@pytest.mark.long
async def test_a_note_that_could_not_be_written_is_there_again(tmp_path: Path) -> None:
    place = save_run(tmp_path)
    app = make_app(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await wait_for(pilot, lambda: "1 Correct" in screen_text(app))
        workspace = main_of(app).workspace
        run, key = workspace.review.run, workspace.review.key
        assert run and key
        (place / JOURNAL_NAME).mkdir()
        await pilot.press("n", *"dim", "enter")
        await wait_for(pilot, lambda: "cannot write" in screen_text(app))
        assert run.assessment(*key).note is None
        (place / JOURNAL_NAME).rmdir()
        await pilot.press("n", "enter")
        await wait_for(pilot, lambda: run.assessment(*key).note == "dim")
        assert not workspace.unwritten_notes
    assert [said[-1].note for said in assessments_of(place).values()] == ["dim"]
