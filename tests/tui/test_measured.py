"""Heights that follow what is shown, whenever the screen is laid out."""

import pytest
from textual.content import Content
from textual.widget import Widget

from fada_tui.tui.widgets.keybar import KeyBar
from fada_tui.tui.widgets.measured import Text
from fada_tui.tui.widgets.words import Words
from tests.tui.stage import Stage, lines_of


def change(widget: Widget, lines: int) -> None:
    """Let a widget show so many lines."""
    match widget:
        case Words():
            widget.say("\n".join(f"line {n}" for n in range(lines)))
        case Text():
            widget.update(Content("\n".join(f"line {n}" for n in range(lines))))
        case KeyBar():
            widget.show(["images"] if lines < 3 else ["verdict", "assess", "main", "images"])


def lay_out(stage: Stage) -> None:
    """Lay the screen out now, as another widget's change or a resize would."""
    stage.screen._clear_arrangement_cache()
    stage.screen._refresh_layout()


@pytest.mark.parametrize("make", [Text, Words, KeyBar])
async def test_two_changes_around_a_layout_show_the_second(make: type[Widget]) -> None:
    widget = make()
    stage = Stage(widget)
    async with stage.shown(60, 20) as pilot:
        await pilot.pause()
        change(widget, 2)
        lay_out(stage)
        change(widget, 6)
        await pilot.pause()
        expected = 3 if isinstance(widget, KeyBar) else 6
        assert widget.outer_size.height == expected, "\n".join(lines_of(stage))
