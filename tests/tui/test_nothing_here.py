"""Where there is nothing yet: keys say so, and the footers name those alone that do something."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from fada_tui.core.file_names import encode_name
from fada_tui.store.folder import read_run, write_run
from fada_tui.tui.actions import loading
from fada_tui.tui.actions.workspace import Workspace
from fada_tui.tui.screens.assessor import AssessorScreen
from fada_tui.tui.screens.comparison import ComparisonScreen
from fada_tui.tui.screens.help import HelpScreen, keys_of
from fada_tui.tui.screens.queue import QueueScreen
from fada_tui.tui.screens.runs import RunsScreen
from tests.tui.dashboard import assessments_of, main_of, make_app, save_run, screen_text, wait_for
from tests.tui.test_workspace import begun


async def test_keys_of_a_picture_say_that_there_is_none(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    app = make_app(tmp_path, images=tmp_path / "images")
    async with app.run_test(size=(100, 30)) as pilot:
        await wait_for(pilot, lambda: "no image in" in screen_text(app))
        for key in ("z", "o"):
            main_of(app).say("before")
            await pilot.press(key)
            await wait_for(pilot, lambda: "there is no image here" in screen_text(app))


@pytest.mark.long
async def test_lists_without_a_row_offer_the_way_back_alone(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with app.run_test(size=(100, 30)) as pilot:
        await wait_for(pilot, lambda: main_of(app).workspace.review.image)
        for key, screen in (("R", RunsScreen), ("C", ComparisonScreen), ("Q", QueueScreen)):
            await pilot.press(key)
            await wait_for(pilot, lambda screen=screen: isinstance(app.screen, screen))  # type: ignore[misc]
            await wait_for(pilot, lambda: screen_text(app).splitlines()[-1].strip() == "esc Back")
            await pilot.press("escape")
            await wait_for(pilot, lambda: app.screen is main_of(app))


async def test_the_way_out_of_a_filter_and_a_second_look_is_called_back(tmp_path: Path) -> None:
    save_run(tmp_path)
    app = make_app(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await wait_for(pilot, lambda: main_of(app).workspace.review.run)
        assert "esc Back" not in screen_text(app)
        await pilot.press("2")
        await wait_for(pilot, lambda: "u undoes" in screen_text(app))
        await pilot.press("V")
        await wait_for(pilot, lambda: "esc Back" in screen_text(app))
        await pilot.press("escape")
        await wait_for(pilot, lambda: "esc Back" not in screen_text(app))


@pytest.mark.long
async def test_help_has_what_keys_do_in_full_at_every_width(tmp_path: Path) -> None:
    for width in (30, 50, 90):
        rows = [row.plain for row in keys_of("main", {}, width)]
        assert all(len(row) <= width for row in rows) and not any("…" in row for row in rows)
        assert "ask for the answers that are missing" in " ".join(" ".join(rows).split())
    app = make_app(tmp_path)
    async with app.run_test(size=(60, 15)) as pilot:
        await pilot.press("question_mark")
        await wait_for(pilot, lambda: isinstance(app.screen, HelpScreen) and "All keys" in screen_text(app))


async def test_a_verdict_typed_ahead_is_not_taken_for_a_name_at_once(tmp_path: Path) -> None:
    place = save_run(tmp_path)
    app = make_app(tmp_path, assessor=None)
    async with app.run_test(size=(80, 24)) as pilot:
        await wait_for(pilot, lambda: main_of(app).workspace.review.run)
        await pilot.press("1", "2", "enter")
        await wait_for(pilot, lambda: "2 is a key that judges: is it your name?" in screen_text(app))
        assert isinstance(app.screen, AssessorScreen) and not assessments_of(place)
        await pilot.press("enter")
        await wait_for(pilot, lambda: "✓ correct · Abdomen_001" in screen_text(app))
    ((said,),) = assessments_of(place).values()
    assert said.assessor == "2"


async def test_while_runs_are_read_nobody_is_told_to_begin_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    read = loading.read_runs

    async def noted(workspace: Workspace) -> None:
        told.append(workspace.review.hint)
        await read(workspace)

    monkeypatch.setattr(loading, "read_runs", noted)
    await begun(tmp_path)
    save_run(tmp_path)
    workspace, _ = await begun(tmp_path)
    told.append(workspace.review.hint)
    assert [hint.split()[0] for hint in told] == ["Press", "Reading", "Press"]


async def test_once_runs_over_other_images_are_read_the_answer_says_how_to_begin_one(tmp_path: Path) -> None:
    place = save_run(tmp_path)
    run = read_run(place)
    write_run(place, replace(run, dataset=replace(run.dataset, root=encode_name(str(tmp_path)))))
    app = make_app(tmp_path)
    async with app.run_test(size=(120, 36)) as pilot:
        await wait_for(pilot, lambda: screen_text(app).count("Press r to ask") == 2)
        assert loading.READING not in screen_text(app)
