"""A question with several answers, each on a line of its own."""

from collections.abc import Mapping
from typing import ClassVar, Generic, TypeVar, cast

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from fada_tui.tui.terminal.sanitise import content, line
from fada_tui.tui.widgets.keybar import KeyBar

Answer = TypeVar("Answer", bound=str)


class ChooseScreen(ModalScreen[Answer | None], Generic[Answer]):
    """Asks for one of several answers; ends with its name, or None.

    Args:
        question: in one line.
        detail: what is so whichever is chosen.
        answers: what each does, in one line, by its name.
        focused: name of the one that enter gives.
    """

    PLACES: ClassVar[tuple[str, ...]]

    DEFAULT_CSS = """
    ChooseScreen {
        align: center middle;
        & > Vertical {
            width: 64;
            max-width: 90%;
            height: auto;
            max-height: 100%;
            border: round $primary;
            padding: 0 2;
            background: $surface;
        }
        & .question { text-style: bold; height: auto; }
        & .detail { height: auto; margin: 0 0 1 0; color: $muted; }
        & Button {
            width: 100%;
            padding: 0 2;
            background: $surface;
            content-align: left middle;
            text-align: left;
        }
        & Button:focus {
            background: $block-cursor-background;
            color: $block-cursor-foreground;
            text-style: bold;
        }
        & KeyBar { margin: 1 0 0 0; background: $surface; }
    }
    """

    def __init__(self, question: str, detail: str, answers: Mapping[Answer, str], focused: Answer) -> None:
        super().__init__()
        self._question = question
        self._detail = detail
        self._answers = answers
        self._focused = focused

    def compose(self) -> ComposeResult:
        """Lay out the question, and an answer on each line."""
        with Vertical():
            yield Static(line(self._question), classes="question")
            yield Static(content(self._detail), classes="detail")
            for name, text in self._answers.items():
                yield Button(line(text), id=name, compact=True)
            yield KeyBar(*self.PLACES)

    def on_mount(self) -> None:
        """Focus the answer by which nothing is lost."""
        self.query_one(f"#{self._focused}", Button).focus()

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        self.action_choose(event.button.id or "")

    def action_choose(self, name: str) -> None:
        """Answer."""
        self.dismiss(cast("Answer", name) if name in self._answers else None)

    def action_turn(self, step: int) -> None:
        """Go to another answer."""
        (self.focus_next if step > 0 else self.focus_previous)(Button)

    def action_back(self) -> None:
        """Answer nothing."""
        self.dismiss(None)
