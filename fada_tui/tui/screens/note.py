"""A note on one answer, in a small editor."""

from collections.abc import Iterable
from typing import ClassVar

from msgspec import Struct
from textual import on
from textual.binding import BindingType
from textual.widgets import TextArea

from fada_tui.tui.keymap import bindings
from fada_tui.tui.screens.strip import Strip
from fada_tui.tui.widgets.editor import Editor


class Note(Struct, frozen=True):
    """A note as it was left."""

    text: str | None
    """`None` where it was emptied."""


class NoteScreen(Strip[Note | None]):
    """Returns the note, or `None` where nothing is to change.

    Args:
        note: as it is.
        heading: what it is about.
        draft: what it was to be, where that could not be written.
    """

    PLACES = ("note",)
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("note")]

    DEFAULT_CSS = """
    NoteScreen {
        & Editor { height: 3; padding: 0 1; background: $background; }
        &.-low Editor { height: 2; }
    }
    """

    def __init__(self, note: str | None, heading: str, draft: str | None = None) -> None:
        super().__init__(f"Note on {heading}")
        self._note = note or ""
        self._draft = draft
        self._began = ""
        self._asked = False

    def content(self) -> Iterable[Editor]:
        """The editor."""
        yield Editor(self._note, enter_ends=True)

    def on_mount(self) -> None:
        """Begin at the note's end."""
        editor = self.query_one(Editor)
        self._began = editor.text.strip()
        if self._draft is not None:
            editor.text = self._draft
        editor.focus()
        editor.move_cursor(editor.document.end)

    @on(Editor.Ended)
    def _ended(self) -> None:
        self.action_save()

    @on(TextArea.Changed)
    def _changed(self) -> None:
        self._asked = False
        self.tell("")

    def action_save(self) -> None:
        """Keep the note."""
        text = self.query_one(Editor).text.strip()
        self.dismiss(Note(text or None) if text != self._began else None)

    def action_break(self) -> None:
        """Begin another line."""
        self.query_one(Editor).insert("\n")

    def action_back(self) -> None:
        """Go back; a note that was changed is dropped only when asked twice."""
        if self.query_one(Editor).text.strip() == self._began or self._asked:
            self.dismiss(None)
        else:
            self._asked = True
            self.tell("⏎ keeps the note, esc again drops it")
