"""A run's page, rendered; its notes are edited here."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Static

from fada_tui.core.errors import FadaError
from fada_tui.core.records import Notes
from fada_tui.store import folder as store
from fada_tui.tui.keymap import bindings
from fada_tui.tui.present.lines import shown_path
from fada_tui.tui.screens.notes import NotesScreen
from fada_tui.tui.terminal.key_queue import DOOR
from fada_tui.tui.terminal.sanitise import line
from fada_tui.tui.widgets.keybar import KeyBar
from fada_tui.tui.widgets.page import How, PageView

HIDDEN = "The page names models and auto scores: it is hidden in blind mode (b on the main screen ends it)."

_END = "end blind mode first (b on the main screen)"

WAITING_SECONDS = 0.3
"""How long the page may take to be made before that is said."""


class SummaryScreen(Screen[bool | None]):
    """Shows the page; returns true where it is to be exported.

    Args:
        folder: the run's.
        load: returns the page's Markdown; raises `FadaError`.
        read_notes: returns the notes as they are now; raises `FadaError`.
        blind: show nothing of the page.
        going_on: the run has not ended, so the page shows it as it would be if it ended now.
        save: writes notes down, and returns the page with them.
    """

    PLACES = ("summary",)
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("summary")]

    DEFAULT_CSS = """
    SummaryScreen {
        & .title { height: 1; padding: 0 1; background: $panel; text-wrap: nowrap; text-overflow: ellipsis; }
        & .said { height: 1; padding: 0 1; color: $accent; }
    }
    """

    def __init__(
        self,
        folder: Path,
        load: Callable[[], Awaitable[str]],
        read_notes: Callable[[], Awaitable[Notes]],
        blind: bool,
        going_on: bool,
        save: Callable[[Notes], Awaitable[str]],
    ) -> None:
        super().__init__()
        self._folder = folder
        self._load = load
        self._page = ""
        self._read_notes = read_notes
        self._notes = Notes()
        """As they were when they were last to be edited."""
        self._draft: Notes | None = None
        self._blind = blind
        self._going_on = going_on
        self._save = save
        self._raw = False

    def compose(self) -> ComposeResult:
        """Lay the page out."""
        page = shown_path(self._folder / store.SUMMARY_NAME)
        files = "as if the run ended now" if self._going_on else f"{page}  ·  {store.RUN_NAME}"
        name = "Summary, hidden" if self._blind else files
        yield Static(line(name), classes="title")
        yield PageView(id="page")
        yield Static("", markup=False, classes="said")
        yield KeyBar(*self.PLACES)

    def on_mount(self) -> None:
        """Show the page."""
        self.query_one(PageView).focus()
        if self._blind:
            self._page = HIDDEN
            self._show()
        else:
            self._open(self.set_timer(WAITING_SECONDS, lambda: self._say("the page is being made …")))

    @work(exclusive=True)
    async def _open(self, waiting: Timer) -> None:
        try:
            self._page = await self._load()
        except FadaError as error:
            waiting.stop()
            self._say(str(error))
            return
        waiting.stop()
        self._say("")
        self._show()

    def _show(self, *, keep: bool = False) -> None:
        self.query_one(PageView).show(self._page, rendered=not self._raw, keep=keep)

    def action_raw(self) -> None:
        """Switch between the rendered page and its text."""
        if not self._blind:
            self._raw = not self._raw
            self._show()

    @work(group=DOOR, exclusive=True)
    async def action_notes(self) -> None:
        """Edit the notes; they are in `run.json` and on the page when the screen says so."""
        if self._blind:
            self._say(f"the notes are on one model: {_END}")
            return
        if self._draft is None:
            try:
                self._notes = await self._read_notes()
            except FadaError as error:
                self._say(str(error))
                return
        written = await self.app.push_screen_wait(NotesScreen(self._notes, self._draft))
        if written is None:
            return
        try:
            page = await self._save(written)
        except FadaError as error:
            self._draft = written
            self._say(str(error))
            return
        self._draft = None
        self._page = page
        self._say("the notes are written")
        self._show(keep=True)

    def action_export(self) -> None:
        """Export the run."""
        self.dismiss(True)

    def action_path(self) -> None:
        """Copy the page's path, and show it."""
        if self._blind:
            self._say(f"the page's path names the model: {_END}")
            return
        path = str(self._folder / store.SUMMARY_NAME)
        self.app.copy_to_clipboard(path)
        self._say(f"copied: {path}")

    def action_scroll(self, how: How) -> None:
        """Scroll the page."""
        self.query_one(PageView).go(how)

    def action_back(self) -> None:
        """Go back."""
        self.dismiss(None)

    def _say(self, text: str) -> None:
        self.query_one(".said", Static).update(line(text))
