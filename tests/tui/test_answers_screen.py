"""The answers table under the keys."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from fada_tui.core.records import Question
from fada_tui.store import journal
from fada_tui.tui.actions import loading
from fada_tui.tui.main_screen import MainScreen
from fada_tui.tui.screens.answers import AnswersScreen
from fada_tui.tui.widgets.sheet import Sheet
from tests.examples import result
from tests.tui.dashboard import assessments_of, save_run, screen_text, wait_for
from tests.tui.test_assessing import opened

ONE, OTHER = "20260101-000000_tiny", "20260102-000000_huge"
QUESTIONS = (Question(id="q1", text="What?", short="plane"), Question(id="q2", text="Where?", short="side"))


async def shown(pilot: Pilot[Any], main: MainScreen, rows: str) -> AnswersScreen:
    await pilot.press("a")
    await wait_for(pilot, lambda: f"· {rows} ·" in screen_text(pilot.app))
    assert isinstance(pilot.app.screen, AnswersScreen)
    return pilot.app.screen


@pytest.mark.long
async def test_marked_answers_are_changed_as_one_step(tmp_path: Path) -> None:
    place = save_run(tmp_path, questions=QUESTIONS)
    async with opened(tmp_path) as (pilot, main):
        screen = await shown(pilot, main, "48")
        await pilot.press("slash", *"q:side", "enter")
        await wait_for(pilot, lambda: "24 of 48" in screen_text(pilot.app))
        await pilot.press("space", "j", "v")
        await wait_for(pilot, lambda: "3 marked" in screen_text(pilot.app))
        await pilot.press("F")
        await wait_for(pilot, lambda: "3 answers · u undoes" in screen_text(pilot.app))
        lines = journal.read(place / journal.JOURNAL_NAME).lines
        assert [(line.path[-7:], line.question_id) for line in lines] == [  # type: ignore[union-attr]
            (f"00{number}.png", "q2") for number in (1, 2, 3)
        ]
        assert screen_text(pilot.app).count("⚑ ") >= 3
        await pilot.press("t", "g", "escape")
        await wait_for(pilot, lambda: pilot.app.screen is screen and "generic" in screen_text(pilot.app))
        await pilot.press("u")
        await wait_for(pilot, lambda: len(journal.read(place / journal.JOURNAL_NAME).lines) == 9)
        await pilot.press("u")
        await wait_for(pilot, lambda: len(journal.read(place / journal.JOURNAL_NAME).lines) == 12)
        await pilot.press("asterisk", "c", "y")
        await wait_for(pilot, lambda: "24 marked" in screen_text(pilot.app))
        await wait_for(pilot, lambda: len(assessments_of(place)) == 24)
        said = [found[-1] for found in assessments_of(place).values()]
        assert {(one.context, one.flagged is True, one.tags) for one in said} == {(True, False, ())}


@pytest.mark.long
async def test_enter_goes_to_the_answer_and_leaves_a_filter_that_hides_it(tmp_path: Path) -> None:
    save_run(tmp_path, OTHER, "huge", questions=QUESTIONS)
    save_run(tmp_path, ONE, "tiny")
    async with opened(tmp_path) as (pilot, main):
        review = main.workspace.review
        await pilot.press("slash", *"category:brain", "enter")
        await wait_for(pilot, lambda: len(review.shown.slots) == 4)
        screen = await shown(pilot, main, "48")
        assert "Brain" in screen._row.image.path, "the cursor begins where one was"  # type: ignore[union-attr]
        await pilot.press("M")
        await wait_for(pilot, lambda: "all runs · 72 ·" in screen_text(pilot.app))
        await pilot.press("l", "l")
        await wait_for(pilot, lambda: "by model ▲" in screen_text(pilot.app))
        await pilot.press("r")
        await wait_for(pilot, lambda: "by model ▼" in screen_text(pilot.app))
        await pilot.press("enter")
        await wait_for(pilot, lambda: pilot.app.screen is main)
        assert review.run and review.run.id == ONE
        assert len(review.shown.slots) == 24 and not review.filter.text
        await pilot.press("slash")
        await wait_for(pilot, lambda: "category:brain" not in screen_text(pilot.app))


@pytest.mark.long
async def test_keys_that_are_typed_ahead_meet_the_rows_that_were_asked_for(tmp_path: Path) -> None:
    save_run(tmp_path, questions=QUESTIONS)
    async with opened(tmp_path) as (pilot, main):
        await shown(pilot, main, "48")
        await pilot.press("slash", *"q:side heart_002", "enter", "enter")
        await wait_for(pilot, lambda: pilot.app.screen is main)
        assert main.workspace.review.key == ("Heart/Heart_002.png", "q2")
        screen = await shown(pilot, main, "48")
        await pilot.press("slash", *"nothing", "enter", "escape", "asterisk")
        await wait_for(pilot, lambda: "48 marked" in screen_text(pilot.app))
        await pilot.press("r", "space")
        await wait_for(pilot, lambda: "47 marked" in screen_text(pilot.app))
        left = {row.key for row in screen._table} - screen._table.marked
        assert [key[1] for key in left] == ["Heart/Heart_004.png"], (
            "the first row, once they are turned round"
        )
        await pilot.press("q")
        await wait_for(pilot, lambda: pilot.app.screen is main)


async def test_a_key_that_comes_before_there_are_rows_waits_for_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_run(tmp_path, questions=QUESTIONS)
    there_are, gather = asyncio.Event(), AnswersScreen._gather

    async def later(screen: AnswersScreen) -> None:
        await there_are.wait()
        await gather(screen)

    monkeypatch.setattr(AnswersScreen, "_gather", later)
    async with opened(tmp_path) as (pilot, _):
        await pilot.press("a")
        screen = await wait_for(
            pilot, lambda: isinstance(pilot.app.screen, AnswersScreen) and pilot.app.screen
        )
        screen.action_act("mark_all")  # as its key does
        there_are.set()
        await wait_for(pilot, lambda: "48 marked" in screen_text(pilot.app))


@pytest.mark.long
async def test_what_is_sorted_once_the_table_is_left_is_shown_no_more(tmp_path: Path) -> None:
    save_run(tmp_path, questions=QUESTIONS)
    async with opened(tmp_path) as (pilot, main):
        screen = await shown(pilot, main, "48")
        await pilot.press("q")
        await wait_for(pilot, lambda: pilot.app.screen is main and not screen.is_attached)
        await screen._arrange(True)
        await screen._gather()


@pytest.mark.long
async def test_an_answer_that_comes_moves_no_cursor(tmp_path: Path) -> None:
    save_run(tmp_path)
    async with opened(tmp_path) as (pilot, main):
        screen = await shown(pilot, main, "24")
        await pilot.resize_terminal(80, 24)
        await pilot.press(*"jjjjj")
        sheet = screen.query_one(Sheet)
        row = screen._row
        assert sheet.cursor == 5 and row
        run = main.workspace.review.run
        assert run
        for name in ("q1", "q2"):
            run.ask((*run.questions[:1], Question(id="q2", text="Where?")))
            run.put(result("Abdomen/Abdomen_001.png", name))
        main.draw()
        await wait_for(pilot, lambda: "· 25 ·" in screen_text(pilot.app))
        assert screen._row is row and sheet.cursor == 6 and sheet.scroll_offset.y == 1


@pytest.mark.long
async def test_blind_mode_has_letters_and_refuses_what_tells(tmp_path: Path) -> None:
    save_run(tmp_path, OTHER, "huge")
    save_run(tmp_path, ONE, "tiny")
    async with opened(tmp_path) as (pilot, main):
        await loading.blind(main.workspace)
        await shown(pilot, main, "48")
        text = screen_text(pilot.app)
        assert "Model A" in text and "Model B" in text and "Score" not in text and "BLIND" in text
        await pilot.press("M")
        await wait_for(pilot, lambda: "of all runs in it already" in screen_text(pilot.app))
        await pilot.press("slash", *"score<1")
        await wait_for(pilot, lambda: "blind mode hides what" in screen_text(pilot.app))
        assert "model:" not in screen_text(pilot.app)
        await pilot.press("escape", "enter")
        await wait_for(pilot, lambda: pilot.app.screen is main)
        assert main.workspace.open_runs.blind


@pytest.mark.long
async def test_a_small_screen_has_room_for_names_and_answers(tmp_path: Path) -> None:
    save_run(tmp_path)
    async with opened(tmp_path) as (pilot, main):
        await shown(pilot, main, "24")
        for width, height in ((60, 15), (80, 24), (200, 50)):
            await pilot.resize_terminal(width, height)
            await wait_for(pilot, lambda: "Abdomen_002.png" in screen_text(pilot.app))
            lines = screen_text(pilot.app).splitlines()
            assert sum("tiny sees" in line for line in lines) >= min(24, height - 10), lines


@pytest.mark.long
async def test_what_models_and_files_say_is_only_text(tmp_path: Path) -> None:
    evil = "\x1b[2J[@click=app.quit]x[/]\u202e"
    save_run(tmp_path, model=evil, questions=(Question(id="q1", text=f"What? {evil}", short=f"q {evil}"),))
    async with opened(tmp_path) as (pilot, main):
        await shown(pilot, main, "24")
        await pilot.press("slash", *"sees", "enter", "space", "l", "l")
        await wait_for(
            pilot, lambda: "1 marked" in screen_text(pilot.app) and "filter: sees" in screen_text(pilot.app)
        )
        text = screen_text(pilot.app)
        assert "\\x1b[2J[@click" in text and not {"\x1b", "\u202e"} & set(text)
