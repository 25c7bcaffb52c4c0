"""A question to be answered with yes or no."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from fada_tui.tui.keymap import bindings
from fada_tui.tui.terminal.sanitise import content, line
from fada_tui.tui.widgets.keybar import KeyBar


class ConfirmScreen(ModalScreen[bool]):
    """A confirmation of an irreversible action; returns whether the user agreed.

    Args:
        question: in one line.
        detail: what happens if so.
        yes: what the button that agrees says.
        danger: something is lost for good; then enter alone does not agree.
    """

    PLACES = ("confirm",)
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("confirm")]

    DEFAULT_CSS = """
    ConfirmScreen {
        align: center middle;
        & > Vertical {
            width: 64;
            max-width: 90%;
            height: auto;
            max-height: 90%;
            border: round $primary;
            padding: 1 2 0 2;
            background: $surface;
        }
        & > .-danger { border: round $error; }
        & .question { text-style: bold; height: auto; }
        & .detail { height: auto; margin: 1 0; color: $muted; }
        & Horizontal { height: auto; align-horizontal: right; }
        & Button {
            margin: 0 0 0 2;
            min-width: 10;
            padding: 0 2;
            background: $panel;
        }
        & Button:focus {
            background: $block-cursor-background;
            color: $block-cursor-foreground;
            text-style: bold;
        }
        & KeyBar { margin: 1 0 0 0; background: $surface; }
    }
    """

    def __init__(self, question: str, detail: str, yes: str, *, danger: bool) -> None:
        super().__init__()
        self._question = question
        self._detail = detail
        self._yes = yes
        self._danger = danger

    def compose(self) -> ComposeResult:
        """Lay out the question."""
        with Vertical(classes="-danger" if self._danger else ""):
            yield Static(line(self._question), classes="question")
            yield Static(content(self._detail), classes="detail")
            with Horizontal():
                yield Button(line(self._yes), id="yes", compact=True)
                yield Button("No", id="no", compact=True)
            yield KeyBar(*self.PLACES)

    def on_mount(self) -> None:
        """Focus the answer that does no harm."""
        self.query_one("#no" if self._danger else "#yes", Button).focus()

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "yes")

    def action_answer(self, yes: bool) -> None:
        """Answer by key."""
        self.dismiss(yes)

    def action_turn(self) -> None:
        """Go to the other answer."""
        self.focus_next(Button)
