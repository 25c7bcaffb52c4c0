"""A copied folder of a run has its id: neither is ever shown, or judged, in place of the other."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from fada_tui.tui.screens.runs import RunsScreen
from fada_tui.tui.widgets.notice import Notice
from tests.tui.dashboard import assessments_of, main_of, make_app, save_run, screen_text, wait_for


async def test_a_copy_is_not_opened_beside_its_original_and_takes_no_verdict_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    tell = Notice.tell

    def noted(notice: Notice, text: str, *more: Any, **how: Any) -> None:
        told.append(text)
        tell(notice, text, *more, **how)

    monkeypatch.setattr(Notice, "tell", noted)
    original = save_run(tmp_path)
    copy = original.with_name("backup")
    shutil.copytree(original, copy)
    app = make_app(tmp_path)
    async with app.run_test(size=(160, 36)) as pilot:
        review = main_of(app).workspace.review
        await wait_for(pilot, lambda: review.run)
        await wait_for(pilot, lambda: any("backup is a copy of" in text for text in told))
        await pilot.press("R")
        await wait_for(pilot, lambda: isinstance(app.screen, RunsScreen))
        await wait_for(pilot, lambda: screen_text(app).count("tiny") >= 2)
        rows = [row.folder for row in app.screen._runs]  # type: ignore[attr-defined]
        await pilot.press("home", *["down"] * rows.index(copy), "enter")
        said = f"backup has the same id as {original.name}, which is open"
        await wait_for(pilot, lambda: app.screen is main_of(app) and said in screen_text(app))
        assert review.run and review.run.folder == original
        await pilot.press("1")
        await wait_for(pilot, lambda: len(assessments_of(original)) == 1)
    assert not assessments_of(copy)
