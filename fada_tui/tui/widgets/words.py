"""Text in the panes that is laid out again only when its height changes, since that costs a whole frame.

Where it is too long for its `max-height`, its end goes, and is seen to be missing.
"""

from textual.content import Content
from textual.css.scalar import Unit
from textual.events import Resize

from fada_tui.tui.present.wrapping import wrapped
from fada_tui.tui.terminal.sanitise import content
from fada_tui.tui.widgets.measured import Text

CUT = "…"


class Words(Text):
    """A few lines of text that others wrote; hidden while there are none.

    Args:
        keep: take one line also without text.
    """

    def __init__(self, id: str | None = None, classes: str | None = None, *, keep: bool = False) -> None:
        super().__init__("", markup=False, id=id, classes=classes)
        self._said: str | Content = ""
        self._said_in: int | None = None
        self._shown = Content("")
        self._rows = 1
        self._keep = keep

    def say(self, text: str | Content) -> None:
        """Show this text; made content only of what may be shown, see `sanitise.content`."""
        most = self._most
        if (text, most) != (self._said, self._said_in):
            self._said, self._said_in = text, most
            shown = self._cut()
            rows = self._height(shown.plain)
            self._put(shown, layout=rows != self._rows)
            self._rows = rows
            self.display = bool(text) or self._keep

    def _put(self, shown: Content, *, layout: bool) -> None:
        self._shown = shown
        self.update(shown, layout=layout)

    @property
    def _most(self) -> int | None:
        """Rows at most, where that is a number."""
        most = self.styles.max_height
        return int(most.value) if most is not None and most.unit is Unit.CELLS else None

    def _cut(self) -> Content:
        """Return as much as there are rows for; what is missing is told by an ellipsis."""
        shown = content(self._said) if isinstance(self._said, str) else self._said
        most, text = self._said_in, shown.plain
        if most is None or not self.content_size.width or self._height(text) <= most:
            return shown
        fits, beyond = 0, len(text)
        while beyond - fits > 1:
            middle = (fits + beyond) // 2
            if self._height(text[:middle].rstrip() + CUT) <= most:
                fits = middle
            else:
                beyond = middle
        return shown[: len(text[:fits].rstrip())] + CUT

    def _height(self, text: str) -> int:
        width = max(self.content_size.width, 1)
        return sum(len(wrapped(line, width)) for line in text.split("\n"))

    def on_mount(self) -> None:
        """Begin without text."""
        self.display = self._keep

    def on_resize(self, event: Resize) -> None:
        """Cut it anew, and count the lines at the new width."""
        shown = self._cut()
        self._rows = self._height(shown.plain)
        if shown != self._shown:
            self._put(shown, layout=True)
