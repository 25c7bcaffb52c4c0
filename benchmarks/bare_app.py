"""A Textual app of the same widgets as the dashboard's main screen, and nothing behind them: the yardstick.

python -m benchmarks.bare_app [ROWS]
"""

import sys

from rich.segment import Segment
from textual.app import App, ComposeResult
from textual.containers import Horizontal, Vertical
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widgets import Footer, Static


class Rows(ScrollView, can_focus=True):
    """Numbered lines, drawn when they are seen; `j` and page down move a cursor."""

    BINDINGS = [("j", "move(1)", "Down"), ("k", "move(-1)", "Up"), ("pagedown", "move(20)", "Page")]  # noqa: RUF012

    def __init__(self, rows: int) -> None:
        super().__init__()
        self.rows = rows
        self.cursor = 0
        self.virtual_size = Size(30, rows)

    def action_move(self, step: int) -> None:
        """Move the cursor."""
        self.cursor = min(max(self.cursor + step, 0), self.rows - 1)
        self.scroll_to(y=max(self.cursor - self.size.height // 2, 0), animate=False)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw a line."""
        row = y + self.scroll_offset.y
        sign = "›" if row == self.cursor else " "
        text = f"{sign} Image_{row:06d}.png" if row < self.rows else ""
        return Strip([Segment(text.ljust(self.size.width), self.rich_style)])


class Bare(App[None]):
    """The panes, empty."""

    CSS = """
    .pane { border: round $primary; }
    #left { width: 30; } #models { height: 1fr; } #gpu { height: 11; } #images { width: 34; }
    #right { width: 1fr; } #picture { height: 1fr; } #answer { height: 1fr; }
    """

    def __init__(self, rows: int) -> None:
        super().__init__()
        self._rows = rows

    def compose(self) -> ComposeResult:
        """Lay out the panes."""
        yield Static("bare")
        with Horizontal():
            with Vertical(id="left"):
                yield Static("Models", id="models", classes="pane")
                yield Static("GPU", id="gpu", classes="pane")
            with Vertical(id="images", classes="pane"):
                yield Rows(self._rows)
            with Vertical(id="right"):
                yield Static("Picture", id="picture", classes="pane")
                yield Static("Answer", id="answer", classes="pane")
        yield Static("idle")
        yield Footer()


if __name__ == "__main__":
    Bare(int(sys.argv[1]) if len(sys.argv) > 1 else 24).run()
