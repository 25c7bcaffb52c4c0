"""A list to choose from: one of them, or any number. It draws marks; what they mean is its owner's."""

from collections.abc import Sequence
from typing import ClassVar, Literal

from msgspec import Struct
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from fada_tui.tui.present.cells import fitted

_MARKS = {("one", True): "●", ("one", False): "○", ("any", True): "✓", ("any", False): "·"}


class Pick(Struct, frozen=True):
    """A row."""

    key: str
    label: str
    tail: str = ""
    """At the right."""
    on: bool = False
    kind: Literal["one", "any"] = "any"
    """One of its kind is on, or any number are."""
    level: int = 0
    """How far it stands in."""


class PickList(ScrollView, can_focus=True):
    """Rows of which only the visible ones are drawn; without keys of its own."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "picks--cursor",
        "picks--cursor-blurred",
        "picks--on",
        "picks--off",
        "picks--tail",
    }

    DEFAULT_CSS = """
    PickList {
        height: 1fr;
        background: transparent;
        scrollbar-size-vertical: 1;
        scrollbar-size-horizontal: 0;
        overflow-x: hidden;
        & .picks--cursor {
            background: $block-cursor-background;
            color: $block-cursor-foreground;
            text-style: bold;
        }
        & .picks--cursor-blurred { background: $panel; }
        & .picks--on { color: $accent; text-style: bold; }
        & .picks--off { color: $unjudged; }
        & .picks--tail { color: $unjudged; }
    }
    """

    class Picked(Message):
        """A row was picked."""

        def __init__(self, picks: "PickList", key: str) -> None:
            super().__init__()
            self.picks = picks
            self.key = key

        @property
        def control(self) -> "PickList":
            """The list it was picked in."""
            return self.picks

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._rows: Sequence[Pick] = ()
        self._cursor = 0

    @property
    def rows(self) -> Sequence[Pick]:
        """What is shown."""
        return self._rows

    @property
    def here(self) -> str | None:
        """The key of the row with the cursor."""
        return self._rows[self._cursor].key if self._rows else None

    def show(self, rows: Sequence[Pick]) -> None:
        """Show these rows; the cursor stays with its row where that is still there."""
        here = self.here
        self._rows = rows
        keys = [row.key for row in rows]
        self._cursor = keys.index(here) if here in keys else min(self._cursor, max(len(rows) - 1, 0))
        self._resize()
        self.refresh()

    def go(self, key: str) -> None:
        """Put the cursor on a row."""
        self.move(next((n for n, row in enumerate(self._rows) if row.key == key), 0) - self._cursor)
        # Rows that were shown just now can be scrolled to only once they are laid out.
        self.call_after_refresh(self._reveal)

    def move(self, step: int) -> None:
        """Move the cursor so many rows down, or up, as far as there are rows."""
        self._cursor = max(0, min(self._cursor + step, len(self._rows) - 1))
        self._reveal()
        self.refresh()

    def page(self, step: int) -> None:
        """Move the cursor so many pages down, or up."""
        self.move(step * max(self.scrollable_content_region.height - 1, 1))

    def pick(self) -> None:
        """Pick the row with the cursor."""
        if self.here is not None:
            self.post_message(self.Picked(self, self.here))

    def render_line(self, y: int) -> Strip:
        """Draw a row."""
        width = self.scrollable_content_region.width
        index = y + self.scroll_offset.y
        if index >= len(self._rows):
            return Strip.blank(width, self.rich_style)
        row = self._rows[index]
        cursor = index == self._cursor
        base = self.rich_style
        if cursor:
            base += self._style("cursor" if self.has_focus else "cursor-blurred")
        bright = cursor and self.has_focus
        mark = self._style("on" if row.on else "off")
        # The tail gives way to the name: it has less to say.
        tail = row.tail if width - cell_len(row.tail) > 14 else ""
        lead = ("›" if bright else " ") + "  " * row.level
        name = fitted(row.label, max(width - cell_len(lead) - 4 - cell_len(tail), 0))
        segments = [
            Segment(lead, base),
            Segment(f"{_MARKS[row.kind, row.on]} ", base if bright else base + mark),
            Segment(name, base + mark if row.on and not bright else base),
            Segment(f" {fitted(tail, cell_len(tail))} ", base if bright else base + self._style("tail")),
        ]
        return Strip(segments).adjust_cell_length(width, base)

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(f"picks--{name}", partial=True)

    def _resize(self) -> None:
        self.virtual_size = Size(self.scrollable_content_region.width, len(self._rows))

    def _reveal(self) -> None:
        top, height = self.scroll_offset.y, self.scrollable_content_region.height
        if self._cursor < top:
            self.scroll_to(y=self._cursor, animate=False, immediate=True)
        elif height and self._cursor >= top + height:
            self.scroll_to(y=self._cursor - height + 1, animate=False, immediate=True)

    def on_resize(self) -> None:
        """Take the new width, and keep the cursor in sight."""
        self._resize()
        self._reveal()

    def on_focus(self) -> None:
        """Show the cursor as the one that keys move."""
        self.refresh()

    def on_blur(self) -> None:
        """Show that keys go elsewhere."""
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        """Pick the row under the mouse."""
        index = event.y + self.scroll_offset.y
        if 0 <= index < len(self._rows):
            self.move(index - self._cursor)
            self.pick()
