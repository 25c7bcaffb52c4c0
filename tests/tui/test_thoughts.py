"""Thoughts on the screen: beside the answer on a key, while they come and afterwards, never in blind mode."""

from pathlib import Path

import pytest
from msgspec.structs import replace
from rich.style import Style
from textual.app import App, ComposeResult

from fada_tui.core.protocol import Item
from fada_tui.core.records import Failure, Question, Result, Thoughts
from fada_tui.runs import events
from fada_tui.store.folder import read_run, write_run
from fada_tui.tui.screens.models_on_image import ModelsOnImage
from fada_tui.tui.state.open_runs import OpenRuns, Streaming
from fada_tui.tui.state.review import Review
from fada_tui.tui.state.views import AnswerView
from fada_tui.tui.widgets.answer import thoughts_line
from fada_tui.tui.widgets.answer_text import AnswerText
from tests.examples import result, run
from tests.tui.dashboard import main_of, make_app, save_run, screen_text, wait_for
from tests.tui.test_workspace import begun

LINE = "thought 212 tokens · T shows it"


def save_thinking(folder: Path, text: str = "Is it a femur?", tokens: int | None = 212) -> Path:
    place = save_run(folder)
    saved = read_run(place)
    thoughts = Thoughts(text=text, tokens=tokens)
    write_run(place, replace(saved, results=tuple(replace(one, thoughts=thoughts) for one in saved.results)))
    return place


def muted_lines(widget: AnswerText) -> list[str]:
    """Return the visible lines that are muted."""
    muted = widget.get_component_rich_style("answer-text--muted").color
    lines = (widget.render_line(y) for y in range(widget.size.height))
    return [line.text.strip() for line in lines if line.text.strip() and _color(line) == muted]


def _color(line: object) -> object:
    styles = [segment.style for segment in line if segment.text.strip()]  # type: ignore[attr-defined]
    return styles[0].color if isinstance(styles[0], Style) else None


@pytest.mark.long
async def test_the_answer_stands_alone_until_a_key_shows_what_was_thought(tmp_path: Path) -> None:
    save_thinking(tmp_path, "Is it a femur?\nNo: an abdomen.")
    for size in ((120, 36), (80, 24), (60, 15)):
        async with make_app(tmp_path).run_test(size=size) as pilot:
            app = pilot.app
            await wait_for(pilot, lambda app=app: main_of(app).workspace.review.run)
            await pilot.press("enter")
            await wait_for(pilot, lambda app=app: "tiny sees" in screen_text(app))
            assert "thought 212 tokens" in screen_text(app) and "femur" not in screen_text(app)
            await pilot.press("T")
            await wait_for(pilot, lambda app=app: "T hides it" in screen_text(app))
            text = app.screen.query_one(AnswerText)
            assert muted_lines(text)[0] == "Is it a femur?" and "tiny sees the Abdomen" not in muted_lines(
                text
            )
            await pilot.press("T")
            await wait_for(pilot, lambda app=app: LINE in screen_text(app))
            assert "femur" not in screen_text(app)


async def test_blind_mode_has_no_word_of_thoughts(tmp_path: Path) -> None:
    save_thinking(tmp_path)
    app = make_app(tmp_path)
    async with app.run_test(size=(120, 36)) as pilot:
        await wait_for(pilot, lambda: LINE in screen_text(app))
        await pilot.press("T")
        await wait_for(pilot, lambda: "femur" in screen_text(app))
        await pilot.press("b")
        await wait_for(pilot, lambda: main_of(app).workspace.open_runs.blind)
        await wait_for(pilot, lambda: "femur" not in screen_text(app))
        assert "212" not in screen_text(app) and "T hides" not in screen_text(app)
        await pilot.press("T")
        await wait_for(pilot, lambda: "blind mode hides thoughts" in screen_text(app))
        assert "femur" not in screen_text(app)


@pytest.mark.long
async def test_answers_side_by_side_have_the_key_too(tmp_path: Path) -> None:
    save_thinking(tmp_path)
    save_run(tmp_path, "20260102-000000_other", "other")
    app = make_app(tmp_path)
    async with app.run_test(size=(140, 36)) as pilot:
        await wait_for(pilot, lambda: main_of(app).workspace.review.run)
        await pilot.press("m")
        await wait_for(pilot, lambda: isinstance(app.screen, ModelsOnImage) and LINE in screen_text(app))
        assert screen_text(app).count("T shows it") == 1 and "femur" not in screen_text(app)
        await pilot.press("T")
        await wait_for(pilot, lambda: "Is it a femur?" in screen_text(app))


