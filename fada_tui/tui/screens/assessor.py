"""Who judges: the assessor's name, with what the study's verdicts mean beneath it."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from fada_tui.config.assessor import LONGEST, name_fault
from fada_tui.core.text import printable
from fada_tui.evaluation.rubric import Rubric
from fada_tui.tui.keymap import bindings
from fada_tui.tui.present.glyphs import GLYPHS
from fada_tui.tui.terminal.sanitise import line
from fada_tui.tui.widgets.keybar import KeyBar

VERDICT_KEYS = ("0", "1", "2", "3")
"""A name that is one of these was hardly meant: the key was typed ahead."""


class AssessorScreen(ModalScreen[str | None]):
    """Returns the name; `None` where the user went back.

    Args:
        name: what stands in the empty field, and is taken where nothing is typed.
        rubric: what to judge by.
        why: what the name is asked for, in a line.
    """

    PLACES = ("assessor",)
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("assessor")]

    DEFAULT_CSS = """
    AssessorScreen {
        align: center middle;
        & > Vertical {
            width: 76;
            max-width: 96%;
            height: auto;
            max-height: 96%;
            border: round $primary;
            border-title-style: bold;
            border-title-color: $primary;
            padding: 0 1;
            background: $surface;
        }
        & .why { height: auto; color: $muted; }
        & Input { background: $panel; }
        & .said { height: auto; color: $warning; display: none; }
        & VerticalScroll { height: auto; max-height: 100%; margin: 1 0 0 0; }
        & .guideline { height: auto; }
        & KeyBar { background: $surface; }
    }
    """

    def __init__(self, name: str, rubric: Rubric, why: str) -> None:
        super().__init__()
        self._offered = name
        self._rubric = rubric
        self._why = why
        self._warned_of = ""

    def compose(self) -> ComposeResult:
        """Lay out the field above the guideline."""
        with Vertical() as box:
            box.border_title = "Who judges?"
            yield Static(line(self._why), classes="why")
            yield Input(placeholder=printable(self._offered), max_length=LONGEST, compact=True)
            yield Static("", markup=False, classes="said")
            with VerticalScroll(can_focus=False):
                yield Static(self._guideline(), classes="guideline")
            yield KeyBar(*self.PLACES)

    def _guideline(self) -> Content:
        rubric = self._rubric
        parts: list[tuple[str, str] | str] = [(printable(rubric.title), "bold"), "\n"]
        for verdict, meaning in rubric.verdicts.items():
            parts += [(f"{GLYPHS[verdict]} {verdict}", "bold"), f"  {printable(meaning)}\n"]
        parts += [("c", "bold"), f"  {printable(rubric.context.name)}: yes, no or unset, for each answer"]
        return Content.assemble(*parts)

    def on_mount(self) -> None:
        """Take the name at once."""
        self.query_one(Input).focus()

    @on(Input.Changed)
    def _changed(self) -> None:
        self._say("")

    def _say(self, fault: str) -> None:
        said = self.query_one(".said", Static)
        said.update(line(fault))
        said.display = bool(fault)

    @on(Input.Submitted)
    def action_take(self) -> None:
        """Take the name."""
        name = self.query_one(Input).value.strip() or self._offered
        if fault := name_fault(name):
            self._say(fault)
        elif name in VERDICT_KEYS and name != self._warned_of:
            self._warned_of = name
            self._say(f"{name} is a key that judges: is it your name? ⏎ takes it all the same")
        else:
            self.dismiss(name)

    def action_scroll(self, step: int) -> None:
        """Scroll the guideline by a line."""
        self.query_one(VerticalScroll).scroll_relative(y=step, animate=False)

    def action_back(self) -> None:
        """Go back without a name."""
        self.dismiss(None)
