"""Answers side by side: as many columns as there is room for, whatever number of answers there is."""

from collections.abc import Callable, Sequence
from typing import cast

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.dom import DOMNode
from textual.message import Message

from fada_tui.core.records import Verdict
from fada_tui.tui.state.columns import ColumnView
from fada_tui.tui.terminal.sanitise import line
from fada_tui.tui.widgets.answer import FLAGGED, AnswerPane
from fada_tui.tui.widgets.answer_text import AnswerText
from fada_tui.tui.widgets.restyle import mark
from fada_tui.tui.widgets.verdicts import Verdicts
from fada_tui.tui.widgets.words import Words


class AnswerColumn(Vertical):
    """An answer, and above it whose it is where it is that of several models.

    Args:
        context: the name of the rubric's context flag.
    """

    DEFAULT_CSS = """
    AnswerColumn {
        width: 1fr;
        height: 1fr;
        border: round $border;
        border-title-color: $muted;
        border-subtitle-color: $muted;
        padding: 0 1;
        &.-here {
            border: round $primary;
            border-title-color: $primary;
            border-title-style: bold;
        }
        & > .models { height: auto; max-height: 2; color: $muted; }
        & > .differs { height: auto; max-height: 2; color: $warning; }
    }
    """

    class Judged(Message):
        """A verdict of a column was clicked; `None` is the context flag."""

        def __init__(self, column: "AnswerColumn", verdict: Verdict | None) -> None:
            super().__init__()
            self.column = column
            self.verdict = verdict

    def __init__(self, context: str) -> None:
        super().__init__()
        self._flag = context
        self._named = ("", "")

    def compose(self) -> ComposeResult:
        """Lay the column out."""
        yield Words(classes="models")
        yield Words(classes="differs")
        yield AnswerPane(self._flag)

    def show(self, view: ColumnView, place: str) -> None:
        """Show an answer; `place` says which of how many it is."""
        if view.answer.assessment.flagged:
            place = f"{FLAGGED}  {place}".strip()
        if (view.name, place) != self._named:
            self._named = (view.name, place)
            self.border_title, self.border_subtitle = line(view.name), line(place)
        self.query_one(".models", Words).say(", ".join(view.models))
        self.query_one(".differs", Words).say(view.differs)
        self.query_one(AnswerPane).show(view.answer)

    @on(Verdicts.Chosen)
    def _clicked(self, event: Verdicts.Chosen) -> None:
        event.stop()
        self.post_message(self.Judged(self, event.verdict))

    @property
    def text(self) -> AnswerText:
        """What has the focus in it."""
        return self.query_one(AnswerText)


class AnswerColumns(Horizontal):
    """The columns in sight, and the current one among them.

    Args:
        context: the name of the rubric's context flag.
        columns: how many there is room for.
    """

    DEFAULT_CSS = """
    AnswerColumns { width: 1fr; height: 1fr; }
    """

    class Entered(Message):
        """A column was given the focus by the mouse."""

        def __init__(self, number: int) -> None:
            super().__init__()
            self.number = number

    def __init__(self, context: str, columns: int) -> None:
        super().__init__()
        self._flag = context
        self._room = self._made = columns
        self._first = 0
        self._numbers: tuple[int, ...] = ()

    def compose(self) -> ComposeResult:
        """Lay the columns out."""
        for _ in range(self._room):
            yield AnswerColumn(self._flag)

    @property
    def _columns(self) -> list[AnswerColumn]:
        return cast("list[AnswerColumn]", list(self.children))

    async def make_room(self, columns: int) -> None:
        """Have room for this many columns from now on."""
        self._room = columns
        missing = columns - len(self.children)
        if missing > 0:
            await self.mount_all(AnswerColumn(self._flag) for _ in range(missing))
        self._made = len(self.children)

    def show(self, count: int, current: int, views: Callable[[Sequence[int]], list[ColumnView]]) -> None:
        """Show the current column and its neighbours.

        Args:
            count: how many there are.
            current: the number of the one in front, from 0.
            views: returns columns by their numbers; only those in sight are asked for.
        """
        room = min(self._room, self._made)
        self._first = max(min(self._first, current, count - room), current - room + 1, 0)
        self._numbers = tuple(range(self._first, min(self._first + room, count)))
        shown = views(self._numbers)
        for place, column in enumerate(self._columns):
            column.display = place < len(shown)
            # `:focus-within` styles all that is in both columns anew with each move.
            mark(column, "-here", marked=self._first + place == current)
            if place < len(shown):
                number = f"{self._numbers[place] + 1} of {count}" if count > 1 else ""
                column.show(shown[place], number)
        if shown and (text := self._columns[current - self._first].text) is not self.screen.focused:
            text.focus(scroll_visible=False)

    def number_of(self, widget: DOMNode) -> int | None:
        """Return the number of the column that a widget is in."""
        column = next((one for one in widget.ancestors_with_self if isinstance(one, AnswerColumn)), None)
        place = self._columns.index(column) if column is not None else len(self._numbers)
        return self._numbers[place] if place < len(self._numbers) else None

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Tell which column has the focus now."""
        if (number := self.number_of(event.widget)) is not None:
            self.post_message(self.Entered(number))
