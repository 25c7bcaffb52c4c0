"""Two filters between untrusted text and the terminal.

The first: whatever is shown goes through `content` (or `text.printable`), which leaves no control character
and parses no markup. The second: `Wall`, a filter over every line that Textual writes, for what slipped past
the first; only a picture's own escape sequences, marked by their type, get through.
"""

from rich.segment import Segment
from textual.color import Color
from textual.content import Content
from textual.filter import LineFilter

from fada_tui.core.text import printable
from fada_tui.tui.terminal.block_mosaics import CHARACTERS


class TerminalGraphics(str):
    """An escape sequence that draws a picture, made by us: the only one that may reach the terminal."""

    __slots__ = ()


def content(text: str) -> Content:
    """Return a text of several lines as it may be shown: its line ends kept, all else printable."""
    return Content("\n".join(printable(line) for line in text.expandtabs(4).splitlines()))


def line(text: str) -> Content:
    """Return a text as one line that may be shown."""
    return Content(printable(text))


class Wall(LineFilter):
    """A filter that makes every segment printable, except the program's own pictures."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the segments, none of them with a control character that isn't a picture's."""
        if all(_harmless(segment.text) for segment in segments):
            return segments
        return [_walled(segment) for segment in segments]


def _harmless(text: str) -> bool:
    """Whether all characters of a text merely stand there.

    Those of a picture are newer than Python's Unicode; unknown, they would be looked at one by one.
    """
    return text.isprintable() or CHARACTERS.issuperset(text)


def _walled(segment: Segment) -> Segment:
    text, style, control = segment
    if isinstance(text, TerminalGraphics) or _harmless(text):
        return segment
    kept = text.replace("\n", "")
    safe = "".join(char if char == printable(char) else "�" for char in kept)
    return Segment(safe, style, None if control and safe else control)
