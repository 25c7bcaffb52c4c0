"""The editor of a run's notes in Markdown: a field for each part of the page that a person writes."""

from typing import ClassVar

from msgspec import UNSET
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static, TextArea

from fada_tui.core.notes_fields import FIELDS, LISTS
from fada_tui.core.notes_text import entries, list_text
from fada_tui.core.records import Notes
from fada_tui.tui.keymap import bindings
from fada_tui.tui.widgets.editor import Editor
from fada_tui.tui.widgets.keybar import KeyBar


class NotesScreen(ModalScreen[Notes | None]):
    """Returns the notes, or `None` where nothing is to change.

    Args:
        notes: as they are on disk.
        draft: as they were left, where they could not be written.
    """

    PLACES = ("notes",)
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("notes")]

    DEFAULT_CSS = """
    NotesScreen {
        align: center middle;
        & > Vertical {
            width: 100;
            max-width: 96%;
            height: 32;
            max-height: 100%;
            border: round $primary;
            border-title-style: bold;
            border-title-color: $primary;
            padding: 0 1;
            background: $surface;
        }
        & .label { color: $secondary; text-style: bold; height: 1; }
        & Editor { height: 1fr; min-height: 2; background: $background; }
        & Editor:focus { height: 2fr; }
        & .said { height: 1; color: $warning; }
        & KeyBar { background: $surface; }
    }
    """

    def __init__(self, notes: Notes, draft: Notes | None = None) -> None:
        super().__init__()
        self._text = draft or notes
        self._unwritten = draft is not None
        self._began = notes
        self._asked = False

    def compose(self) -> ComposeResult:
        """Lay the editors out."""
        texts = {
            "strengths": list_text(self._text.strengths),
            "weaknesses": list_text(self._text.weaknesses),
            "conclusion": self._text.conclusion or "",
            "recommendation": self._text.recommendation or "",
            "technical": self._text.technical or "",
        }
        with Vertical() as box:
            box.border_title = "Notes on this run"
            for field, label in FIELDS.items():
                one_a_line = ", one on each line" if field in LISTS else ""
                yield Static(f"{label}{one_a_line}", markup=False, classes="label")
                yield Editor(texts[field], id=field)
            yield Static("", markup=False, classes="said")
            yield KeyBar(*self.PLACES)

    def on_mount(self) -> None:
        """Begin with the first that is empty."""
        self._began = self._now
        editors = list(self.query(Editor))
        next((editor for editor in editors if not editor.text), editors[0]).focus()

    @property
    def _now(self) -> Notes:
        def text(field: str) -> str:
            return self.query_one(f"#{field}", Editor).text.strip()

        return Notes(
            strengths=entries(text("strengths")),
            weaknesses=entries(text("weaknesses")),
            conclusion=text("conclusion") or None,
            recommendation=text("recommendation") or None,
            technical=text("technical") or UNSET,
        )

    @on(TextArea.Changed)
    def _changed(self) -> None:
        self._asked = False
        self.query_one(".said", Static).update("")

    def action_save(self) -> None:
        """Keep the notes."""
        now = self._now
        self.dismiss(now if self._unwritten or now != self._began else None)

    def action_back(self) -> None:
        """Go back; notes that were changed are dropped only when asked twice."""
        if self._now == self._began or self._asked:
            self.dismiss(None)
        else:
            self._asked = True
            self.query_one(".said", Static).update("^s keeps the notes, esc again drops what was changed")
