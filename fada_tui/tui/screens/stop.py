"""What becomes of the runs that wait when the one in progress is stopped."""

from typing import ClassVar

from textual.binding import BindingType

from fada_tui.tui.keymap import bindings
from fada_tui.tui.screens.choose import ChooseScreen
from fada_tui.tui.state.run_control import After


class StopScreen(ChooseScreen[After]):
    """Asks what becomes of the runs that wait; ends with that, or None to stop nothing.

    Args:
        question: in one line.
        detail: what becomes of the run in progress.
        follows: the run that would follow, in words.
        waiting: how many runs wait.
    """

    PLACES = ("stop",)
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("stop")]

    def __init__(self, question: str, detail: str, follows: str, waiting: int) -> None:
        them = "it" if waiting == 1 else "them"
        answers: dict[After, str] = {
            "keep": f"Stop, and let {them} wait (Q starts {them})",
            "next": f"Stop, and go on with {follows}",
            "drop": f"Stop, and drop {them} from the queue",
        }
        super().__init__(question, detail, answers, "keep")
