"""A line that folds and unfolds what stands below it."""

from textual import events
from textual.app import RenderResult
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from fada_tui.core.text import printable


class Fold(Widget, can_focus=True):
    """Says what is below it, or what is set there while that is out of sight.

    Args:
        id: of the line.
        title: of what is folded.
    """

    DEFAULT_CSS = """
    Fold {
        height: 1;
        color: $muted;
        text-wrap: nowrap;
        text-overflow: ellipsis;
        &.-set { color: $accent; }
        &:focus {
            background: $block-cursor-background;
            color: $block-cursor-foreground;
            text-style: bold;
        }
    }
    """

    is_open: reactive[bool] = reactive(False)
    says: reactive[str] = reactive("")

    class Turned(Message):
        """It was folded or unfolded."""

        def __init__(self, fold: "Fold", is_open: bool) -> None:
            super().__init__()
            self.fold = fold
            self.is_open = is_open

    def __init__(self, id: str, title: str) -> None:
        super().__init__(id=id)
        self._title = title

    def watch_is_open(self, is_open: bool) -> None:
        """Say so."""
        self.post_message(self.Turned(self, is_open))

    def render(self) -> RenderResult:
        """Draw the line."""
        sign = "▾" if self.is_open else "▸"
        return Content(f"{sign} {self._title}" + ("" if self.is_open else f"  {printable(self.says)}"))

    def on_click(self, _: events.Click) -> None:
        """Fold or unfold."""
        self.is_open = not self.is_open
