from pathlib import Path

import pytest
from msgspec.structs import replace
from textual.widgets import Static

from fada_tui.core.records import Generation, ModelMemory, Question
from fada_tui.report.comparison import UNLIKE_NOTE
from fada_tui.tui.screens.comparison import ComparisonScreen
from fada_tui.tui.screens.runs import OpenRun
from fada_tui.tui.widgets.bars import Bars
from fada_tui.tui.widgets.sheet import Sheet
from tests.tui.shelves import PATHS, OneScreen, broken, judged, settled, stored, text_of, whole


def shelf(results: Path) -> tuple[Path, Path, Path]:
    """A quick poor model, a slow good one, and one of which little is known."""
    quick = whole(
        1,
        "quick",
        *(judged(path, "incorrect", time=1.0) for path in PATHS),
        memory=ModelMemory(torch_peak_allocated=1_000_000_000),
    )
    slow = whole(
        2,
        "slow",
        *(judged(path, "correct", time=4.0) for path in PATHS),
        memory=ModelMemory(torch_peak_allocated=4_000_000_000),
    )
    dark = whole(3, "dark[b]", *(judged(path, None, time=None) for path in PATHS))
    return stored(results, quick), stored(results, slow), stored(results, dark)


def models(app: OneScreen) -> list[str]:
    sheet = app.screen.query_one(Sheet)
    lines = [sheet.render_line(y).text for y in range(1, sheet.size.height)]
    return [name for line in lines for name in ("quick", "slow", "dark[b]") if name in line]


def heading(app: OneScreen) -> str:
    return app.screen.query_one(Sheet).render_line(0).text


async def test_the_best_is_first_and_the_unknown_last_and_said_so(tmp_path: Path) -> None:
    shelf(tmp_path)
    app = OneScreen(ComparisonScreen(tmp_path, blind=False))
    async with app.run_test(size=(160, 30)) as pilot:
        await settled(pilot)
        assert models(app) == ["slow", "quick", "dark[b]"]
        assert "Quality (95%)▼" in heading(app)
        sheet = app.screen.query_one(Sheet)
        slow, quick, dark = (sheet.render_line(y).text for y in (1, 2, 3))
        for text in ("2.00B", "4.00 s", "5.0", "4.00 GB torch", "100% (44–100%) n=3"):
            assert text in slow
        assert "0% (0–56%) n=3" in quick
        assert dark.count("n/a") == 6
        assert "0%" not in dark


@pytest.mark.long
async def test_every_column_sorts_and_turns_round(tmp_path: Path) -> None:
    shelf(tmp_path)
    app = OneScreen(ComparisonScreen(tmp_path, blind=False))
    async with app.run_test(size=(160, 30)) as pilot:
        await settled(pilot)
        await pilot.press("space")
        await settled(pilot)
        assert models(app) == ["quick", "slow", "dark[b]"]
        assert "Quality (95%)▲" in heading(app)
        for _ in range(4):
            await pilot.press("<")
        await settled(pilot)
        assert "Per answer▲" in heading(app)
        assert models(app) == ["quick", "slow", "dark[b]"]
        await pilot.press("h", "left", "left")
        await settled(pilot)
        assert "Model▲" in heading(app)
        assert models(app) == ["dark[b]", "quick", "slow"]
        await pilot.press("h")
        await settled(pilot)
        assert "Started (UTC)▼" in heading(app)
        assert models(app) == ["dark[b]", "slow", "quick"]
        await pilot.press(">", "l")
        await settled(pilot)
        assert "Size▲" in heading(app)
        assert models(app) == ["quick", "slow", "dark[b]"]


async def test_a_column_without_room_comes_when_it_sorts(tmp_path: Path) -> None:
    shelf(tmp_path)
    app = OneScreen(ComparisonScreen(tmp_path, blind=False))
    async with app.run_test(size=(60, 24)) as pilot:
        await settled(pilot)
        assert "Auto" not in heading(app)
        await pilot.press("l")
        await settled(pilot)
        assert "Auto▼" in heading(app)


async def test_a_click_on_a_heading_sorts_by_it_and_again_turns_round(tmp_path: Path) -> None:
    shelf(tmp_path)
    app = OneScreen(ComparisonScreen(tmp_path, blind=False))
    async with app.run_test(size=(160, 30)) as pilot:
        await settled(pilot)
        at = heading(app).index("Per answer") + 2
        await pilot.click(Sheet, offset=(at, 0))
        await settled(pilot)
        assert "Per answer▲" in heading(app)
        await pilot.click(Sheet, offset=(at, 0))
        await settled(pilot)
        assert "Per answer▼" in heading(app)
        assert models(app) == ["slow", "quick", "dark[b]"]


