"""The rubric's tags, each toggled by its letter."""

from collections.abc import Awaitable, Callable
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen

from fada_tui.core.errors import FadaError
from fada_tui.core.text import printable
from fada_tui.evaluation.rubric import Rubric
from fada_tui.tui.keymap import bindings
from fada_tui.tui.terminal.sanitise import line
from fada_tui.tui.widgets.keybar import KeyBar
from fada_tui.tui.widgets.measured import Text

SIGNS = {True: "[x]", False: "[ ]"}


class TagsScreen(ModalScreen[None]):
    """Shows the tags with their letters; a letter toggles its tag at once.

    Args:
        rubric: whose tags these are.
        tags: those that the answer has.
        toggle: takes a tag's name, and returns the tags that the answer has once that is on disk.
    """

    PLACES = ("tags",)
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("tags")]

    DEFAULT_CSS = """
    TagsScreen {
        align: center middle;
        & > Vertical {
            width: 78;
            max-width: 96%;
            height: auto;
            max-height: 94%;
            border: round $primary;
            border-title-style: bold;
            border-title-color: $primary;
            padding: 1 1 0 1;
            background: $surface;
        }
        & VerticalScroll { height: auto; max-height: 100%; }
        & .tag { height: auto; }
        & .tag.-set { color: $accent; text-style: bold; }
        & .said { height: auto; color: $error; }
        & KeyBar { margin: 1 0 0 0; background: $surface; }
    }
    """

    def __init__(
        self, rubric: Rubric, tags: tuple[str, ...], toggle: Callable[[str], Awaitable[tuple[str, ...]]]
    ) -> None:
        super().__init__()
        self._by_letter = {tag.letter: tag for tag in rubric.tags}
        self._set = tags
        self._toggle = toggle

    def compose(self) -> ComposeResult:
        """Lay the tags out."""
        with Vertical() as box:
            box.border_title = "Tags"
            with VerticalScroll():
                for letter in self._by_letter:
                    yield Text(self._shown(letter), classes="tag", name=letter)
                yield Text("", markup=False, classes="tag others")
            yield Text("", markup=False, classes="said")
            yield KeyBar(*self.PLACES)

    def on_mount(self) -> None:
        """Show which are set."""
        self._draw("")

    def _shown(self, letter: str) -> Content:
        tag = self._by_letter[letter]
        sign = SIGNS[tag.name in self._set]
        return Content(f"{printable(letter)}  {sign} {printable(tag.name):<18} {printable(tag.meaning)}")

    def _draw(self, fault: str) -> None:
        for shown in self.query(".tag"):
            if shown.name in self._by_letter and isinstance(shown, Text):
                shown.update(self._shown(shown.name))
                shown.set_class(self._by_letter[shown.name].name in self._set, "-set")
        known = {tag.name for tag in self._by_letter.values()}
        others = [tag for tag in self._set if tag not in known]
        self.query_one(".others", Text).update(
            line(f"also, of another rubric: {', '.join(others)}" if others else "")
        )
        said = self.query_one(".said", Text)
        said.update(line(fault))
        said.display = bool(fault)

    async def on_key(self, event: events.Key) -> None:
        """Toggle the tag of a letter."""
        tag = self._by_letter.get(event.character or "")
        if tag is None:
            return
        event.stop()
        event.prevent_default()
        try:
            self._set = await self._toggle(tag.name)
        except FadaError as error:
            self._draw(str(error))
        else:
            self._draw("")

    def action_back(self) -> None:
        """Go back."""
        self.dismiss(None)
