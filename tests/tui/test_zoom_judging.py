"""Judging where the picture is largest: the keys of judging, and what the screen says."""

from pathlib import Path

import pytest
from msgspec.structs import replace
from textual.widgets import Static

from fada_tui.core.records import Question
from fada_tui.store.folder import read_run
from fada_tui.tui.main_screen import MainScreen
from fada_tui.tui.screens.zoom import ZoomScreen
from fada_tui.tui.widgets.answer_text import AnswerText
from fada_tui.tui.widgets.verdicts import Verdicts
from tests.tui.dashboard import main_of, make_app, save_run, screen_text, wait_for

FIRST, SECOND = "Abdomen/Abdomen_001.png", "Abdomen/Abdomen_002.png"
QUESTIONS = (Question(id="q1", text="What do you see?"), Question(id="q2", text="Is it fetal?"))


@pytest.mark.long
async def test_answers_are_judged_in_zoom_one_after_another(tmp_path: Path) -> None:
    place = save_run(tmp_path, questions=QUESTIONS)
    app = make_app(tmp_path)
    async with app.run_test(size=(120, 36)) as pilot:
        main = main_of(app)
        review = main.workspace.review
        run = await wait_for(pilot, lambda: review.run)
        await pilot.press("z")
        await wait_for(pilot, lambda: isinstance(app.screen, ZoomScreen))
        screen = app.screen

        def title() -> str:
            return str(screen.query_one(".title", Static).render())

        await wait_for(pilot, lambda: "all of it" in title())
        assert title().startswith("Abdomen_001.png  │  question 1 of 2  │  tiny  │  0 of 48 judged")
        assert "1/2  What do you see?" in screen_text(app) and "tiny sees the Abdomen" in screen_text(app)
        await pilot.press("plus", "plus", "l", "1", "2")
        await wait_for(pilot, lambda: review.key == (SECOND, "q1"))
        await wait_for(pilot, lambda: title().startswith("Abdomen_002.png  │  question 1 of 2"))
        await wait_for(pilot, lambda: "2.2×" in title())  # looked at as closely, and at the same place
        await pilot.press("0")
        await pilot.press("full_stop")
        await wait_for(pilot, lambda: "2/2  Is it fetal?" in screen_text(app))
        await pilot.press("left_square_bracket", "u", "u")
        await wait_for(pilot, lambda: review.progress().judged == 0 and "undone" in screen_text(app))
        assert review.key == (FIRST, "q1")
        await pilot.press("U")
        await wait_for(pilot, lambda: review.progress().judged == 1)

        # What is typed ahead reaches the strip that the key before it opened, then the zoom again.
        await pilot.press("n", *"so it is", "enter", "t", "h", "escape", "c", "y", "3")
        await wait_for(pilot, lambda: run.assessment(FIRST, "q1").verdict == "incorrect")
        said = run.assessment(FIRST, "q1")
        written = next(result for result in read_run(place).results if result.key == (FIRST, "q1"))
        assert written.assessments[-1].note == "so it is"
        assert (said.verdict, said.context, said.tags, said.note) == (
            "incorrect",
            True,
            ("hallucination",),
            "so it is",
        )
        assert "2.2×" in title()
        await pilot.press("underscore")
        await wait_for(pilot, lambda: "all of it" in title())
        await pilot.press("i")
        await wait_for(pilot, lambda: "What do you see" not in screen_text(app))
        await pilot.press("z")
        await wait_for(pilot, lambda: app.screen is main)
        await pilot.press("1")
        await wait_for(pilot, lambda: review.progress().judged == 2)


async def test_the_strip_shows_the_end_of_a_long_answer_and_grows_with_one(tmp_path: Path) -> None:
    save_run(tmp_path)
    app = make_app(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        main = main_of(app)
        run = await wait_for(pilot, lambda: main.workspace.review.run)
        text = "\n".join(f"line {number}" for number in range(40))
        run.put(replace(next(iter(run.results)), response=text))
        await pilot.press("z")
        await wait_for(pilot, lambda: isinstance(app.screen, ZoomScreen) and "line 39" in screen_text(app))
        await pilot.press("less_than_sign")
        await wait_for(pilot, lambda: "line 0" in screen_text(app))
        await pilot.press("J")
        await wait_for(pilot, lambda: "line 3" in screen_text(app) and "line 0" not in screen_text(app))
        await pilot.press("greater_than_sign", "K")
        await wait_for(pilot, lambda: "line 36" in screen_text(app) and "line 39" not in screen_text(app))
        assert app.screen.query_one(AnswerText).size.height == 3
        await pilot.press("y")
        await wait_for(pilot, lambda: "answer copied" in screen_text(app))
        assert app.clipboard == text


async def test_what_has_not_been_seen_is_not_judged_in_zoom_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_run(tmp_path)
    app = make_app(tmp_path)
    async with app.run_test(size=(60, 15)) as pilot:
        main = main_of(app)
        await wait_for(pilot, lambda: main.workspace.review.run)
        await pilot.press("z")
        await wait_for(pilot, lambda: isinstance(app.screen, ZoomScreen))
        monkeypatch.setattr(MainScreen, "seconds_in_sight", 0.1)
        await pilot.press("1")
        await wait_for(pilot, lambda: "look, then judge" in screen_text(app))
        assert main.workspace.review.progress().judged == 0
        monkeypatch.setattr(MainScreen, "seconds_in_sight", 1.0)
        await pilot.click(Verdicts, offset=(1, 0))
        await wait_for(pilot, lambda: main.workspace.review.progress().judged == 1)
        await pilot.press("question_mark")
        await wait_for(pilot, lambda: "All keys, by pane" in screen_text(app))
