import os
from pathlib import Path

import pytest

from fada_tui.core.records import Failure
from fada_tui.store import folder as store
from fada_tui.store.lock import RunLock
from fada_tui.tui.present.runs import newest_first, run_row
from fada_tui.tui.screens.confirm import ConfirmScreen
from fada_tui.tui.screens.export import ExportScreen
from fada_tui.tui.screens.runs import Compare, OpenRun, ResumeRun, RowsRead, RunsScreen, ShowSummary
from fada_tui.tui.state.run_scan import read_found, run_folders
from fada_tui.tui.widgets.sheet import Sheet
from tests.examples import run as unfinished
from tests.tui.dashboard import wait_for
from tests.tui.shelves import OneScreen, broken, judged, settled, stored, text_of, whole


def screen(results: Path, current: str | None = None, *running: str) -> RunsScreen:
    return RunsScreen(results, current, frozenset(running))


def shelf(results: Path) -> tuple[Path, Path, Path]:
    """A complete run, an interrupted one, and the newest, which failed."""
    done = stored(results, whole(1, "done", judged("A/a.png", "correct"), judged("A/b.png", None)))
    half = stored(results, unfinished(id="20260102-090000_half", results=(judged("A/a.png", None),)))
    error = Failure(kind="load", message="no [b]memory[/b]\x1b[31m left")
    failed = stored(results, whole(3, "failed", judged("A/a.png", None), status="failed", error=error))
    return done, half, failed


async def test_all_runs_are_listed_newest_first(tmp_path: Path) -> None:
    done, _, _ = shelf(tmp_path)
    broken(tmp_path, "20260104-090000_[red]bad")
    app = OneScreen(screen(tmp_path, done.name))
    async with app.run_test(size=(120, 30)) as pilot:
        await settled(pilot)
        shown = text_of(app.screen)
        rows = [line for line in shown.splitlines() if "2026-01-0" in line]
        words = [
            ("[red]bad", "! unreadable"),
            ("failed", "! failed"),
            ("tiny", "◐ 1 of 3"),
            ("done", "✓"),
        ]
        assert len(rows) == 4
        for row, (model, status) in zip(rows, words, strict=True):
            assert model in row
            assert status in row
        assert [row.startswith("›◆") or row.startswith("› ◆") or "◆" in row for row in rows] == [
            False
        ] * 3 + [True]
        assert "1/2" in rows[3]
        assert "1.00 s" in rows[3]
        assert "4 runs" in shown


async def test_the_reason_of_the_highlighted_run_is_shown(tmp_path: Path) -> None:
    shelf(tmp_path)
    broken(tmp_path, "20260104-090000_bad")
    app = OneScreen(screen(tmp_path))
    async with app.run_test(size=(240, 30)) as pilot:
        await settled(pilot)
        assert "is damaged" in text_of(app.screen)
        await pilot.press("j")
        await pilot.pause()
        assert "no [b]memory[/b]\\x1b[31m left" in text_of(app.screen)
        await pilot.press("j")
        await pilot.pause()
        assert "interrupted after 1 of 3" in text_of(app.screen)


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (["enter"], lambda done, half, failed: OpenRun(failed)),
        (["j", "s"], lambda done, half, failed: ShowSummary(half)),
        (["C"], lambda done, half, failed: Compare()),
        (["down", "w"], lambda done, half, failed: ResumeRun(half)),
        (["G", "enter"], lambda done, half, failed: OpenRun(done)),
        (["G", "k", "k", "enter"], lambda done, half, failed: OpenRun(failed)),
        (["escape"], lambda done, half, failed: None),
        (["q"], lambda done, half, failed: None),
    ],
)
async def test_keys_end_with_what_is_to_be_done(tmp_path: Path, keys: list[str], expected: object) -> None:
    folders = shelf(tmp_path)
    app = OneScreen(screen(tmp_path))
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.press(*keys)
        await settled(pilot)
    assert app.ended == [expected(*folders)]  # type: ignore[operator]


async def test_the_cursor_begins_on_the_run_that_is_looked_at(tmp_path: Path) -> None:
    _, half, _ = shelf(tmp_path)
    app = OneScreen(screen(tmp_path, half.name))
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.press("enter")
        await settled(pilot)
    assert app.ended == [OpenRun(half)]


async def test_what_cannot_be_resumed_says_why(tmp_path: Path) -> None:
    _, half, _ = shelf(tmp_path)
    app = OneScreen(screen(tmp_path, None, half.name))
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.press("G", "w")
        await pilot.pause()
        assert "nothing to resume" in text_of(app.screen)
        await pilot.press("k")
        await pilot.pause()
        assert "nothing to resume" not in text_of(app.screen)
        await pilot.press("w")
        await pilot.pause()
        assert "going on" in text_of(app.screen)
        assert app.ended == []


async def test_a_run_is_deleted_after_a_yes(tmp_path: Path) -> None:
    done, half, failed = shelf(tmp_path)
    app = OneScreen(screen(tmp_path))
    async with app.run_test(size=(100, 24)) as pilot:
        await settled(pilot)
        await pilot.press("j", "d")
        await pilot.pause()
        assert isinstance(app.screen, ConfirmScreen)
        app.screen.dismiss(False)
        await settled(pilot)
        assert half.exists()

        await pilot.press("d")
        await pilot.pause()
        app.screen.dismiss(True)
        await settled(pilot)
        assert not half.exists()
        assert done.exists()
        assert failed.exists()
        shown = text_of(app.screen)
        assert "2 runs" in shown
        assert f"deleted: {half.name}" in shown
        page = (tmp_path / store.COMPARISON_NAME).read_text()
        assert "done" in page
        assert half.name not in page
        # The cursor stays in its place.
        await pilot.press("enter")
        await settled(pilot)
    assert app.ended == [OpenRun(done)]


