"""The picture of an image, with its name, its size and its category below."""

from collections.abc import Sequence
from pathlib import Path

from rich.cells import cell_len
from textual import events, on
from textual.app import ComposeResult
from textual.widget import Widget
from textual.widgets import Static

from fada_tui.core.text import printable
from fada_tui.tui.present.cells import shortened
from fada_tui.tui.state.views import AskedAbout
from fada_tui.tui.terminal.graphics.detect import Detected
from fada_tui.tui.terminal.graphics.loader import Failed
from fada_tui.tui.terminal.sanitise import line
from fada_tui.tui.widgets.canvas import OFF, Canvas

BORDER = 4
"""Cells of the line below that are not the words'."""

NARROWEST = 12
"""Cells that an image's name has at least."""

TOLD_APART = 20
"""Cells of its name for which the image's size is left out: names differ at their ends."""


class Picture(Widget):
    """Shows one image; browsing quickly loads only where it stops.

    Args:
        graphics: how this terminal draws pictures.
        id: of the widget.
        classes: of the widget.
    """

    DEFAULT_CSS = """
    Picture {
        width: 1fr;
        height: 1fr;
        layout: vertical;
        & > Static {
            dock: bottom;
            width: 100%;
            height: 1;
            padding: 0 1;
            color: $muted;
            text-align: center;
            text-wrap: nowrap;
            text-overflow: ellipsis;
        }
    }
    """

    def __init__(self, graphics: Detected, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._graphics = graphics
        self._path: Path | None = None
        self._caption = ""
        self._measures = ""
        self._said: str | None = None
        self._framed = False

    def frame(self, *, framed: bool) -> None:
        """Say in the border what else stands below the picture, or leave the name to others."""
        if framed != self._framed:
            self._framed = framed
            self.query_one(Static).display = not framed
            self._said = None
            self._say()

    def compose(self) -> ComposeResult:
        """Lay out the picture and its line."""
        yield Canvas(self._graphics)
        yield Static("", markup=False)

    def show(
        self,
        path: Path | None,
        neighbours: Sequence[Path],
        caption: str,
        asked: Sequence[AskedAbout] = (),
    ) -> None:
        """Show an image from now on; the one that is shown already is left alone.

        Args:
            path: of the image; None for nothing.
            neighbours: images that are likely to be next, the likeliest first.
            caption: what to say of it beside its name and size: its category.
            asked: what the image was when the answers beside it were made.
        """
        if path != self._path:
            self._path, self._measures = path, ""
        self._caption = caption
        self._say()
        self.query_one(Canvas).show(path, neighbours, asked=asked)

    def on_resize(self, event: events.Resize) -> None:
        """Cut the image's name to the room that there is now."""
        self._say()

    @on(Canvas.Arrived)
    def _arrived(self, event: Canvas.Arrived) -> None:
        event.stop()
        answer = event.answer
        if answer.request.path == self._path:
            self._measures = "" if isinstance(answer, Failed) else f"{answer.width} × {answer.height}"
            self._say()

    def _say(self) -> None:
        parts = [printable(self._path.name), self._measures, printable(self._caption)] if self._path else []
        if self._path and self._graphics.graphics == "off" and self.size.height < 2:
            parts.append(OFF)
        if parts and self.size.width:
            room = self.size.width - BORDER - sum(cell_len(f" · {part}") for part in parts[1:-1] if part)
            if room < min(cell_len(parts[0]), TOLD_APART):
                room, parts[1] = self.size.width - BORDER, ""
            parts[0] = shortened(parts[0], max(room, NARROWEST))
        said = " · ".join(part for part in parts if part)
        if said != self._said:
            self._said = said
            self.query_one(Static).update(line(said), layout=False)
            self.border_subtitle = line(said) if self._framed else ""
