"""The answers of all models to one question about one image, side by side, each to be judged."""

from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar

from msgspec import Struct
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import HorizontalScroll
from textual.screen import Screen
from textual.widgets import Static

from fada_tui.assessing.edit import with_next_context, with_verdict
from fada_tui.records import Assessment, Verdict
from fada_tui.tui.commands import bindings
from fada_tui.tui.safe import line
from fada_tui.tui.views import AnswerView
from fada_tui.tui.widgets.answer import AnswerPane
from fada_tui.tui.widgets.answer_text import AnswerText
from fada_tui.tui.widgets.keybar import KeyBar
from fada_tui.tui.widgets.verdicts import Verdicts

NARROWEST = 36
"""Cells of a column."""

Edit = Callable[[Assessment], Assessment]


class Answer(Struct, frozen=True):
    """One model's answer, and how to see and assess it."""

    name: str
    """As it may be shown: a letter in blind mode."""
    view: Callable[[], AnswerView]
    assess: Callable[[Edit], Awaitable[str | None]]
    """Returns what went wrong, in one line."""


class ModelsOnImage(Screen[None]):
    """A column for each model.

    Args:
        title: which image.
        answers: in the order of the columns.
        context: the name of the rubric's context flag.
        undo: takes back the last assessment; returns what happened, in words.
        redo: makes it again.
    """

    PLACES = ("verdict", "models_on_image")
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("verdict", "models_on_image")]
    DEFAULT_CSS = """
    ModelsOnImage {
        & > .title { height: 1; padding: 0 1; background: $panel; text-style: bold; }
        & > #said { height: 1; padding: 0 1; color: $warning; }
        & > #columns { height: 1fr; }
        & AnswerPane {
            height: 100%;
            width: 1fr;
            min-width: 36;
            border: round $border;
            border-title-color: $muted;
            padding: 0 1;
        }
        & AnswerPane:focus-within {
            border: round $primary;
            border-title-color: $primary;
            border-title-style: bold;
        }
    }
    """

    def __init__(
        self,
        title: str,
        answers: Sequence[Answer],
        context: str,
        undo: Callable[[], Awaitable[str]],
        redo: Callable[[], Awaitable[str]],
    ) -> None:
        super().__init__()
        self._title = title
        self._answers = answers
        self._flag = context
        self._undo = undo
        self._redo = redo

    def compose(self) -> ComposeResult:
        """Lay out the columns."""
        yield Static(line(self._title), classes="title")
        with HorizontalScroll(id="columns", can_focus=False):
            for _ in self._answers:
                yield AnswerPane(self._flag)
        yield Static("", markup=False, id="said")
        yield KeyBar(*self.PLACES)

    def on_mount(self) -> None:
        """Fill the columns."""
        for pane, answer in zip(self.query(AnswerPane), self._answers, strict=True):
            pane.border_title = line(answer.name)
        self._draw()
        self.query(AnswerText).first().focus()

    def _draw(self) -> None:
        for pane, answer in zip(self.query(AnswerPane), self._answers, strict=True):
            pane.show(answer.view())

    @property
    def _column(self) -> int:
        for number, text in enumerate(self.query(AnswerText)):
            if text.has_focus:
                return number
        return 0

    def action_column(self, step: int) -> None:
        """Go to the next column, or the previous one."""
        texts = list(self.query(AnswerText))
        texts[(self._column + step) % len(texts)].focus()

    async def action_judge(self, verdict: Verdict | None) -> None:
        """Judge the column with the focus."""
        await self._assess(self._column, lambda before: with_verdict(before, verdict))

    async def action_context(self) -> None:
        """Turn its context flag on: yes, no, unset."""
        await self._assess(self._column, with_next_context)

    async def action_undo(self) -> None:
        """Take back the last assessment."""
        self.query_one("#said", Static).update(line(await self._undo()))
        self._draw()

    async def action_redo(self) -> None:
        """Make it again."""
        self.query_one("#said", Static).update(line(await self._redo()))
        self._draw()

    async def _assess(self, column: int, edit: Edit) -> None:
        fault = await self._answers[column].assess(edit)
        self.query_one("#said", Static).update(line(fault or ""))
        self._draw()

    @on(Verdicts.Chosen)
    async def _clicked(self, event: Verdicts.Chosen) -> None:
        panes = list(self.query(AnswerPane))
        column = next(n for n, pane in enumerate(panes) if event.control in pane.walk_children())
        verdict = event.verdict
        edit: Edit = (lambda before: with_verdict(before, verdict)) if verdict else with_next_context
        await self._assess(column, edit)

    def action_back(self) -> None:
        """Go back to the main screen."""
        self.dismiss(None)
