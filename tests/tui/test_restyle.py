"""How many widgets are styled anew where one only goes from pane to pane."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.css.stylesheet import Stylesheet
from textual.dom import DOMNode
from textual.scrollbar import ScrollBar, ScrollBarCorner
from textual.widget import Widget

from fada_tui.tui.new_run.screen import NewRunScreen
from fada_tui.tui.widgets.answer_text import AnswerText
from fada_tui.tui.widgets.images import ImageList
from fada_tui.tui.widgets.picklist import PickList
from tests.tui.dashboard import main_of, make_app, save_run, screen_text, wait_for

SIZE = (120, 36)


@pytest.fixture
def styled(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Widget]]:
    """All widgets but scroll bars that are styled anew."""
    nodes: list[Widget] = []
    apply = Stylesheet.apply

    def counted(self: Stylesheet, node: DOMNode, **options: Any) -> None:
        if isinstance(node, Widget) and not isinstance(node, ScrollBar | ScrollBarCorner):
            nodes.append(node)
        apply(self, node, **options)

    monkeypatch.setattr(Stylesheet, "apply", counted)
    yield nodes


def colour(widget: Widget) -> object:
    return widget.styles.border_top[1]


async def test_going_to_another_pane_styles_two_panes_and_what_has_the_focus(
    tmp_path: Path, styled: list[Widget]
) -> None:
    save_run(tmp_path)
    app = make_app(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        main = main_of(app)
        answer, images = main.query_one("#answer"), main.query_one("#images")
        await wait_for(pilot, lambda: main.workspace.review.run and main.query_one(AnswerText).has_focus)
        await wait_for(pilot, lambda: answer.has_class("-focused"))
        focused, plain = colour(answer), colour(images)
        assert focused != plain
        styled.clear()
        await pilot.press("tab")
        await wait_for(pilot, lambda: images.has_class("-focused") and main.query_one(ImageList).has_focus)
        await pilot.pause()
        assert (colour(answer), colour(images)) == (plain, focused)
        assert {answer, images} <= set(styled)
        assert len(styled) <= 6, styled

        before = len(styled)
        await pilot.press("D")  # What was marked alone takes the colours of another theme, too.
        await wait_for(pilot, lambda: len(styled) > before and colour(images) != focused)
        assert colour(images) != colour(answer)


@pytest.mark.long
async def test_going_to_another_section_styles_two_sections(tmp_path: Path, styled: list[Widget]) -> None:
    app = make_app(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await wait_for(pilot, lambda: "Press r to ask" in screen_text(app))
        await pilot.press("r")
        form = await wait_for(pilot, lambda: isinstance(app.screen, NewRunScreen) and app.screen)
        await wait_for(pilot, lambda: isinstance(form.focused, PickList))
        models, images = form.query_one("#models"), form.query_one("#images")
        await wait_for(pilot, lambda: models.has_class("-here"))
        here, plain = colour(models), colour(images)
        assert here != plain
        form.query_one("#images-list").focus()
        styled.clear()
        await wait_for(pilot, lambda: images.has_class("-here"))
        await pilot.pause()
        assert (colour(models), colour(images)) == (plain, here)
        assert len(styled) <= 6, styled
