"""All answers in a table: sorted by any column, searched, marked, and tagged or flagged together."""

from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, ClassVar

from msgspec.structs import replace
from textual import events, on
from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.binding import BindingType
from textual.timer import Timer
from textual.widgets import Static
from textual.worker import Worker, WorkerError

from fada_tui.evaluation.assessment.edit import with_flag
from fada_tui.evaluation.assessment.filters import TELLING, WORDS, parse
from fada_tui.tui.keymap import bindings
from fada_tui.tui.screens.answer_columns import HEADINGS, Cells, columns, in_full
from fada_tui.tui.screens.answer_source import Source
from fada_tui.tui.screens.layered import LayeredScreen
from fada_tui.tui.screens.sheet_actions import SheetActions
from fada_tui.tui.state.answer_table import (
    SORTABLE,
    Order,
    Row,
    RowKey,
)
from fada_tui.tui.state.aside import aside
from fada_tui.tui.state.views import NoticeKind
from fada_tui.tui.terminal.key_queue import DOOR
from fada_tui.tui.terminal.sanitise import content
from fada_tui.tui.widgets.filterbox import TYPING_SECONDS, FilterBox
from fada_tui.tui.widgets.keybar import KeyBar
from fada_tui.tui.widgets.notice import Notice
from fada_tui.tui.widgets.sheet import Column, Sheet
from fada_tui.tui.widgets.title import Title

ROOM_FOR_DETAIL = 20
"""Lines of the screen below which the answer under the cursor is not shown in full."""

KEYS = ("answers", "app")
"""What the footer shows, as far as there is room."""

ACTS = frozenset(f"answers.{name}" for name in ("open", "mark", "all", "flag", "tags", "context"))
"""What needs an answer."""

HIGHEST_FIRST = frozenset({"flag"})


