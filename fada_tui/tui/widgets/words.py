"""Text in the panes that is laid out again only when its height changes, since that costs a whole frame."""

from textual.content import Content
from textual.events import Resize

from fada_tui.tui.present.wrapping import wrapped
from fada_tui.tui.terminal.sanitise import content
from fada_tui.tui.widgets.measured import Text


class Words(Text):
    """A few lines of text that others wrote; hidden while there are none.

    Args:
        keep: take one line also without text.
    """

    def __init__(self, id: str | None = None, classes: str | None = None, *, keep: bool = False) -> None:
        super().__init__("", markup=False, id=id, classes=classes)
        self._said: str | Content = ""
        self._rows = 1
        self._keep = keep

    def say(self, text: str | Content) -> None:
        """Show this text; made content only of what may be shown, see `sanitise.content`."""
        if text != self._said:
            self._said = text
            shown = content(text) if isinstance(text, str) else text
            rows = self._height(shown.plain)
            self.update(shown, layout=rows != self._rows)
            self._rows = rows
            self.display = bool(text) or self._keep

    def _height(self, text: str) -> int:
        width = max(self.content_size.width, 1)
        return sum(len(wrapped(line, width)) for line in text.split("\n"))

    def on_mount(self) -> None:
        """Begin without text."""
        self.display = self._keep

    def on_resize(self, event: Resize) -> None:
        """Count the lines at the new width."""
        said = self._said
        self._rows = self._height((content(said) if isinstance(said, str) else said).plain)
