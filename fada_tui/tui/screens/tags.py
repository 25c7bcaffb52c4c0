"""The rubric's tags, each toggled by its letter."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import ClassVar

from rich.cells import cell_len
from textual import events
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content

from fada_tui.core.errors import FadaError
from fada_tui.core.text import printable
from fada_tui.evaluation.rubric import Rubric, Tag
from fada_tui.tui.keymap import bindings
from fada_tui.tui.screens.strip import Strip
from fada_tui.tui.widgets.measured import Text

SIGNS = {True: "✓", False: "·"}

GAP = 2
"""Cells between two tags."""

SCROLLBAR = 1
"""Cells that are left for it, so that no tag is broken where there is one."""


class TagsScreen(Strip[None]):
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
        & VerticalScroll { height: auto; max-height: 4; padding: 0 1; scrollbar-size-vertical: 1; }
        &.-low VerticalScroll { max-height: 3; }
        & .tags { height: auto; }
    }
    """

    def __init__(
        self, rubric: Rubric, tags: tuple[str, ...], toggle: Callable[[str], Awaitable[tuple[str, ...]]]
    ) -> None:
        super().__init__("Tags")
        self._by_letter = {tag.letter: tag for tag in rubric.tags}
        self._set = tags
        self._toggle = toggle

    def content(self) -> Iterable[VerticalScroll]:
        """The row of letters, on as many lines as it takes."""
        yield VerticalScroll(Text("", markup=False, classes="tags"))

    def on_resize(self, event: events.Resize) -> None:
        """Flow the tags over the width."""
        self.call_after_refresh(self._draw)

    def _draw(self) -> None:
        known = {tag.name for tag in self._by_letter.values()}
        others = [Content(f"  {SIGNS[True]} {printable(tag)}") for tag in self._set if tag not in known]
        tags = [shown(tag, tag.name in self._set) for tag in self._by_letter.values()]
        text = self.query_one(".tags", Text)
        room = self.query_one(VerticalScroll).size.width - SCROLLBAR
        text.update(Content("\n").join(flowed([*tags, *others], room)))

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
            self.tell(str(error))
        else:
            self.tell(tag.meaning)
        self._draw()

    def action_back(self) -> None:
        """Go back."""
        self.dismiss(None)


def shown(tag: Tag, is_set: bool) -> Content:
    """Return a tag: its letter, whether it is set, and its name."""
    name = (f" {SIGNS[is_set]} {printable(tag.name)}", "bold $accent" if is_set else "")
    return Content.assemble((printable(tag.letter), "bold $footer-key-foreground"), name)


def flowed(tags: Sequence[Content], width: int) -> list[Content]:
    """Return tags line by line, as many beside each other as there is room for."""
    lines: list[Content] = []
    for tag in tags:
        if lines and cell_len(lines[-1].plain) + GAP + cell_len(tag.plain) <= width:
            lines[-1] = Content.assemble(lines[-1], " " * GAP, tag)
        else:
            lines.append(tag)
    return lines