async def test_a_reading_begun_before_does_not_bring_a_deleted_run_back(tmp_path: Path) -> None:
    _, _, failed = shelf(tmp_path)
    stale = newest_first(run_row(found, None, ()) for found in read_found(run_folders(tmp_path)))
    app = OneScreen(screen(tmp_path))
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.press("d")
        await pilot.pause()
        app.screen.dismiss(True)
        await settled(pilot)
        app.screen.post_message(RowsRead(stale, 3, done=True))
        await settled(pilot)
        assert "2 runs" in text_of(app.screen)
        assert "! failed" not in text_of(app.screen)
    assert not failed.exists()


async def test_a_run_going_on_is_not_deleted(tmp_path: Path) -> None:
    _, _, failed = shelf(tmp_path)
    app = OneScreen(screen(tmp_path, None, failed.name))
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.press("d")
        await pilot.pause()
        assert app.screen is app.shown
        assert "not deleted: it is running" in text_of(app.screen)
    assert failed.exists()


async def test_a_run_locked_since_it_was_listed_is_not_deleted(tmp_path: Path) -> None:
    _, _, failed = shelf(tmp_path)
    app = OneScreen(screen(tmp_path))
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.press("d")
        await pilot.pause()
        with RunLock(failed):
            app.screen.dismiss(True)
            await settled(pilot)
        assert "not deleted" in text_of(app.screen)
        assert "3 runs" in text_of(app.screen)
    assert store.read_run(failed).results


async def test_a_run_locked_by_others_says_so(tmp_path: Path) -> None:
    _, _, failed = shelf(tmp_path)
    app = OneScreen(screen(tmp_path))
    with RunLock(failed):
        async with app.run_test(size=(80, 24)) as pilot:
            await settled(pilot)
            await pilot.press("d")
            await pilot.pause()
            assert f"not deleted: process {os.getpid()} is writing it" in text_of(app.screen)
            assert "▶" in text_of(app.screen)


async def test_a_damaged_run_is_neither_opened_nor_exported_but_can_be_deleted(tmp_path: Path) -> None:
    folder = broken(tmp_path, "20260104-090000_bad")
    app = OneScreen(screen(tmp_path))
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        for key in ("enter", "s", "e", "w"):
            await pilot.press(key)
            await pilot.pause()
            assert app.screen is app.shown
            assert "cannot be read" in text_of(app.screen)
        await pilot.press("d")
        await pilot.pause()
        app.screen.dismiss(True)
        await settled(pilot)
        assert "There are no runs here yet" in text_of(app.screen)
    assert not folder.exists()


async def test_export_says_where_it_wrote(tmp_path: Path) -> None:
    done, _, _ = shelf(tmp_path)
    app = OneScreen(screen(tmp_path, done.name))
    async with app.run_test(size=(200, 24)) as pilot:
        await settled(pilot)
        await pilot.press("e")
        await pilot.pause()
        assert isinstance(app.screen, ExportScreen)
        await pilot.press("c")
        await settled(pilot)
        assert f"written: {done / 'results.csv'}" in text_of(app.screen)
    assert (done / "results.csv").exists()


@pytest.mark.parametrize("results", ["empty", "missing"])
async def test_no_runs_say_what_to_do(tmp_path: Path, results: str) -> None:
    (tmp_path / "empty").mkdir()
    app = OneScreen(screen(tmp_path / results))
    async with app.run_test(size=(60, 15)) as pilot:
        await settled(pilot)
        assert "r sets one up" in text_of(app.screen).replace("\n", " ")
        await pilot.press("j", "enter", "w", "s", "e", "d", "G", "pagedown")
        await settled(pilot)
        assert app.ended == []


@pytest.mark.long
async def test_hundreds_of_runs_can_be_walked(tmp_path: Path) -> None:
    run = whole(1, "many", judged("A/a.png", None))
    for number in range(300):
        name = f"20250101-{number // 60:02}{number % 60:02}00_many"
        (tmp_path / name).mkdir()
        store.write_run(tmp_path / name, run)
    app = OneScreen(screen(tmp_path))
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.press("G")
        await settled(pilot)
        sheet = app.screen.query_one(Sheet)
        assert sheet.cursor == 299
        assert sheet.render_line(sheet.page).text.startswith("›")
        assert "Started" in sheet.render_line(0).text
        await pilot.press("pageup")
        await settled(pilot)
        assert sheet.cursor == 299 - sheet.page
        await pilot.press("g")
        await settled(pilot)
        assert sheet.render_line(1).text.startswith("›")


async def test_in_blind_mode_no_run_is_opened_by_its_name(tmp_path: Path) -> None:
    shelf(tmp_path)
    app = OneScreen(RunsScreen(tmp_path, None, frozenset(), blind=True))
    async with app.run_test(size=(120, 24)) as pilot:
        await settled(pilot)
        await pilot.press("enter")
        await wait_for(pilot, lambda: "end blind mode first" in text_of(app.screen))
        assert app.screen is app.shown and not app.ended
