"""Leaving the dashboard while runs go on or wait: what becomes of them, and the moment that takes."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from fada_tui.tui.keymap import bindings
from fada_tui.tui.present.leaving import Choice, Question
from fada_tui.tui.screens.choose import ChooseScreen
from fada_tui.tui.terminal.sanitise import line


class LeaveScreen(ChooseScreen[Choice]):
    """Asks what becomes of the runs; ends with that, or None to stay.

    Args:
        asked: the question with its answers.
    """

    PLACES = ("leave",)
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("leave")]

    def __init__(self, asked: Question) -> None:
        super().__init__(asked.question, asked.detail, asked.answers, asked.focused)


class HandingOverScreen(ModalScreen[None]):
    """Says that runs are being handed over; takes no keys, as nothing may be changed meanwhile.

    Args:
        text: what is done, in one line.
    """

    DEFAULT_CSS = """
    HandingOverScreen {
        align: center middle;
        & > Vertical {
            width: 64;
            max-width: 90%;
            height: auto;
            border: round $primary;
            padding: 0 2;
            background: $surface;
        }
        & Static { height: auto; }
    }
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    def compose(self) -> ComposeResult:
        """Lay out the line."""
        with Vertical():
            yield Static(line(self._text))
