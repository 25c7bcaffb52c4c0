"""All keys, by pane, and the facts of this session."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.events import Resize
from textual.screen import ModalScreen
from textual.widgets import Static

from fada_tui.core.text import printable
from fada_tui.tui.keymap import PLACES, bindings, commands, shown_keys
from fada_tui.tui.present.wrapping import wrapped
from fada_tui.tui.terminal.sanitise import line
from fada_tui.tui.widgets.keybar import KeyBar
from fada_tui.tui.widgets.measured import Text

COLUMN = 52
"""Cells that a column of keys takes."""

KEYS = 12
"""Cells of a command's keys."""

Facts = Sequence[tuple[str, str]]


class HelpScreen(ModalScreen[None]):
    """Shows every command with its keys.

    Args:
        keymap: the user's keys, by the command's name.
        facts: labels and values of this session.
    """

    PLACES = ("help",)
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("help")]

    DEFAULT_CSS = """
    HelpScreen {
        background: $background;
        & .title { height: 1; padding: 0 1; background: $panel; }
        & VerticalScroll { height: 1fr; padding: 0 2; }
        & Grid { height: auto; }
        & .block { height: auto; }
        & #columns { layout: horizontal; height: auto; }
        & .column { width: 1fr; height: auto; }
    }
    """

    def __init__(self, keymap: Mapping[str, str], facts: Facts) -> None:
        super().__init__()
        self._keymap = keymap
        self._facts = facts

    def compose(self) -> ComposeResult:
        """Lay the help out."""
        yield Static("fada-tui  │  Help", markup=False, classes="title")
        with VerticalScroll(id="page"):
            yield Text("", markup=False, classes="block")
        yield KeyBar(*self.PLACES)

    def on_mount(self) -> None:
        """Let keys scroll."""
        self.query_one("#page").focus()

    def on_resize(self, event: Resize) -> None:
        """Use as many columns as there is room for."""
        columns = max(min((event.size.width - 6) // COLUMN, 3), 1)
        width = (event.size.width - 6 - 2 * (columns - 1)) // columns
        blocks = [keys_of(place, self._keymap, width) for place in PLACES if commands(place)]
        text = Content("\n").join(side_by_side(blocks, columns, width))
        bold, muted = "bold", "dim"
        facts = [Content.assemble((f"{label:<12}", bold), printable(value)) for label, value in self._facts]
        hint = Content.assemble(
            ('Keys are changed in settings.toml, below [keymap]: name = "key,key". ', ""),
            ("The names stand in docs/keys.md, and in the palette's search.", muted),
        )
        heading = line("This session").stylize(bold)
        self.query_one(".block", Text).update(
            Content("\n").join([*text.split("\n"), heading, *facts, Content(""), hint])
        )

    def action_scroll(self, how: str) -> None:
        """Scroll the help."""
        page = self.query_one("#page", VerticalScroll)
        page.scroll_relative(y=1 if how == "down" else -1, animate=False)

    def action_back(self) -> None:
        """Go back."""
        self.dismiss(None)


def keys_of(place: str, keymap: Mapping[str, str], width: int) -> list[Content]:
    """Return a place's heading and its commands, each on as many lines as what it does takes."""
    rows = [line(PLACES[place]).stylize("bold underline")]
    for command in commands(place):
        keys = shown_keys(command, keymap)
        shown = Content.styled(f"{keys:>{KEYS}}  ", "bold $footer-key-foreground")
        room = max(width - shown.cell_length, 1)
        first, *more = wrapped(command.help, room)
        rows += [shown + first, *(Content(" " * (KEYS + 2) + rest) for rest in more)]
    return [*rows, Content("")]


def side_by_side(blocks: Sequence[Sequence[Content]], columns: int, width: int) -> list[Content]:
    """Return blocks flowed over columns of about one height, line by line."""
    whole = sum(map(len, blocks))
    flowed: list[list[Content]] = [[]]
    for block in blocks:
        if len(flowed) < columns and flowed[-1] and len(flowed[-1]) + len(block) / 2 > whole / columns:
            flowed.append([])
        flowed[-1] += block
    height = max(map(len, flowed))
    empty = Content("")
    rows = ([column[row] if row < len(column) else empty for column in flowed] for row in range(height))
    return [Content("  ").join([cell.pad_right(width - cell.cell_length) for cell in row]) for row in rows]