def test_while_it_thinks_the_pane_says_so_and_for_how_long() -> None:
    review = Review(OpenRuns(None), ())
    opened = review.open_runs.open(Path(), run(questions=(Question(id="q1", text="?"),), results=()))
    opened.running = True
    item = Item(path="A/a.png", image="a.png", category="A", question_id="q1", question="?")
    streaming = opened.in_flight[item.key] = Streaming(item)

    def shown() -> AnswerView:
        return review.view_of(opened, item.key)

    assert thoughts_line(shown()) == ""
    streaming.add("\nIs it", 3, thought=True)
    streaming.add(" a femur?", 6, thought=True)
    assert thoughts_line(shown()) == "thinking: 6 tokens so far · T shows it"
    assert (shown().text, shown().thoughts, shown().tokens) == ("", "Is it a femur?", 6)
    review.toggle_thoughts()
    assert thoughts_line(shown()).endswith("T hides it")
    streaming.add("\n\nA head", 9)
    assert thoughts_line(shown()) == "thought 6 tokens · T hides it" and shown().text == "A head"
    review.open_runs.blind = True
    assert shown().thoughts is None and thoughts_line(shown()) == ""
    review.open_runs.blind = False
    streaming.begin_again("again")
    assert thoughts_line(shown()) == "" and shown().text == "again"


async def test_what_a_run_tells_of_thoughts_is_shown(tmp_path: Path) -> None:
    workspace, _ = await begun(tmp_path)
    run = replace(read_run(save_run(tmp_path)), results=())
    item = Item(path="A/a.png", image="a.png", category="A", question_id="q1", question="?")
    for event in (
        events.RunStarted(run, tmp_path, 1, 1),
        events.AnswerStarted(item),
        events.AnswerText(item, "A heart?", 4, True),
    ):
        workspace.run_control._take(event)
    streaming = workspace.open_runs.runs[run.id].in_flight[item.key]
    assert (streaming.thoughts, streaming.text, streaming.thought_tokens) == ("A heart?", "", 4)


def test_an_error_after_thoughts_has_them_too() -> None:
    failed: Result = replace(
        result(response=None, error=Failure(kind="only_thoughts", message="thoughts took 150 tokens")),
        thoughts=Thoughts(text="Hm."),
    )
    review = Review(OpenRuns(None), ())
    opened = review.open_runs.open(Path(), run(results=(failed,)))
    view = review.view_of(opened, failed.key)
    assert (view.state, view.thoughts) == ("error", "Hm.")
    assert thoughts_line(view) == "thought · T shows it"
    assert thoughts_line(AnswerView(thoughts="", thoughts_tokens=9)) == "thought 9 tokens"
    review.open_runs.blind = True
    blind = review.view_of(opened, failed.key)
    assert (blind.text, blind.thoughts) == ("no answer: an error", None)


class Alone(App[None]):
    def get_theme_variable_defaults(self) -> dict[str, str]:
        return {"muted": "#808080", "correct": "#00aa00", "partial": "#aa8800"}

    def compose(self) -> ComposeResult:
        yield AnswerText()


async def test_thoughts_that_grow_stay_muted_and_the_answer_below_is_not() -> None:
    app = Alone()
    async with app.run_test(size=(40, 10)) as pilot:
        text = app.query_one(AnswerText)
        text.show("", before="Is it a femur?")
        text.show("", before="Is it a femur?\nA heart?")
        await pilot.pause()
        assert muted_lines(text) == ["Is it a femur?", "A heart?"]
        text.show("A heart.", before="Is it a femur?\nA heart?")
        text.show("A heart. Or\na head.", before="Is it a femur?\nA heart?")
        await pilot.pause()
        assert muted_lines(text) == ["Is it a femur?", "A heart?"]
        assert "A heart. Or" in screen_text(app) and "a head." in screen_text(app)
        text.show("A heart. Or\na head.")
        await pilot.pause()
        assert muted_lines(text) == [] and "femur" not in screen_text(app)
