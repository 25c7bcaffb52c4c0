"""How often a screen is laid out where a text takes the place of another."""

import pytest
from textual.screen import Screen

from fada_tui.tui.widgets.answer_text import AnswerText
from tests.tui.stage import Stage, lines_of


async def test_another_text_lays_nothing_out_unless_a_scroll_bar_comes_or_goes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    layouts: list[object] = []
    lay_out = Screen._refresh_layout

    def counted(self: Screen[object], *given: object, **named: object) -> None:
        layouts.append(self)
        lay_out(self, *given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(Screen, "_refresh_layout", counted)
    text = AnswerText()
    stage = Stage(text)
    async with stage.shown(30, 6) as pilot:

        async def laid_out(words: str) -> int:
            layouts.clear()
            text.show(words)
            await pilot.pause()
            await pilot.pause()
            return len(layouts)

        await laid_out("one")
        assert await laid_out("two\nthree") == 0
        assert await laid_out("two\nthree\nfour grows") == 0
        assert [one.rstrip() for one in lines_of(stage)[:3]] == ["two", "three", "four grows"]

        long = "\n".join(f"line {number}" for number in range(20))
        assert await laid_out(long) > 0
        assert text.is_long and text.show_vertical_scrollbar
        text.show_edge("end")
        await pilot.pause()
        assert text.scroll_offset.y == 14 and lines_of(stage)[5].startswith("line 19")
        text.show_edge("beginning")
        await pilot.pause()
        assert await laid_out("\n".join(f"row {number}" for number in range(9))) == 0
        assert lines_of(stage)[0].startswith("row 0") and text.max_scroll_y == 3
        text.show_edge("end")
        await pilot.pause()
        assert any(one.startswith("row 8") for one in lines_of(stage))
        assert await laid_out("short") > 0
        assert not text.show_vertical_scrollbar and lines_of(stage)[0].rstrip() == "short"


async def test_a_text_that_opens_at_its_end_stays_there_if_its_room_is_known_late_until_it_is_scrolled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(AnswerText, "scroll_end", lambda *_, **__: None)  # as where it came too early
    text = AnswerText(from_end=True)
    stage = Stage(text)
    async with stage.shown(30, 6) as pilot:
        text.show("\n".join(f"line {number}" for number in range(20)))
        await pilot.pause()
        assert lines_of(stage)[5].startswith("line 19")
        text.show_edge("beginning")
        await pilot.pause()
        stage.screen.refresh(layout=True)
        await pilot.pause()
        assert lines_of(stage)[0].startswith("line 0")


class Early(AnswerText):
    """Has a text before its size."""

    def on_mount(self) -> None:
        self.show("cephalic lie")


async def test_what_is_drawn_before_its_size_is_told_has_whole_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(AnswerText, "on_resize", lambda self: None)
    stage = Stage(Early())
    async with stage.shown(30, 6) as pilot:
        await pilot.pause()
        assert lines_of(stage)[0].startswith("cephalic lie")
