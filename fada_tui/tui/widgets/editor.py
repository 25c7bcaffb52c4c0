"""A small editor of plain text."""

from textual import events
from textual.message import Message
from textual.widgets import TextArea

from fada_tui.core.text import printable


class Editor(TextArea):
    """Takes plain text alone: what is pasted loses its control characters, line ends excepted.

    Args:
        text: to begin with.
        enter_ends: the enter key ends the editing; ctrl+j begins a new line. Else enter does that.
    """

    class Ended(Message):
        """The enter key was pressed."""

    def __init__(self, text: str, *, enter_ends: bool = False, id: str | None = None) -> None:
        super().__init__(
            plain(text),
            id=id,
            soft_wrap=True,
            tab_behavior="focus",
            highlight_cursor_line=False,
            compact=True,
        )
        self._enter_ends = enter_ends

    def on_key(self, event: events.Key) -> None:
        """Take enter and ctrl+j; the editor beneath does the rest."""
        if self._enter_ends and event.key == "enter":
            self.post_message(self.Ended())
        elif event.key == "ctrl+j":
            self.insert("\n")
        else:
            return
        event.stop()
        event.prevent_default()

    def on_paste(self, event: events.Paste) -> None:
        """Insert what is pasted, made plain."""
        event.stop()
        event.prevent_default()
        self.insert(plain(event.text))


def plain(text: str) -> str:
    """Return a text whose only control characters are line ends."""
    lines = text.expandtabs(4).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join("".join(char for char in one if char == printable(char)) for one in lines)
