"""What becomes of the runs that wait when the one in progress is stopped."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from fada_tui.tui.keymap import bindings
from fada_tui.tui.state.run_control import After
from fada_tui.tui.terminal.sanitise import content, line
from fada_tui.tui.widgets.keybar import KeyBar


class StopScreen(ModalScreen[After | None]):
    """Asks what becomes of the runs that wait; ends with that, or None to stop nothing.

    Args:
        question: in one line.
        detail: what becomes of the run in progress.
        follows: the run that would follow, in words.
        waiting: how many runs wait.
    """

    PLACES = ("stop",)
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("stop")]

    DEFAULT_CSS = """
    StopScreen {
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

    def __init__(self, question: str, detail: str, follows: str, waiting: int) -> None:
        super().__init__()
        self._question = question
        self._detail = detail
        them = "it" if waiting == 1 else "them"
        self._answers: dict[str, str] = {
            "keep": f"Stop, and let {them} wait (Q starts {them})",
            "next": f"Stop, and go on with {follows}",
            "drop": f"Stop, and drop {them} from the queue",
        }

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
        self.query_one("#keep", Button).focus()

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        self.action_choose(event.button.id or "")

    def action_choose(self, name: str) -> None:
        """Answer."""
        self.dismiss(name if name in self._answers else None)  # type: ignore[arg-type]

    def action_turn(self, step: int) -> None:
        """Go to another answer."""
        (self.focus_next if step > 0 else self.focus_previous)(Button)

    def action_back(self) -> None:
        """Stop nothing."""
        self.dismiss(None)
