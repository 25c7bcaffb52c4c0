"""The image list, folded to one line."""

from typing import ClassVar, cast

from rich.cells import cell_len
from textual.app import RenderResult
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.visual import VisualType
from textual.widget import Widget

from fada_tui.core.text import printable
from fada_tui.tui.present.cells import file_name
from fada_tui.tui.present.glyphs import GLYPHS
from fada_tui.tui.state.list_line import ListLine

NAME_CELLS = 18
"""Of a name: the category goes before it becomes shorter than that."""

LEAST_NAME_CELLS = 10
"""Of a name: its number goes before it becomes shorter than that."""

WAITING = "∙"
"""A question that is not answered yet; in the list such an image has no mark at all."""


class FoldedList(Widget):
    """Shows the image, its number in the list, its category, and a mark for each of its questions."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "folded--name",
        "folded--muted",
        *(f"folded--{kind}" for kind in GLYPHS),
    }

    DEFAULT_CSS = """
    FoldedList {
        height: 1;
        padding: 0 1;
        background: $background;
        & .folded--name { text-style: bold; }
        & .folded--muted { color: $muted; }
        & .folded--correct { color: $correct; }
        & .folded--partial { color: $partial; }
        & .folded--incorrect { color: $incorrect; }
        & .folded--unjudged { color: $unjudged; }
        & .folded--waiting { color: $muted; }
        & .folded--running { color: $primary; text-style: bold; }
        & .folded--error { color: $error; text-style: bold; }
    }
    """

    class Opened(Message):
        """The line was clicked."""

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self._line = ListLine()

    def show(self, line: ListLine) -> None:
        """Show this place of the list."""
        if line != self._line:
            self._line = line
            self.refresh()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return 1: it is one line."""
        return 1

    def render(self) -> RenderResult:
        """Draw the line."""
        line = self._line
        style = self.get_visual_style
        name, number, category = fitting(line, self.content_size.width)
        pieces: list[tuple[str, object]] = [
            (name, style("folded--name")),
            (number + category, style("folded--muted")),
            ("  " if line.marks and name else "", ""),
        ]
        for index, kind in enumerate(line.marks):
            glyph = WAITING if kind == "waiting" else GLYPHS[kind]
            here = index == line.current and len(line.marks) > 1
            pieces.append((f"[{glyph}]" if here else glyph, style(f"folded--{kind}")))
        return cast("VisualType", Content.assemble(*pieces))  # type: ignore[arg-type]

    def on_click(self) -> None:
        """Unfold the list."""
        self.post_message(self.Opened())


def fitting(line: ListLine, width: int) -> tuple[str, str, str]:
    """Return name, number and category as so many cells have room for, beside the questions' marks."""
    if not line.name:
        return f"{line.images:,} images", "", ""
    marks = len(line.marks) + 2 * (len(line.marks) > 1) + 2
    numbers = (f" · {line.number:,} of {line.images:,}", f" · {line.number:,}/{line.images:,}")
    category = f" · {printable(line.category)}" if line.category else ""
    name = cell_len(printable(line.name))
    for number, kept, least in (
        (numbers[0], category, NAME_CELLS),
        (numbers[0], "", NAME_CELLS),
        (numbers[1], "", LEAST_NAME_CELLS),
    ):
        room = width - marks - len(number) - cell_len(kept)
        if room >= min(name, least):
            return file_name(line.name, min(name, room)).rstrip(), number, kept
    return file_name(line.name, max(min(name, width - marks), 1)).rstrip(), "", ""
