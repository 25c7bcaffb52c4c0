"""One picture on the whole screen, to look closer at parts of it."""

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen
from textual.widgets import Static

from fada_tui.tui.keymap import bindings
from fada_tui.tui.state.views import AskedAbout
from fada_tui.tui.terminal.graphics.detect import Detected
from fada_tui.tui.terminal.graphics.fit import Window, window
from fada_tui.tui.terminal.graphics.loader import Loaded
from fada_tui.tui.terminal.sanitise import line
from fada_tui.tui.widgets.canvas import Canvas
from fada_tui.tui.widgets.keybar import KeyBar

STEP = 1.5
"""How much larger a step of `+` makes the picture."""

LEAST = 16
"""Pixels of the image that are seen at least, in the direction where more of them are."""

PAN = 0.2
"""How much of what is seen a step to the side moves it."""


class ZoomScreen(Screen[None]):
    """The picture, larger and larger; pans where not all of it is seen.

    Args:
        path: of the image.
        graphics: how this terminal draws pictures.
        title: what to call it.
        asked: what the image was when the answers to be judged by it were made.
    """

    PLACES = ("zoom",)
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("zoom")]
    DEFAULT_CSS = """
    ZoomScreen {
        & > .title { height: 1; padding: 0 1; background: $panel; text-style: bold; }
    }
    """

    def __init__(self, path: Path, graphics: Detected, title: str, asked: Sequence[AskedAbout] = ()) -> None:
        super().__init__()
        self._path = path
        self._graphics = graphics
        self._title = title
        self._asked_about = tuple(asked)
        self._image: tuple[int, int] | None = None
        self._factor = 1.0
        self._centre = (0.0, 0.0)

    def compose(self) -> ComposeResult:
        """Lay out the picture between its title and the keys."""
        yield Static(line(self._title), classes="title")
        yield Canvas(self._graphics)
        yield KeyBar(*self.PLACES)

    def on_mount(self) -> None:
        """Ask for the picture."""
        self.query_one(Canvas).show(self._path, asked=self._asked_about)

    def on_resize(self) -> None:
        """Show as much as there is room for now."""
        self.call_after_refresh(self._draw)

    @on(Canvas.Arrived)
    def _arrived(self, event: Canvas.Arrived) -> None:
        if self._image is None and isinstance(event.answer, Loaded):
            self._image = (event.answer.width, event.answer.height)
            self._centre = (self._image[0] / 2, self._image[1] / 2)
            self._tell(None)

    def _draw(self) -> None:
        seen = self._window()
        self.query_one(Canvas).show(self._path, window=seen, asked=self._asked_about)
        self._tell(seen)

    def _window(self) -> Window | None:
        """Return what is seen; None for all of it."""
        canvas = self.query_one(Canvas)
        if self._image is None or self._factor <= 1 or not canvas.size:
            return None
        return window(self._image, *canvas.size, canvas.cell, self._factor, self._centre)

    def _tell(self, seen: Window | None) -> None:
        if self._image is None:
            return
        size = f"{self._image[0]} × {self._image[1]}"
        if seen is None:
            part = "all of it"
        else:
            at = f"{seen.left:.0f}, {seen.top:.0f}"
            part = f"{self._factor:.1f}× · {seen.width:.0f} × {seen.height:.0f} at {at}"
        self.query_one(".title", Static).update(line(f"{self._title} · {size} · {part}"))

    def action_zoom(self, step: int) -> None:
        """Make the picture a step larger or smaller."""
        if self._image is None:
            return
        largest = max(1.0, max(self._image) / LEAST)
        self._factor = min(max(self._factor * STEP**step, 1.0), largest)
        if self._factor < STEP**0.5:
            self._factor = 1.0  # steps down from the largest one needn't end at all of it
        self._draw()

    def action_fit(self) -> None:
        """Show all of the picture."""
        self._factor = 1.0
        if self._image is not None:
            self._centre = (self._image[0] / 2, self._image[1] / 2)
        self._draw()

    def action_pan(self, right: int, down: int) -> None:
        """Move the visible part of the picture."""
        seen = self._window()
        if seen is None or self._image is None:
            return
        # From the middle of what is seen: at an edge it isn't the centre that was asked for.
        middle = ((seen.left + seen.right) / 2, (seen.top + seen.bottom) / 2)
        self._centre = (middle[0] + right * PAN * seen.width, middle[1] + down * PAN * seen.height)
        self._draw()

    def action_back(self) -> None:
        """Go back to the screen before."""
        self.dismiss(None)
