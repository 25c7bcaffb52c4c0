"""The name under which questions are kept."""

import asyncio
from collections.abc import Callable, Sequence
from typing import ClassVar

from msgspec import UNSET
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from fada_tui.config.own_questions import check_name, is_kept
from fada_tui.core.errors import UsageError
from fada_tui.core.records import Question
from fada_tui.tui.keymap import bindings
from fada_tui.tui.terminal.sanitise import line
from fada_tui.tui.widgets.keybar import KeyBar
from fada_tui.tui.widgets.measured import Text


class QuestionName(ModalScreen[str | None]):
    """Asks for a name and keeps the questions; returns the name, or `None` where nothing was kept.

    Args:
        questions: as they are kept.
        name: to begin with.
        keep: keeps them under a name; raises `UsageError` and `OSError`. It is called in a thread.
    """

    PLACES = ("question_name",)
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("question_name")]

    DEFAULT_CSS = """
    QuestionName {
        align: center middle;
        & > Vertical {
            width: 76;
            max-width: 94%;
            height: auto;
            max-height: 94%;
            border: round $primary;
            border-title-style: bold;
            border-title-color: $primary;
            padding: 0 1;
            background: $surface;
        }
        & VerticalScroll { height: auto; max-height: 10; margin: 1 0 0 0; }
        & VerticalScroll Static { height: 1; color: $muted; text-wrap: nowrap; text-overflow: ellipsis; }
        & Input { background: $background; }
        & .said { height: auto; max-height: 3; color: $warning; }
        & KeyBar { background: $surface; }
    }
    """

    def __init__(self, questions: Sequence[Question], name: str, keep: Callable[[str], object]) -> None:
        super().__init__()
        self._questions = questions
        self._name = name
        self._keep = keep
        self._asked: str | None = None
        """The name of a set that was asked about: whether it may be replaced."""
        self._keeping = False

    def compose(self) -> ComposeResult:
        """Lay out the name, and below it the questions with how each is scored."""
        with Vertical() as box:
            box.border_title = "Keep these questions as"
            yield Input(self._name, placeholder="a name", compact=True, restrict=r"[\w.-]*")
            yield Text("", markup=False, classes="said")
            with VerticalScroll(can_focus=False):
                for question in self._questions:
                    yield Static(line(described(question)), markup=False)
            yield KeyBar(*self.PLACES)

    def on_mount(self) -> None:
        """Begin in the name."""
        self.query_one(Input).focus()

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        self._asked = None
        self._say(_fault(event.value) if event.value else "")

    @on(Input.Submitted)
    async def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        await self.action_keep()

    async def action_keep(self) -> None:
        """Keep them; in place of others only when asked twice."""
        name = self.query_one(Input).value
        if self._keeping or (fault := _fault(name)):
            self._say(fault if not self._keeping else "")
            return
        if self._asked != name and await asyncio.to_thread(is_kept, name):
            self._asked = name
            self._say(f"there is a set '{name}': ⏎ again replaces it, esc keeps it")
            return
        self._keeping = True
        try:
            await asyncio.to_thread(self._keep, name)
        except (UsageError, OSError) as error:
            self._keeping = False
            self._say(f"! {error}")
            return
        self.dismiss(name)

    def action_back(self) -> None:
        """Keep nothing."""
        self.dismiss(None)

    def _say(self, text: str) -> None:
        self.query_one(".said", Text).update(line(text))


def described(question: Question) -> str:
    """Return a question in a line: its id, how its answers are scored, and its text."""
    scored = "not scored" if question.kind == "none" else str(question.kind)
    if question.values is not UNSET and question.kind != "none":
        scored += f" of {len(question.values)} values"
    return f"{question.id}  {scored}  {question.text}"


def _fault(name: str) -> str:
    try:
        check_name(name)
    except UsageError as error:
        return f"! {error}"
    return ""
