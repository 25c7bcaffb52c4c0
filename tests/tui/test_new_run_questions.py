"""Questions are kept under a name from "New run", and offered from then on."""

import pytest
from textual.widgets import Input, Static, TextArea

from fada_tui.config.own_questions import keep
from fada_tui.config.questions import load_questions
from fada_tui.core.records import Question
from fada_tui.images.catalogue import Catalogue
from fada_tui.tui.new_run.question_name import QuestionName, described
from fada_tui.tui.widgets.picklist import PickList
from tests.tui.dashboard import screen_text, wait_for
from tests.tui.test_new_run import Host, answer, catalogue, opened  # noqa: F401


def test_questions_are_described_with_how_they_are_scored() -> None:
    assert described(Question(id="a", text="Why?")) == "a  not scored  Why?"
    ordered = Question(id="b", text="How?", score="ordered", values=("bad", "good"))
    assert described(ordered) == "b  ordered of 2 values  How?"


@pytest.mark.parametrize("size", [(60, 15), (120, 36)])
async def test_a_changed_set_is_kept_with_its_scoring_and_asked_for_by_its_name(
    catalogue: Catalogue,  # noqa: F811
    size: tuple[int, int],
) -> None:
    keep("taken", (Question(id="q1", text="Kept?"),))
    app = Host(catalogue)
    async with app.run_test(size=size) as pilot:
        screen = await opened(pilot)
        picks, text = screen.query_one("#sets", PickList), screen.query_one(TextArea)
        assert [row.label for row in picks.rows][-1] == "Set taken"
        picks.focus()
        picks.go("clinical")
        await pilot.press("space")
        await wait_for(pilot, lambda: text.text.count("\n") == 7)
        text.focus()
        text.move_cursor(text.document.end)
        await pilot.press("enter", *"Own one?")
        await wait_for(pilot, lambda: "^o keeps them" in str(screen.query_one("#questions").border_subtitle))
        await pilot.press("ctrl+o")
        await wait_for(pilot, lambda: isinstance(app.screen, QuestionName))
        said = app.screen.query_one(".said", Static)
        assert "not scored" in screen_text(app) or size == (60, 15)
        await pilot.press(*"demo", "enter")
        await wait_for(pilot, lambda: "comes with the program" in str(said.content))
        app.screen.query_one(Input).value = "taken"
        await pilot.press("enter")
        await wait_for(pilot, lambda: "again replaces it" in str(said.content))
        assert [one.text for one in load_questions("taken")] == ["Kept?"], "not without being asked twice"
        await pilot.press("enter")
        await wait_for(pilot, lambda: app.screen is screen)
        made, before = load_questions("taken"), load_questions("clinical")
        assert made[:-1] == before and made[-1].text == "Own one?"
        assert next(row for row in picks.rows if row.key == "taken").on
        await pilot.press("ctrl+s")
        wanted = await answer(pilot)
        assert wanted is not None
        assert (wanted.settings.questions, wanted.settings.question) == ("taken", ())


async def test_nothing_is_kept_of_what_is_wrong_or_taken_back(catalogue: Catalogue) -> None:  # noqa: F811
    app = Host(catalogue)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        screen.query_one(TextArea).text = ""
        await pilot.pause()
        await pilot.press("S")
        await wait_for(pilot, lambda: screen.query_one(TextArea).has_focus)
        assert app.screen is screen
        await pilot.press(*"Why?", "escape", "S")
        await wait_for(pilot, lambda: isinstance(app.screen, QuestionName))
        await pilot.press(*"mine", "escape")
        await wait_for(pilot, lambda: app.screen is screen)
        assert len(screen.query_one("#sets", PickList).rows) == 5
