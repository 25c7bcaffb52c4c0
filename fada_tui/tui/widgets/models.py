"""The models pane: the list with status, size and speed, and all about the one under the cursor."""

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from fada_tui.tui.keymap import bindings
from fada_tui.tui.present.cells import fitted
from fada_tui.tui.present.models import ModelLine
from fada_tui.tui.widgets.words import Words

STATUS_GLYPHS = {"tested": "●", "untested": "○", "failed": "!", "skipped": "–", "gated": "§"}
"""One cell each; the word stands in the detail below the list."""


class ModelList(ScrollView, can_focus=True):
    """The models, a line each."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("models")]

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "models--cursor",
        "models--cursor-blurred",
        "models--muted",
        "models--loaded",
        "models--chosen",
        "models--failed",
    }

    DEFAULT_CSS = """
    ModelList {
        height: 1fr;
        scrollbar-size-vertical: 1;
        scrollbar-size-horizontal: 0;
        overflow-x: hidden;
        & .models--cursor {
            background: $block-cursor-background;
            color: $block-cursor-foreground;
            text-style: bold;
        }
        & .models--cursor-blurred { background: $panel; text-style: bold; }
        & .models--muted { color: $muted; }
        & .models--loaded { color: $primary; text-style: bold; }
        & .models--chosen { color: $accent; text-style: bold; }
        & .models--failed { color: $error; text-style: bold; }
    }
    """

    class Highlighted(Message):
        """The cursor stands on a model, or what is known of it changed."""

        def __init__(self, model: ModelLine) -> None:
            super().__init__()
            self.model = model

    class Opened(Message):
        """A model was chosen by enter or mouse."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    class Marked(Message):
        """A model is to be marked, or no longer."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    class LeaveLeft(Message):
        """The person wants the pane to the left."""

    class LeaveRight(Message):
        """The person wants the pane to the right."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: tuple[ModelLine, ...] = ()
        self._cursor = 0

    def show(self, lines: Sequence[ModelLine]) -> None:
        """Show these models; only lines that changed are drawn again."""
        before, self._lines = self._lines, tuple(lines)
        if len(before) != len(self._lines):
            self._resize()
            self.refresh()
        for index, (old, new) in enumerate(zip(before, self._lines, strict=False)):
            if old != new:
                self._refresh_row(index)
        self._cursor = min(self._cursor, max(len(self._lines) - 1, 0))
        if (
            self._lines
            and before[self._cursor : self._cursor + 1] != self._lines[self._cursor : self._cursor + 1]
        ):
            self.post_message(self.Highlighted(self._lines[self._cursor]))

    @property
    def highlighted(self) -> str | None:
        """Name of the model under the cursor."""
        return self._lines[self._cursor].name if self._lines else None

    def render_line(self, y: int) -> Strip:
        """Draw a model."""
        width = self.scrollable_content_region.width
        index = y + self.scroll_offset.y
        if index >= len(self._lines):
            return Strip.blank(width, self.rich_style)
        model, cursor = self._lines[index], index == self._cursor
        base = self._cursor_style if cursor else self.rich_style
        tail = f" {model.state or ' '.join(self._figures(model, width))} "
        tail = fitted(tail, min(len(tail), width // 2 + 4))
        name = fitted(model.name, max(width - 4 - len(tail), 0))
        mark = "▶" if model.loaded else STATUS_GLYPHS[model.status]
        mark_style = "loaded" if model.loaded else "failed" if model.status == "failed" else "muted"
        name_style = "chosen" if model.marked else "loaded" if model.loaded else "" if model.here else "muted"
        tail_style = "loaded" if model.state else "muted"
        tail_style = "failed" if model.damaged else tail_style
        segments = [
            Segment("›" if cursor else " ", base),
            Segment("+" if model.marked else " ", base + self._style("chosen")),
            Segment(f"{mark} ", base + self._style(mark_style)),
            Segment(name, base + self._style(name_style) if name_style else base),
            Segment(tail, base + self._style(tail_style)),
        ]
        return Strip(segments).adjust_cell_length(width, base)

    @staticmethod
    def _figures(model: ModelLine, width: int) -> list[str]:
        speed = [f"{model.speed:>7}"] if width >= 34 else []
        return [f"{model.size:>6}", *speed]

    @property
    def _cursor_style(self) -> Style:
        name = "models--cursor" if self.has_focus else "models--cursor-blurred"
        return self.rich_style + self.get_component_rich_style(name, partial=True)

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(f"models--{name}", partial=True)

    def _refresh_row(self, index: int) -> None:
        self.refresh(Region(0, index - self.scroll_offset.y, self.size.width, 1))

    def _resize(self) -> None:
        self.virtual_size = Size(self.scrollable_content_region.width, len(self._lines))

    def on_resize(self) -> None:
        """Take the new width, and keep the cursor in sight."""
        self._resize()
        self._go(self._cursor)

    def on_focus(self) -> None:
        """Show the cursor as the one that keys move."""
        self._refresh_row(self._cursor)

    def on_blur(self) -> None:
        """Show that keys go elsewhere."""
        self._refresh_row(self._cursor)

    def _go(self, index: int) -> None:
        if not self._lines:
            return
        before, self._cursor = self._cursor, max(0, min(index, len(self._lines) - 1))
        self._refresh_row(before)
        self._refresh_row(self._cursor)
        top, height = self.scroll_offset.y, self.scrollable_content_region.height
        if self._cursor < top or (height and self._cursor >= top + height):
            wanted = self._cursor if self._cursor < top else self._cursor - height + 1
            self.scroll_to(y=wanted, animate=False, immediate=True)
        if before != self._cursor:
            self.post_message(self.Highlighted(self._lines[self._cursor]))

    def action_up(self) -> None:
        """Go a model up."""
        self._go(self._cursor - 1)

    def action_down(self) -> None:
        """Go a model down."""
        self._go(self._cursor + 1)

    def action_open(self) -> None:
        """Open the model's latest run."""
        if self._lines:
            self.post_message(self.Opened(self._lines[self._cursor].name))

    def action_mark(self) -> None:
        """Mark the model for the next run, or take the mark away."""
        if self._lines:
            self.post_message(self.Marked(self._lines[self._cursor].name))

    def action_pane(self, step: int) -> None:
        """Go to the pane at the left or right."""
        self.post_message(self.LeaveLeft() if step < 0 else self.LeaveRight())

    def on_click(self, event: events.Click) -> None:
        """Put the cursor where the mouse is; open on the second click."""
        index = event.y + self.scroll_offset.y
        if index < len(self._lines):
            self._go(index)
            if event.chain == 2:
                self.action_open()


class ModelPane(Vertical):
    """The list, and below it what is known of the model under the cursor."""

    DEFAULT_CSS = """
    ModelPane > .detail { height: auto; max-height: 4; color: $muted; border-top: solid $border; }
    """

    def compose(self) -> ComposeResult:
        """Lay the pane out."""
        yield ModelList()
        yield Words(classes="detail")

    @on(ModelList.Highlighted)
    def _highlighted(self, event: ModelList.Highlighted) -> None:
        self.query_one(".detail", Words).say(event.model.detail)
