"""The place where a picture is drawn: asks for it in its size, and gives the terminal its sequences once."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Offset, Region
from textual.message import Message
from textual.screen import Screen
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

from fada_tui.core.image_identity import compare, described
from fada_tui.core.text import printable
from fada_tui.tui.present.wrapping import wrapped
from fada_tui.tui.state.views import AskedAbout
from fada_tui.tui.terminal.graphics.detect import Detected, current_cell
from fada_tui.tui.terminal.graphics.fit import BLACK, Colour, Window
from fada_tui.tui.terminal.graphics.loader import Failed, Loaded, Loader, Request
from fada_tui.tui.terminal.graphics.render import Rendered
from fada_tui.tui.terminal.graphics.rows import Drawing, Row
from fada_tui.tui.terminal.graphics.shelf import SHELF
from fada_tui.tui.terminal.graphics.view import AS_IT_IS, View
from fada_tui.tui.widgets.pace import Pace

CALM_SECONDS = 0.15
"""How long nothing else must be asked for before a picture is loaded; the first one is at once."""

CHANGE_SECONDS = 0.5
"""How often to see whether another terminal shows the dashboard, where that may be."""

MEND_SECONDS = 0.1
"""How long nothing else must write over a picture before it is drawn anew."""

OFF = "pictures are off"

_SYSTEMS = {
    "standard": ColorSystem.STANDARD,
    "256": ColorSystem.EIGHT_BIT,
    "truecolor": ColorSystem.TRUECOLOR,
    "windows": ColorSystem.WINDOWS,
}

REFUSED = "put the old file back to see it, or A judges its answers anyway"
AGREED = "its answers are judged anyway; put the old file back to see it"
"""What to do about a changed image, before and after the user agreed."""


class Canvas(Widget):
    """Draws one picture in its middle, or says why there is none.

    An image that is another than the answers beside it are of is never drawn.

    Args:
        graphics: how this terminal draws pictures.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"canvas--error", "canvas--muted"}
    DEFAULT_CSS = """
    Canvas {
        width: 1fr;
        height: 1fr;
        & > .canvas--error { color: $error; }
        & > .canvas--muted { color: $muted; }
    }
    """

    class Arrived(Message):
        """A picture came from the loader, or what is wrong with it."""

        def __init__(self, answer: Loaded | Failed, lines: list[Strip]) -> None:
            super().__init__()
            self.answer = answer
            self.lines = lines

    class Changed(Message):
        """The image is another than an answer beside it is of."""

        def __init__(self, path: Path) -> None:
            super().__init__()
            self.path = path

    def __init__(self, graphics: Detected) -> None:
        super().__init__()
        self._graphics = graphics
        self._asked_about: tuple[AskedAbout, ...] = ()
        self._change: str | None = None
        """That the image has changed, in words."""
        self._loader = Loader(graphics, self._deliver)
        self._path: Path | None = None
        self._ahead: tuple[Path, ...] = ()
        self._view = AS_IT_IS
        self._request: Request | None = None
        self._answer: Loaded | Failed | None = None
        self._lines: list[Strip] = []
        self._asked = float("-inf")
        self._timer: Timer | None = None
        self._mending: Timer | None = None
        self._pace = Pace(self, self._ask)
        self._whole = False
        """Whether the next drawing is worth a picture that is one sequence for all lines."""
        self._placed = 0
        """The number of the picture that was placed last."""
        self._changes = 0
        """Which terminal the picture was drawn for: `Shelf.changes`."""

    @property
    def cell(self) -> tuple[int, int]:
        """Width and height of a cell in pixels."""
        return current_cell(self._graphics)

    def show(
        self,
        path: Path | None,
        ahead: Sequence[Path] = (),
        view: View = AS_IT_IS,
        asked: Sequence[AskedAbout] = (),
    ) -> None:
        """Show an image, or a part of it; what is shown already stays as it is.

        Args:
            path: of the image; None for nothing.
            ahead: images that may be next.
            view: how to look at it; all of it is shown as it is by default.
            asked: what the image was when the answers beside it were made.
        """
        self._ahead = tuple(ahead)
        before, self._asked_about = self._asked_about, tuple(asked)
        if path != self._path:
            # Never a picture beside another one's name.
            self._path, self._view = path, view
            self._forget()
            self._soon(restart=True)
            return
        if before != self._asked_about:
            self._compare()
        self.look(view)

    @property
    def is_off(self) -> bool:
        """Whether no pictures are drawn in this terminal."""
        return self._graphics.graphics == "off"

    def look(self, view: View) -> None:
        """Look at what is shown in another way."""
        if view != self._view:
            self._view = view
            self._soon(restart=False)

    @property
    def image(self) -> tuple[int, int] | None:
        """Width and height of the image that is shown, once they are known."""
        answer = self._answer
        return (answer.width, answer.height) if isinstance(answer, Loaded) else None

    @property
    def seen(self) -> Window | None:
        """What of the image is seen; `None` for all of it."""
        if self.image is None or self._view.closer is None or not self.size:
            return None
        return self._view.closer.window(self.image, *self.size, self.cell)

    def _forget(self) -> None:
        self._request = None
        self._loader.cancel()
        if self._answer is not None:
            self._answer, self._lines, self._change = None, [], None
            self.refresh()

    def _compare(self) -> None:
        """Hide a picture that is not what was asked about."""
        answer, before = self._answer, self._change
        if answer is None:
            return
        changed = [one for one in self._asked_about if compare(one.image, answer.found) != "as_asked"]
        refused = [
            one for one in changed if one.agreed is None or compare(one.agreed, answer.found) != "as_asked"
        ]
        name = printable(answer.request.path.name)
        self._change = None
        if changed:
            what = described(name, (refused or changed)[0].image, answer.found)
            self._change = f"{what}: {REFUSED if refused else AGREED}"
        if self._change != before:
            self.refresh()
        if self._change is not None:
            self.post_message(self.Changed(answer.request.path))

    def _soon(self, *, restart: bool) -> None:
        """Ask at once if it has been calm; else when it is (restart), or when the time has come."""
        if self._path is None or not self.size:
            return  # what has no room yet is asked for when it gets some
        now = time.monotonic()
        calm, self._asked = now - self._asked >= CALM_SECONDS, now
        if self._timer is not None and restart:
            self._timer.stop()
            self._timer = None
        if self._timer is not None:
            return
        if calm:
            self._ask()
        else:
            self._timer = self.set_timer(CALM_SECONDS, self._ask)

    def _ask(self) -> None:
        self._timer = None
        if self._path is None or not self.size:
            return  # it was taken away meanwhile
        if self._pace.holds(another=self._request is None):
            return
        request = self._wish(self._path)
        if request != self._request:
            self._request = request
            self._loader.ask(request, [self._wish(path) for path in self._ahead])
        else:
            self._mend()

    def _wish(self, path: Path) -> Request:
        return Request(path, self.size.width, self.size.height, self.cell, self._view, self._surroundings())

    def _deliver(self, answer: Loaded | Failed) -> None:
        """Prepare the lines, which takes a while, and pass them on; called in the loader's thread."""
        rendered = answer.rendered if isinstance(answer, Loaded) else None
        self.post_message(self.Arrived(answer, rendered.lines() if rendered else []))

    def on_canvas_arrived(self, event: Arrived) -> None:
        """Draw a loaded picture, if it is still requested."""
        if event.answer.request != self._request:
            event.stop()
            return
        self._answer, self._lines, self._change = event.answer, event.lines, None
        self._compare()
        self._whole = True
        self.refresh()
        if self._lines:
            self.call_after_refresh(self._pace.begin)

    def on_resize(self) -> None:
        """Ask for the picture in its new size."""
        self._soon(restart=True)

    def on_mount(self) -> None:
        """Be told when another screen covers this one, and when another terminal shows it."""
        self.app.screen_change_signal.subscribe(self, self._screen_changed, immediate=True)
        if self._graphics.watched:
            self._changes = SHELF.changes
            self.set_interval(CHANGE_SECONDS, self._see_terminal)

    def on_hide(self) -> None:
        """Take the picture off the screen."""
        self._lift()

    def on_unmount(self) -> None:
        """Give back what the terminal holds."""
        self._lift()
        self._loader.close()

    # Drawing

    @property
    def _rendered(self) -> Rendered | None:
        if self._change is not None or not isinstance(self._answer, Loaded):
            return None
        return self._answer.rendered

    @property
    def _offset(self) -> Offset | None:
        """The picture's top left corner; None while what there is doesn't fit."""
        rendered = self._rendered
        if rendered is None:
            return None
        left, top = self.size.width - rendered.placement.columns, self.size.height - rendered.placement.rows
        return Offset(left // 2, top // 2) if left >= 0 and top >= 0 else None

    def render_line(self, y: int) -> Strip:
        """Return a line of the picture as half blocks, or of the message."""
        width, base = self.size.width, self.rich_style
        offset = self._offset
        if offset is not None and offset.y <= y < offset.y + len(self._lines):
            line = self._lines[y - offset.y]
            before = Strip([Segment(" " * offset.x, base)], offset.x)
            return Strip.join([before, line]).adjust_cell_length(width, base)
        lines, style = self._message(width)
        row = y - max(self.size.height - len(lines), 0) // 2
        if not 0 <= row < len(lines):
            return Strip.blank(width, base)
        text = lines[row]
        left = max(width - Segment(text).cell_length, 0) // 2
        return Strip([Segment(" " * left, base), Segment(text, style)]).adjust_cell_length(width, base)

    def _message(self, width: int) -> tuple[list[str], Style]:
        """Return what is said instead of a picture, and how it looks."""
        wrong = self._change or (self._answer.message if isinstance(self._answer, Failed) else None)
        if wrong is not None:
            return wrapped(f"! {wrong}", max(width - 2, 1)), self._part("error")
        if self._graphics.graphics == "off" and self._path is not None:
            return [OFF], self._part("muted")
        return [], self.rich_style

    def _part(self, name: str) -> Style:
        return self.rich_style + self.get_component_rich_style(f"canvas--{name}", partial=True)

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return lines; those of a picture become the terminal's own only when they are written."""
        strips = super().render_lines(crop)
        rendered, offset = self._rendered, self._offset
        if rendered is None or offset is None or not rendered.payload:
            self._lift()
            return strips
        if self._request is not None and self._request.background != self._surroundings():
            self._mend_soon()
        columns, rows = rendered.placement.columns, rendered.placement.rows
        if crop.width != self.size.width or crop.y > offset.y or crop.bottom < offset.y + rows:
            if self._lift():
                self._mend_soon()
            return strips
        below_notices = self._below_notices()
        if below_notices and self._lift():
            self._mend_soon()
        drawing = Drawing(
            rendered,
            self.region.offset + offset,
            offset.x,
            self._blank(columns),
            self._whole and not below_notices,
            lambda: self._drawn(rendered.number),
            self._mend_soon,
            self.call_later,
        )
        return [
            Row(strip, drawing, y - offset.y) if offset.y <= y < offset.y + rows else strip
            for y, strip in zip(crop.line_range, strips, strict=True)
        ]

    def _drawn(self, number: int) -> None:
        self._whole, self._placed = False, number

    def _screen_changed(self, top: Screen[object]) -> None:
        """Leave the terminal's screen to another: it draws what is still to be seen of this one as text."""
        if top is not self.screen:
            self._lift()

    def _see_terminal(self) -> None:
        """Draw anew for another terminal."""
        if self._changes != SHELF.changes:
            self._changes = SHELF.changes
            self.refresh()

    def _below_notices(self) -> bool:
        """Whether a notice covers a part of a picture that stays above the text."""
        if not self._graphics.placed:
            return False
        return any(toast.region.overlaps(self.region) for toast in self.screen.query("Toast"))

    def _lift(self) -> bool:
        """Take the picture off the screen, if it is one that stays above the text; return whether it was."""
        placed, self._placed = self._placed, 0
        return SHELF.lift(placed)

    def _mend_soon(self) -> None:
        if self._mending is not None:
            self._mending.stop()
        self._mending = self.set_timer(MEND_SECONDS, self._mend)

    def _mend(self) -> None:
        self._mending = None
        if self._path is not None and self._request not in (None, self._wish(self._path)):
            self._soon(restart=False)
        elif self._answer is not None and self._answer.request == self._request and self._timer is None:
            self._whole = True
            self.refresh()

    def _surroundings(self) -> Colour:
        """Return the colour around the picture as the terminal draws it, where that matters; else black."""
        graphics = self._graphics
        if graphics.graphics != "sixel" and not graphics.placed:
            return BLACK
        colour = next((style.bgcolor for _, style, _ in self._blank(1) if style), None)
        system = self.app.console.color_system
        if colour is None or system is None:
            return BLACK
        red, green, blue = colour.downgrade(_SYSTEMS[system]).get_truecolor()
        return red, green, blue

    def _blank(self, columns: int) -> Strip:
        blank = Strip.blank(columns, self.rich_style)
        background = self.background_colors[1]
        for line_filter in self.get_line_filters():
            blank = blank.apply_filter(line_filter, background)
        return blank