class AnswersScreen(LayeredScreen[Row | None], SheetActions):
    """The table of answers; ends with the answer to look at, or None. It is drawn with the main screen.

    Args:
        source: where its rows come from.
        here: the answer that the cursor begins at.
    """

    PLACES = ("answers",)
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("answers")]
    AUTO_FOCUS = ""
    DEFAULT_CSS = """
    AnswersScreen {
        overflow: hidden;
        & > Sheet { height: 1fr; margin: 0 1; }
        & > #detail { height: 7; max-height: 25%; padding: 0 2; border-top: solid $border; }
        & > FilterBox { margin: 0 1; }
        &.-short > #detail { display: none; }
    }
    """

    def __init__(self, source: Source, here: RowKey | None) -> None:
        super().__init__()
        self._source = source
        self._table = source.table()
        self._here = here
        self._order = Order()
        """As it is asked for, whether the rows have it yet or not."""
        self._wide = False
        self._shown = False
        """There is something to draw on: not before the main screen may draw, nor once the table is left."""
        self._busy = "reading …"
        self._anchor: Row | None = None
        """The row that was marked last."""
        self._typing: Timer | None = None
        self._arranging: Worker[None]
        """What the rows wait for: at first until they are gathered, then until they are in order."""

    def compose(self) -> ComposeResult:
        """Lay out the table between title and keys."""
        yield Title("Answers")
        yield Sheet(self._columns())
        yield Static("", markup=False, id="detail")
        yield FilterBox(WORDS)
        yield Notice(id="notice")
        yield KeyBar(*KEYS, steady=True)

    def on_mount(self) -> None:
        """Begin to gather the rows."""
        self._shown = True
        self._draw_title()
        self._arranging = self.run_worker(self._gather(), group="gather", exclusive=True)

    def on_resize(self, event: events.Resize) -> None:
        """Where there are few lines, leave them to the table."""
        self.set_class(event.size.height < ROOM_FOR_DETAIL, "-short")

    def dismiss(self, result: Row | None = None) -> AwaitComplete:
        """End; what is still read and sorted is shown no more."""
        self._shown = False
        return super().dismiss(result)

    # Rows

    async def _gather(self) -> None:
        """Take in the runs that the table lacks, and list their rows."""
        table = self._table
        for run in table.lacks(self._source.runs()):
            await aside(table.take(run))
        self._arrange_soon(keep=True)
        if self._wide:
            async for run in self._source.others():
                if table.lacks([run]):
                    await aside(table.take(run))
                    self._arrange_soon(keep=True)
        self._busy = ""
        if self._shown:
            self._draw_title()

    def _arrange_soon(self, *, keep: bool) -> None:
        self._stop_waiting()
        self._arranging = self.run_worker(self._arrange(keep), group="arrange", exclusive=True)

    def _stop_waiting(self) -> None:
        if self._typing is not None:
            self._typing.stop()
            self._typing = None

    def action_act(self, name: str) -> None:
        """Do what a key asks of rows once they are those that were asked for before; keys wait for it.

        Args:
            name: `open`, `mark`, `mark_range`, `mark_all`, `flag`, `tags` or `context`.
        """
        act: Callable[[], None] = getattr(self, f"_do_{name}")
        if self._arranging.is_finished:
            act()
        else:
            self._open(self._after(act))

    async def _after(self, act: Callable[[], None]) -> None:
        while not self._arranging.is_finished:
            with suppress(WorkerError):  # another order was asked for meanwhile
                await self._arranging.wait()
        if self._shown:
            act()

    async def _arrange(self, keep: bool) -> None:
        """Put the rows in the order that is wanted; the cursor stays with its row, or goes to the first."""
        table = self._table
        found = await aside(table.arranged(self._order))
        if not self._shown:
            return
        sheet = self.query_one(Sheet)
        here = self._row.key if self._row else self._here
        table.arrange(found)
        at = table.index_of(here) if keep and here else None
        sheet.set_columns(self._columns())
        sheet.show(Cells(table, sheet), at or 0, (self._order.column, self._order.descending))
        self._draw_title()
        self._describe()

    def draw(self) -> None:
        """Take in what has come, the row under the cursor staying where it is seen."""
        if not self._shown:
            return
        entry = self._table.entry(self.query_one(Sheet).cursor)
        self._table.keep_up()
        if not self._busy and self._table.lacks(self._source.runs()):
            self.run_worker(self._gather(), group="gather", exclusive=True)
        at = self._table.find(entry) if entry else None
        self.query_one(Sheet).hold(at or 0)
        self.query_one(Notice).check()
        self._draw_title()
        self._describe()

    def draw_answer(self) -> None:
        """An answer is a row when it has ended."""

    def say(
        self,
        text: str,
        kind: NoticeKind = "info",
        *,
        keep: bool = False,
        holds: Callable[[], bool] | None = None,
    ) -> None:
        """Show a line above the keys."""
        if self._shown:
            self.query_one(Notice).tell(text, kind, keep=keep, holds=holds)

    @property
    def _row(self) -> Row | None:
        entry = self._table.entry(self.query_one(Sheet).cursor)
        return entry[2] if entry else None

    def _columns(self) -> tuple[Column, ...]:
        return columns(self._table, named=self._wide or self._source.blind, blind=self._source.blind)

    @property
    def _sortable(self) -> Sequence[str]:
        keys = {column.key for column in self._columns()}
        return [key for key in SORTABLE if key in keys]

    def _draw_title(self) -> None:
        table, order = self._table, self._table.order
        listed, total = len(table), table.total
        parts = ["Answers", *(table.models if not self._wide else ["all runs"])]
        parts += ["BLIND"] if self._source.blind else []
        parts.append(f"{listed:,} of {total:,}" if listed != total else f"{total:,}")
        if table.marked:
            hidden = f" ({table.hidden_marks:,} not listed)" if table.hidden_marks else ""
            parts.append(f"{len(table.marked):,} marked{hidden}")
        if order.wanted.words:
            parts.append(f"filter: {order.wanted.text}")
        parts.append(f"by {HEADINGS[order.column].lower()} {'▼' if order.descending else '▲'}")
        parts += [self._busy] if self._busy else []
        self.query_one(Title).say(" · ".join(parts))
        self._show_keys()

    def _show_keys(self) -> None:
        """Show the keys that do something now."""
        if self.query_one(FilterBox).display:
            self.query_one(KeyBar).show(("filter",))
            return
        idle = frozenset() if len(self._table) else ACTS
        idle |= {"answers.range"} if self._anchor is None else set()
        idle |= {"answers.models"} if self._source.blind else set()
        idle |= set() if self._source.can_undo() else {"answers.undo"}
        self.query_one(KeyBar).show(KEYS, idle)

    def _describe(self) -> None:
        """Show the answer under the cursor in full, as far as there is room."""
        if (row := self._row) is not None:
            text = in_full(row)
        elif self._busy:
            text = ""
        else:
            text = (
                "no answer meets the filter; esc leaves it" if self._table.total else "there is no answer yet"
            )
        self.query_one("#detail", Static).update(content(text), layout=False)

    @on(Sheet.Highlighted)
    def _moved(self) -> None:
        self._here = None
        self._describe()

    # Order and filter

    @on(Sheet.HeadingChosen)
    def _heading_chosen(self, event: Sheet.HeadingChosen) -> None:
        if event.key == self._order.column:
            self.action_reverse()
        elif event.key in self._sortable:
            self._sort_by(event.key)

    def action_sort(self, step: int) -> None:
        """Sort by the next column, or the previous one."""
        keys = self._sortable
        here = keys.index(self._order.column) if self._order.column in keys else 0
        self._sort_by(keys[(here + step) % len(keys)])

    def _sort_by(self, column: str) -> None:
        self._order = replace(self._order, column=column, descending=column in HIGHEST_FIRST)
        self._arrange_soon(keep=False)

    def action_reverse(self) -> None:
        """Turn the order round."""
        self._order = replace(self._order, descending=not self._order.descending)
        self._arrange_soon(keep=False)

    def action_filter(self) -> None:
        """Open the filter box."""
        box = self.query_one(FilterBox)
        box.open(self._source.names, without=TELLING if self._source.blind else ())
        self._show_keys()

    @on(FilterBox.Changed)
    def _filter_changed(self, event: FilterBox.Changed) -> None:
        wanted = parse(event.text, blind=self._source.blind, in_texts=True)
        self.query_one(FilterBox).complain(wanted.error)
        self._stop_waiting()
        self._order = replace(self._order, wanted=wanted)
        if self.query_one(FilterBox).display:
            self._typing = self.set_timer(TYPING_SECONDS, partial(self._arrange_soon, keep=True))
        else:
            self._arrange_soon(keep=True)

    @on(FilterBox.Closed)
    def _filter_closed(self) -> None:
        self.set_focus(None)
        if self._typing is not None:
            self._arrange_soon(keep=True)
        self._show_keys()

    def action_back(self) -> None:
        """Leave the filter; without one, the table."""
        box = self.query_one(FilterBox)
        if box.empty:
            self.dismiss(None)
        else:
            box.clear()

    @on(Sheet.Opened)
    def _do_open(self) -> None:
        """End with the answer, to be looked at."""
        if row := self._row:
            self.dismiss(row)

    def action_widen(self) -> None:
        """Show the answers of all runs over the same images, or of the current one alone."""
        if self._source.blind:
            self.say("blind mode has the answers of all runs in it already")
            return
        self._wide = not self._wide
        self._here = self._row.key if self._row else None
        marked, self._table = self._table.marked, self._source.table()
        self._table.marked = marked
        self._busy = "reading …"
        self.run_worker(self._gather(), group="gather", exclusive=True)

    # Marks, and what is done to the marked

    def _do_mark(self) -> None:
        """Mark the answer under the cursor, or take its mark away; go on to the next."""
        if row := self._row:
            self._table.marked ^= {row.key}
            self._anchor = row
            self.action_move(1)
            self._marks_changed()

    def _do_mark_range(self) -> None:
        """Mark all answers from the one that was marked last to this one."""
        here = self.query_one(Sheet).cursor
        start = self._table.index_of(self._anchor.key) if self._anchor else None
        first, last = sorted((here, here if start is None else start))
        rows = [self._table[index] for index in range(first, last + 1) if index < len(self._table)]
        self._table.marked |= {row.key for row in rows}
        self._anchor = self._row
        self._marks_changed()

    def _do_mark_all(self) -> None:
        """Mark all that are listed, or take their marks away if all have one."""
        keys = {row.key for row in self._table}
        self._table.marked = (
            self._table.marked - keys if keys <= self._table.marked else self._table.marked | keys
        )
        self._marks_changed()

    def _marks_changed(self) -> None:
        self.query_one(Sheet).refresh()
        self._draw_title()

    def _targets(self) -> list[Row]:
        """The marked answers that are listed; without any, that under the cursor. Errors are none."""
        rows = self._table.marked_rows() or ([self._row] if self._row else [])
        answers = [row for row in rows if row.answered]
        if not answers:
            self.say("there is no answer to judge here", "warning")
        return answers

    def _open(self, work: Coroutine[Any, Any, None]) -> None:
        self.run_worker(work, group=DOOR, exclusive=True)

    def _do_flag(self) -> None:
        """Flag the answers for a second look; if all of them are flagged, remove that."""
        if rows := self._targets():
            flagged = not all(row.run.assessment(*row.at).flagged is True for row in rows)
            self._open(self._source.change(rows, lambda before: with_flag(before, flagged)))

    def _do_tags(self) -> None:
        """Toggle tags of the answers."""
        if rows := self._targets():
            self._open(self._source.tags(rows))

    def _do_context(self) -> None:
        """Set the context flag of the answers."""
        if rows := self._targets():
            self._open(self._source.context(rows))

    async def action_undo(self) -> None:
        """Take the last change back, of however many answers."""
        await self._source.undo()

    async def action_redo(self) -> None:
        """Make it again."""
        await self._source.redo()
