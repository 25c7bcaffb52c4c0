"""A run's page, rendered; its notes are edited here."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.screen import Screen
from textual.widgets import Markdown, Static

from fada_tui.core.errors import FadaError
from fada_tui.core.records import Notes
from fada_tui.core.text import printable
from fada_tui.store import folder as store
from fada_tui.tui.keymap import bindings
from fada_tui.tui.present.lines import shown_path
from fada_tui.tui.screens.notes import NotesScreen
from fada_tui.tui.terminal.key_queue import DOOR
from fada_tui.tui.terminal.sanitise import content, line
from fada_tui.tui.widgets.keybar import KeyBar

HIDDEN = "The page names models and auto scores: it is hidden in blind mode (b on the main screen ends it)."

PIECE_LINES = 60
"""So much of a page is rendered at once; keys are answered in between."""


class SummaryScreen(Screen[bool | None]):
    """Shows the page; returns true where it is to be exported.

    Args:
        folder: the run's.
        page: its Markdown.
        notes: as they are.
        blind: show nothing of the page.
        going_on: the run has not ended, so the page shows it as it would be if it ended now.
        save: writes notes down, and returns the page with them.
    """

    PLACES = ("summary",)
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("summary")]

    DEFAULT_CSS = """
    SummaryScreen {
        & .title { height: 1; padding: 0 1; background: $panel; }
        & .said { height: 1; padding: 0 1; color: $accent; }
        & VerticalScroll { height: 1fr; padding: 0 2; }
        & Markdown { margin: 0; padding: 0; }
        & .raw { height: auto; }
    }
    """

    def __init__(
        self,
        folder: Path,
        page: str,
        notes: Notes,
        blind: bool,
        going_on: bool,
        save: Callable[[Notes], Awaitable[str]],
    ) -> None:
        super().__init__()
        self._folder = folder
        self._page = page
        self._notes = notes
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
        yield VerticalScroll(id="page")
        yield Static("", markup=False, classes="said")
        yield KeyBar(*self.PLACES)

    def on_mount(self) -> None:
        """Show the page."""
        self.query_one("#page").focus()
        self._show()

    @work(exclusive=True)
    async def _show(self) -> None:
        """Mount the page piece by piece, so that a long one neither waits nor holds up the keys."""
        place = self.query_one("#page", VerticalScroll)
        await place.remove_children()
        if self._blind:
            await place.mount(Static(HIDDEN, markup=False))
        elif self._raw:
            await place.mount(Static(content(self._page), classes="raw"))
        else:
            for piece in pieces(self._page, PIECE_LINES):
                await place.mount(Markdown(piece, open_links=False))
                await asyncio.sleep(0)

    def action_raw(self) -> None:
        """Switch between the rendered page and its text."""
        self._raw = not self._raw
        self._show()

    @work(group=DOOR, exclusive=True)
    async def action_notes(self) -> None:
        """Edit the notes; they are in `run.json` and on the page when the screen says so."""
        written = await self.app.push_screen_wait(NotesScreen(self._notes, self._draft))
        if written is None:
            return
        try:
            self._page = await self._save(written)
        except FadaError as error:
            self._draft = written
            self._say(str(error))
            return
        self._notes, self._draft = written, None
        self._say("the notes are written")
        self._show()

    def action_export(self) -> None:
        """Export the run."""
        self.dismiss(True)

    def action_path(self) -> None:
        """Copy the page's path, and show it."""
        path = str(self._folder / store.SUMMARY_NAME)
        self.app.copy_to_clipboard(path)
        self._say("copied" if self._blind else f"copied: {path}")

    def action_scroll(self, how: str) -> None:
        """Scroll the page."""
        place = self.query_one("#page", VerticalScroll)
        match how:
            case "down":
                place.scroll_relative(y=1, animate=False)
            case "up":
                place.scroll_relative(y=-1, animate=False)
            case "page_down":
                place.scroll_page_down(animate=False)
            case "page_up":
                place.scroll_page_up(animate=False)
            case "first":
                place.scroll_home(animate=False)
            case _:
                place.scroll_end(animate=False)

    def action_back(self) -> None:
        """Go back."""
        self.dismiss(None)

    def _say(self, text: str) -> None:
        self.query_one(".said", Static).update(line(text))


_FENCE = re.compile(r"\s*(?:[-*>]\s+)*(`{3,}|~{3,})")


def pieces(page: str, size: int) -> Iterable[str]:
    """Cut a page before headings outside of fences into pieces of about so many lines, all made printable."""
    piece: list[str] = []
    fence = ""
    for raw in page.split("\n"):
        shown = printable(raw)
        found = _FENCE.match(shown)
        if found and not fence:
            fence = found[1]
        elif found and shown.strip().strip(fence[0]) == "" and len(found[1]) >= len(fence):
            fence = ""
        if not fence and len(piece) >= size and shown.startswith("#"):
            yield "\n".join(piece)
            piece = []
        piece.append(shown)
    yield "\n".join(piece)
