import pytest
from rich.segment import ControlType, Segment
from rich.style import Style
from textual.color import Color

from fada_tui.tui.terminal.sanitise import TerminalGraphics, Wall, content, line

HOSTILE = ["\x1b[2J", "\x1b]52;c;aGk=\x07", "\x9b31m", "\x90q\x9c", "‮abc", "a\rb", "\x07", "\ud800", " "]
BLACK = Color(0, 0, 0)


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_what_is_shown_holds_no_control(text: str) -> None:
    assert line(f"before{text}after").plain.isprintable()
    assert all(row.isprintable() for row in content(f"one\n{text}\nthree").plain.split("\n"))


def test_lines_stay_lines_and_markup_stays_text() -> None:
    shown = content("[bold]a[/bold]\n[@click=app.quit]b[/]")
    assert shown.plain == "[bold]a[/bold]\n[@click=app.quit]b[/]"
    assert not shown.spans


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
@pytest.mark.parametrize("control", [None, [(ControlType.CURSOR_FORWARD, 0)]])
def test_the_wall_lets_no_control_through(text: str, control: list[tuple[ControlType, int]] | None) -> None:
    style = Style(bold=True)
    kept, walled = Wall().apply([Segment("ok", style), Segment(text, style, control)], BLACK)
    assert kept == Segment("ok", style)
    assert walled.text.isprintable()
    assert walled.style == style


def test_the_wall_lets_pictures_of_our_own_through() -> None:
    picture = Segment(TerminalGraphics("\x1bPq#0~\x1b\\"), None, [(ControlType.CURSOR_FORWARD, 0)])
    assert Wall().apply([picture], BLACK) == [picture]


def test_the_wall_leaves_a_harmless_line_as_it_is() -> None:
    segments = [Segment("Größe 3 µm"), Segment("…")]
    assert Wall().apply(segments, BLACK) is segments
