"""All models' answers to one image: judged, tagged and noted column by column."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from fada_tui.core.protocol import Item
from fada_tui.store import journal
from fada_tui.tui.main_screen import MainScreen
from fada_tui.tui.screens.models_on_image import UNDERLINED, ModelsOnImage
from fada_tui.tui.screens.zoom import ZoomScreen
from fada_tui.tui.state.open_runs import Streaming
from fada_tui.tui.terminal.visibility import EVER
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
        await wait_for(pilot, lambda: UNDERLINED in screen_text(app))  # said once all runs are read
        yield pilot, main


@pytest.fixture
def places(tmp_path: Path) -> tuple[Path, Path]:
    """Two runs, the later first as the screen has them."""
    old = save_run(tmp_path, "20260101-000000_old", "old")
    return save_run(tmp_path, "20260102-000000_new", "new"), old


@pytest.mark.long
async def test_each_column_is_judged_tagged_and_noted_and_then_the_next_image(
    tmp_path: Path, places: tuple[Path, Path]
) -> None:
    new, old = places
    async with side_by_side(tmp_path) as (pilot, main):
        await pilot.press("3", "t")
        await wait_for(pilot, lambda: "hallucination" in screen_text(pilot.app))
        await pilot.press("g", "escape")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, ModelsOnImage))
        await pilot.press("n")
        await pilot.press(*"vague", "enter")
        await wait_for(pilot, lambda: "“vague”" in screen_text(pilot.app))
        await pilot.press("1")
        await wait_for(pilot, lambda: "Abdomen_002.png" in screen_text(pilot.app))
        ((said,),) = assessments_of(new).values()
        assert (said.verdict, said.tags, said.note) == ("incorrect", (), None)
        last = assessments_of(old)[FIRST][-1]
        assert (last.verdict, last.tags, last.note) == ("correct", ("generic",), "vague")
        await pilot.press("u", "u")
        await wait_for(pilot, lambda: "Abdomen_001.png" in screen_text(pilot.app))
        await wait_for(pilot, lambda: assessments_of(old)[FIRST][-1].note is None)
        await pilot.press("right_curly_bracket", "escape")
        await wait_for(pilot, lambda: pilot.app.screen is main)
        await wait_for(pilot, lambda: "1 of 24 judged" in screen_text(pilot.app))
        assert main.workspace.review.slot.image.path.endswith("Abdomen_002.png")
        assert main.workspace.review.run.run.model.name == "new"


@pytest.mark.long
async def test_equal_answers_are_judged_at_once_and_undone_at_once(tmp_path: Path) -> None:
    saved = [save_run(tmp_path, f"2026010{n}-000000_m{n}", "same") for n in (1, 2, 3)]
    for number, place in enumerate(saved):
        run = json.loads((place / "run.json").read_text())
        run["model"]["name"] = f"m{number}"
        (place / "run.json").write_text(json.dumps(run))
    app = make_app(tmp_path)
    async with app.run_test(size=(140, 36)) as pilot:
        await wait_for(pilot, lambda: main_of(app).workspace.review.run)
        await pilot.press("m")
        await wait_for(pilot, lambda: "3 models" in screen_text(app) and "m2, m1, m0" in screen_text(app))
        await pilot.press("2")
        await wait_for(pilot, lambda: "Abdomen_002.png" in screen_text(app))
        given = [assessments_of(place)[FIRST][-1] for place in saved]
        assert [one.verdict for one in given] == ["partial"] * 3
        assert given[0].act and len({one.act for one in given}) == 1
        await pilot.press("t")
        await wait_for(pilot, lambda: "hallucination" in screen_text(app))
        await pilot.press("g", "escape")
        second = FIRST.replace("001", "002")
        await wait_for(pilot, lambda: all(second in assessments_of(place) for place in saved))
        assert [assessments_of(place)[second][-1].tags for place in saved] == [("generic",)] * 3
        await wait_for(pilot, lambda: isinstance(app.screen, ModelsOnImage) and "generic" in screen_text(app))
        await pilot.press("u", "u")
        await wait_for(
            pilot, lambda: all(assessments_of(place)[FIRST][-1].verdict is None for place in saved)
        )
        assert [assessments_of(place)[second][-1].tags for place in saved] == [()] * 3


async def test_one_answer_alone_is_told_and_there_is_no_key_to_another(tmp_path: Path) -> None:
    save_run(tmp_path)
    app = make_app(tmp_path)
    async with app.run_test(size=(140, 36)) as pilot:
        await wait_for(pilot, lambda: main_of(app).workspace.review.run)
        await pilot.press("m")
        await wait_for(pilot, lambda: "one model has answered this" in screen_text(app))
        shown = screen_text(app)
        assert "underlined" not in shown and "h/l Model" not in shown and "{/} Image" in shown


@pytest.mark.long
@pytest.mark.parametrize(("width", "height", "columns"), [(120, 36, 2), (80, 24, 1), (60, 15, 1)])
async def test_one_column_at_a_time_where_there_is_room_for_no_more(
    width: int, height: int, columns: int, tmp_path: Path, places: tuple[Path, Path]
) -> None:
    app = make_app(tmp_path)
    async with app.run_test(size=(width, height)) as pilot:
        await wait_for(pilot, lambda: main_of(app).workspace.review.run)
        await pilot.press("m")
        await wait_for(pilot, lambda: "1 of 2" in screen_text(app) and "What do you see?" in screen_text(app))
        shown = screen_text(app)
        assert ("2 of 2" in shown) == (columns == 2) and "3 ✗" in shown
        assert app.screen.query_one(Picture).size.width >= 24
        await pilot.press("right")
        await wait_for(pilot, lambda: "2 of 2" in screen_text(app))
        assert main_of(app).workspace.review.run.run.model.name == "old"
        await pilot.resize_terminal(200, 50)
        await wait_for(pilot, lambda: "1 of 2" in screen_text(app) and "2 of 2" in screen_text(app))


async def test_the_picture_is_there_and_larger_by_key(tmp_path: Path, places: tuple[Path, Path]) -> None:
    async with side_by_side(tmp_path) as (pilot, _):
        assert pilot.app.screen.query_one(Picture).display
        await pilot.press("z")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, ZoomScreen))
        await pilot.press("q")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, ModelsOnImage))


@pytest.mark.long
async def test_what_is_not_on_disk_is_said(tmp_path: Path, places: tuple[Path, Path]) -> None:
    async with side_by_side(tmp_path) as (pilot, _):
        (places[0] / journal.JOURNAL_NAME).mkdir()
        await pilot.press("1")
        await wait_for(pilot, lambda: "cannot write" in screen_text(pilot.app))
        assert "[✓ correct]" not in screen_text(pilot.app)


@pytest.mark.long
async def test_in_blind_mode_the_columns_are_letters(tmp_path: Path, places: tuple[Path, Path]) -> None:
    app = make_app(tmp_path)
    async with app.run_test(size=(140, 36)) as pilot:
        main = main_of(app)
        await wait_for(pilot, lambda: main.workspace.review.run)
        await pilot.press("b")
        await wait_for(pilot, lambda: main.workspace.review.open_runs.blind)
        await pilot.press("m")
        await wait_for(pilot, lambda: isinstance(app.screen, ModelsOnImage))
        titles = [str(column.border_title) for column in app.screen.query("AnswerColumn")]
        assert titles == sorted(titles) and all("new" not in title and "old" not in title for title in titles)
        await pilot.press("n", *"x", "enter")
        await wait_for(pilot, lambda: "“x”" in screen_text(app))
        written = [said for place in places for all_of in assessments_of(place).values() for said in all_of]
        assert [(said.note, said.blind) for said in written] == [("x", True)]


async def test_how_an_answer_ended_is_seen_in_a_narrow_column(
    tmp_path: Path, places: tuple[Path, Path]
) -> None:
    async with side_by_side(tmp_path, width=80) as (pilot, _):
        await wait_for(pilot, lambda: "by itself" in " ".join(screen_text(pilot.app).split()))


@pytest.mark.long
async def test_of_many_models_only_those_in_sight_are_built_and_answers_grow_here(tmp_path: Path) -> None:
    for number in range(12):
        save_run(tmp_path, f"202601{number + 10}-000000_m{number}", f"m{number}")
    app = make_app(tmp_path)
    async with app.run_test(size=(200, 50)) as pilot:
        main = main_of(app)
        review = main.workspace.review
        await wait_for(pilot, lambda: review.run)
        await pilot.press("m")
        await wait_for(pilot, lambda: "1 of 12" in screen_text(app))
        assert len(app.screen.query("AnswerColumn")) == 3
        await pilot.press("left")
        await wait_for(pilot, lambda: "12 of 12" in screen_text(app) and "m0 sees" in screen_text(app))
        assert len(app.screen.query("AnswerColumn")) == 3

        first = app.screen.query("AnswerColumn").first()
        await pilot.click(first.query_one("Verdicts"), offset=(1, 0))
        tenth = tmp_path / "results" / "20260112-000000_m2"
        await wait_for(pilot, lambda: assessments_of(tenth).get(FIRST))
        assert assessments_of(tenth)[FIRST][-1].verdict == "correct"

        run = review.open_runs.runs["20260110-000000_m0"]
        key = (FIRST, "q1")
        item = Item(path=FIRST, image=FIRST, category="A", question_id="q1", question="?")
        run.in_flight[key] = Streaming(item)
        run.in_flight[key].add("a growing answer", 3)
        main.draw_answer_soon()
        await wait_for(pilot, lambda: "a growing answer" in screen_text(app))
        run.in_flight[key].add(" grows", 4)
        main.draw_answer_soon()
        await wait_for(pilot, lambda: "a growing answer grows" in screen_text(app))


@pytest.mark.long
async def test_what_comes_to_an_empty_screen_is_not_judged_before_it_is_seen(tmp_path: Path) -> None:
    save_run(tmp_path, "20260101-000000_old", "old")
    place = save_run(tmp_path, "20260102-000000_new", "new", results=())
    app = make_app(tmp_path)
    async with app.run_test(size=(120, 36)) as pilot:
        main = main_of(app)
        await wait_for(pilot, lambda: main.workspace.review.run)
        main.workspace.review.choose_run(await main.workspace.load_run(place.name))
        main.show_images()
        del main.workspace.open_runs.runs["20260101-000000_old"]
        await pilot.press("m")
        await wait_for(pilot, lambda: "old sees the Abdomen" in screen_text(app))
        assert main.seconds_in_sight < EVER, "it has moved by itself"
