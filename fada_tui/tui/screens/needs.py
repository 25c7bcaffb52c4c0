"""A model's requirements before it is loaded: memory by precision, where it fits, and obstacles."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.events import Resize
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Static

from fada_tui.config.settings import Settings
from fada_tui.core.records import ModelEntry
from fada_tui.core.text import printable
from fada_tui.runs.engines.needs import look
from fada_tui.runs.planning import with_choices
from fada_tui.runs.preflight.describe import Room, facts
from fada_tui.tui.keymap import bindings
from fada_tui.tui.present.wrapping import wrapped
from fada_tui.tui.terminal.sanitise import line
from fada_tui.tui.widgets.keybar import KeyBar
from fada_tui.tui.widgets.measured import Text

LABELS = 12
"""Cells of the labels' column."""

Facts = Sequence[tuple[str, str]]


class NeedsScreen(ModalScreen[None]):
    """Looks at a model's files, and asks the hub about one that is not here, in a thread.

    Args:
        entry: the model, as the list has it.
        settings: what they say of its precision counts.
        room: memory that is free now.
    """

    PLACES = ("needs",)
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("needs")]

    DEFAULT_CSS = """
    NeedsScreen {
        background: $background;
        & .title { height: 1; padding: 0 1; background: $panel; }
        & VerticalScroll { height: 1fr; padding: 0 2; }
        & .facts { height: auto; }
    }
    """

    class Looked(Message):
        """A message: the model's requirements are known."""

        def __init__(self, told: Facts) -> None:
            super().__init__()
            self.told = told

    def __init__(self, entry: ModelEntry, settings: Settings, room: Room) -> None:
        super().__init__()
        self._entry = entry
        self._settings = settings
        self._room = room
        self._told: Facts = (("", "looking at its files, or asking the hub about them …"),)

    def compose(self) -> ComposeResult:
        """Lay the screen out."""
        yield Static(line(f"{self._entry.name}  │  {self._entry.source}"), classes="title")
        with VerticalScroll(id="page"):
            yield Text("", markup=False, classes="facts")
        yield KeyBar(*self.PLACES)

    def on_mount(self) -> None:
        """Let keys scroll, and begin to look."""
        self.query_one("#page").focus()
        self.run_worker(self._look, thread=True)

    def _look(self) -> None:
        settings = self._settings
        found = look(
            settings.engine,
            with_choices(self._entry, settings),
            max_new_tokens=settings.most_tokens,
            ask_hub=True,
            allow_pickle=settings.allow_pickle,
            device=settings.device,
        )
        self.post_message(self.Looked(tuple(facts(found, self._room))))

    def on_needs_screen_looked(self, event: Looked) -> None:
        """Show what is known now."""
        self._told = event.told
        self._draw()

    def on_resize(self, event: Resize) -> None:
        """Wrap the texts anew."""
        self._draw()

    def _draw(self) -> None:
        width = max(self.size.width - 6 - LABELS, 20)
        shown = [row for label, text in self._told for row in _rows(label, printable(text), width)]
        self.query_one(".facts", Text).update(Content("\n").join(shown))

    def action_scroll(self, how: str) -> None:
        """Scroll the page."""
        page = self.query_one("#page", VerticalScroll)
        match how:
            case "down" | "up":
                page.scroll_relative(y=1 if how == "down" else -1, animate=False)
            case "page_down":
                page.scroll_page_down(animate=False)
            case _:
                page.scroll_page_up(animate=False)

    def action_back(self) -> None:
        """Go back."""
        self.dismiss(None)


def _rows(label: str, text: str, width: int) -> list[Content]:
    """A fact as lines: its label, and the text wrapped beside it."""
    style = {"Cannot run": "bold $error", "Advice": "bold $success"}.get(label, "bold")
    table = label in ("", "Memory") and "  " in text
    first, *more = [text[:width]] if table else wrapped(text, width)
    head = Content.assemble((f"{label:<{LABELS}}", style), first)
    return [head, *(Content(" " * LABELS + one) for one in more)]