async def test_bars_are_on_one_scale_with_the_qualitys_interval(tmp_path: Path) -> None:
    shelf(tmp_path)
    app = OneScreen(ComparisonScreen(tmp_path, blind=False))
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        bars = app.screen.query_one(Bars)
        slow, quick, dark = (bars.render_line(y).text for y in (1, 2, 3))
        time = slow.split("4.00 s")[0].count("━")
        assert time > 8
        assert quick.split("1.00 s")[0].count("━") == pytest.approx(time / 4, abs=1)
        assert "├" in slow
        assert slow.index("├") < slow.index("┼") < slow.index("100%")
        assert quick.index("┼") < quick.index("┤") < quick.rindex("0%")
        assert "━" not in dark
        assert dark.count("n/a") == 3


async def test_enter_opens_the_run_under_the_cursor(tmp_path: Path) -> None:
    quick, _, _ = shelf(tmp_path)
    app = OneScreen(ComparisonScreen(tmp_path, blind=False))
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.press("j")
        await settled(pilot)
        assert quick.name in text_of(app.screen)
        assert app.screen.query_one(Bars).render_line(2).text.startswith("› quick")
        await pilot.press("enter")
        await settled(pilot)
    assert app.ended == [OpenRun(quick)]


async def test_blind_mode_is_told_nothing(tmp_path: Path) -> None:
    shelf(tmp_path)
    app = OneScreen(ComparisonScreen(tmp_path, blind=True))
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.press("l", "space", "j", "enter")
        await settled(pilot)
        shown = text_of(app.screen)
        assert "end blind mode first" in shown
        for secret in ("quick", "slow", "100%", "4.00"):
            assert secret not in shown
        assert app.ended == []
        await pilot.press("q")
        await settled(pilot)
    assert app.ended == [None]


async def test_unlike_and_unreadable_runs_are_told_of(tmp_path: Path) -> None:
    shelf(tmp_path)
    app = OneScreen(ComparisonScreen(tmp_path, blind=False))
    async with app.run_test(size=(120, 30)) as pilot:
        await settled(pilot)
        assert UNLIKE_NOTE not in text_of(app.screen)
    stored(tmp_path, whole(4, "other", judged("C/c.png", None)))
    broken(tmp_path, "20260105-000000_bad")
    app = OneScreen(ComparisonScreen(tmp_path, blind=False))
    async with app.run_test(size=(120, 30)) as pilot:
        await settled(pilot)
        assert UNLIKE_NOTE in text_of(app.screen)
        assert "1 unreadable" in text_of(app.screen)


async def test_the_line_below_says_in_what_a_run_differs(tmp_path: Path) -> None:
    shelf(tmp_path)
    limits = (Generation(max_new_tokens=limit) for limit in (30, 60))
    for day, limit in enumerate(limits, 4):
        paths = PATHS if day == 4 else PATHS[:2]
        results = (judged(path, "correct") for path in paths)
        stored(tmp_path, whole(day, f"other-{day}", *results, generation=limit))
    app = OneScreen(ComparisonScreen(tmp_path, blind=False))
    async with app.run_test(size=(140, 30)) as pilot:
        await settled(pilot)
        for _ in range(5):
            if "other-5" in str(app.screen.query_one("#detail", Static).content):
                break
            await pilot.press("j")
            await settled(pilot)
        assert "token limit 60  ·  2 of 3 images" in str(app.screen.query_one("#detail", Static).content)


async def test_questions_in_several_wordings_are_named(tmp_path: Path) -> None:
    shelf(tmp_path)
    other = replace(whole(4, "other", judged("A/a.png", None)), questions=(Question(id="q1", text="Why?"),))
    stored(tmp_path, other)
    app = OneScreen(ComparisonScreen(tmp_path, blind=False))
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert "Asked in several wordings, so not the same questions: q1 (2)." in " ".join(
            text_of(app.screen).split()
        )


async def test_no_runs_say_what_to_do(tmp_path: Path) -> None:
    app = OneScreen(ComparisonScreen(tmp_path / "missing", blind=False))
    async with app.run_test(size=(60, 15)) as pilot:
        await settled(pilot)
        assert "no runs to compare" in text_of(app.screen)
        await pilot.press("j", "enter", "l", "space", "G")
        await settled(pilot)
        assert app.ended == []


async def test_few_lines_are_left_to_the_table(tmp_path: Path) -> None:
    shelf(tmp_path)
    app = OneScreen(ComparisonScreen(tmp_path, blind=False))
    async with app.run_test(size=(60, 15)) as pilot:
        await settled(pilot)
        assert models(app) == ["slow", "quick", "dark[b]"]
        assert not app.screen.query_one(Bars).display
        await pilot.resize_terminal(80, 24)
        await settled(pilot)
        assert app.screen.query_one(Bars).display
