from pathlib import Path

import pytest

from fada_tui.report.exports import export_run
from fada_tui.store import folder as store
from fada_tui.store.journal import JOURNAL_NAME, ResultLine, append
from fada_tui.tui.screens.export import ExportScreen, FormatList, write_export
from fada_tui.tui.widgets.keybar import KeyBar
from tests.ordinary import as_ordinary_user, open_folder
from tests.tui.shelves import OneScreen, broken, judged, settled, stored, text_of, whole


@pytest.mark.parametrize(("keys", "suffix"), [("c", "csv"), ("l", "jsonl"), ("h", "html")])
async def test_one_key_writes_what_the_command_line_prints(tmp_path: Path, keys: str, suffix: str) -> None:
    run = whole(1, "tiny", judged("A/a.png", "correct", response="a [bold]head[/]"))
    folder = stored(tmp_path, run)
    app = OneScreen(ExportScreen(folder))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(keys)
        await settled(pilot)
    path = folder / f"results.{suffix}"
    assert app.ended == [path]
    mark = "\ufeff" if suffix == "csv" else ""
    assert path.read_text("utf-8") == mark + export_run(run, suffix)
    assert sorted(one.name for one in folder.iterdir()) == ["results." + suffix, "run.json"]


async def test_the_cursor_chooses_too(tmp_path: Path) -> None:
    folder = stored(tmp_path, whole(1, "tiny"))
    app = OneScreen(ExportScreen(folder))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("j", "j", "j", "k", "k", "enter")
        await settled(pilot)
    assert app.ended == [folder / "results.jsonl"]


async def test_a_click_chooses(tmp_path: Path) -> None:
    folder = stored(tmp_path, whole(1, "tiny"))
    app = OneScreen(ExportScreen(folder))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.click(FormatList, offset=(6, 2))
        await settled(pilot)
    assert app.ended == [folder / "results.html"]


@pytest.mark.parametrize("key", ["escape", "q"])
async def test_nothing_is_written_on_the_way_back(tmp_path: Path, key: str) -> None:
    folder = stored(tmp_path, whole(1, "tiny"))
    app = OneScreen(ExportScreen(folder))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(key)
        await settled(pilot)
    assert app.ended == [None]
    assert [one.name for one in folder.iterdir()] == ["run.json"]


async def test_what_goes_wrong_is_said_on_one_line_and_another_try_is_possible(tmp_path: Path) -> None:
    folder = broken(tmp_path, "20260101-000000_[red]odd[/]")
    app = OneScreen(ExportScreen(folder))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("c")
        await settled(pilot)
        assert "damaged" in text_of(app.screen)
        assert "[red]odd[/]" in text_of(app.screen).replace("\n", "")
        assert app.ended == []
        store.write_run(folder, whole(1, "tiny"))
        await pilot.press("c")
        await settled(pilot)
    assert app.ended == [folder / "results.csv"]


def test_the_journal_is_exported_too(tmp_path: Path) -> None:
    folder = stored(tmp_path, whole(1, "tiny", judged("A/a.png", None)))
    append(folder / JOURNAL_NAME, ResultLine(result=judged("B/new.png", None)))
    assert "B/new.png" in write_export(folder, "csv").read_text()


async def test_a_folder_that_cannot_be_written_is_said_so() -> None:
    with open_folder() as results:
        folder = stored(results, whole(1, "tiny"))
        folder.chmod(0o555)
        app = OneScreen(ExportScreen(folder))
        with as_ordinary_user():
            async with app.run_test(size=(60, 15)) as pilot:
                await pilot.press("h")
                await settled(pilot)
                assert "cannot write" in text_of(app.screen)
                said, box = app.screen.query_one("#said").region, app.screen.query_one("Vertical").region
                assert box.contains_region(said)
                assert box.bottom <= app.screen.query_one(KeyBar).region.y
                await pilot.press("escape")
        assert app.ended == [None]
        assert [one.name for one in folder.iterdir()] == ["run.json"]
