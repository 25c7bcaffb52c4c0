"""A note on one answer, in a small editor."""

from typing import ClassVar

from msgspec import Struct
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static, TextArea

from fada_tui.tui.keymap import bindings
from fada_tui.tui.terminal.sanitise import line
from fada_tui.tui.widgets.editor import Editor
from fada_tui.tui.widgets.keybar import KeyBar


class Note(Struct, frozen=True):
    """A note as it was left."""

    text: str | None
    """`None` where it was emptied."""


class NoteScreen(ModalScreen[Note | None]):
    """Returns the note, or `None` where nothing is to change.

    Args:
        note: as it is.
        heading: what it is about.
    """

    PLACES = ("note",)
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("note")]

    DEFAULT_CSS = """
    NoteScreen {
        align: center middle;
        & > Vertical {
            width: 76;
            max-width: 94%;
            height: auto;
            max-height: 94%;
            border: round $primary;
            border-title-style: bold;
            border-title-color: $primary;
            padding: 0 1;
            background: $surface;
        }
        & Editor { height: 6; background: $background; }
        & .said { height: 1; color: $warning; }
        & KeyBar { background: $surface; }
    }
    """

    def __init__(self, note: str | None, heading: str) -> None:
        super().__init__()
        self._note = note or ""
        self._began = ""
        self._heading = heading
        self._asked = False

    def compose(self) -> ComposeResult:
        """Lay the editor out."""
        with Vertical() as box:
            box.border_title = line(f"Note on {self._heading}")
            yield Editor(self._note, enter_ends=True)
            yield Static("", markup=False, classes="said")
            yield KeyBar(*self.PLACES)

    def on_mount(self) -> None:
        """Begin at the note's end."""
        editor = self.query_one(Editor)
        self._began = editor.text.strip()
        editor.focus()
        editor.move_cursor(editor.document.end)

    @on(Editor.Ended)
    def _ended(self) -> None:
        self.action_save()

    @on(TextArea.Changed)
    def _changed(self) -> None:
        self._asked = False
        self.query_one(".said", Static).update("")

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
            self.query_one(".said", Static).update("⏎ keeps the note, esc again drops it")
