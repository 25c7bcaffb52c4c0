"""All runs in one table, sorted by any column, with bars of speed, memory and quality."""

import time
from pathlib import Path
from typing import ClassVar

from msgspec.structs import replace
from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Static
from textual.worker import get_current_worker

from fada_tui.report import units
from fada_tui.report.comparison import UNLIKE_NOTE, Compared, alike, compared, differences
from fada_tui.report.metrics import METRIC, METRICS
from fada_tui.report.wordings import differing_wordings, wordings_line
from fada_tui.tui.keymap import bindings, commands
from fada_tui.tui.present.runs import BARS, UNKNOWN, ComparedRow, compared_row, scales, sorted_rows
from fada_tui.tui.screens.paired import PairedScreen
from fada_tui.tui.screens.runs import PATIENCE, STYLES, OpenRun
from fada_tui.tui.screens.sheet_actions import SheetActions
from fada_tui.tui.state.run_scan import read_found, run_folders
from fada_tui.tui.terminal.sanitise import line
from fada_tui.tui.widgets.bars import BarRow, Bars
from fada_tui.tui.widgets.keybar import KeyBar
from fada_tui.tui.widgets.measured import Text
from fada_tui.tui.widgets.sheet import Cell, Column, Sheet
from fada_tui.tui.widgets.title import Title


def _column(key: str, *, rank: int = 0) -> Column:
    """A metric's column, its numbers at the right."""
    return Column(key=key, heading=METRIC[key].shown["screen"].heading, right=True, rank=rank)


COLUMNS = (
    Column(key="status", heading=" "),
    Column(key="model", heading=METRIC["model"].shown["screen"].heading, least=14),
    _column("parameters"),
    _column("images", rank=2),
    _column("time_per_answer"),
    _column("tokens_per_second", rank=3),
    _column("memory", rank=1),
    _column("context", rank=4),
    _column("quality"),
    _column("auto_score", rank=5),
    Column(key="started", heading="Started (UTC)", right=True, rank=6),
)
SORTABLE = tuple(column.key for column in COLUMNS[1:])
HIGHEST_FIRST = frozenset({"started", *(one.key for one in METRICS if one.better == "higher")})
"""Columns of which the highest is the first to be looked for."""

ROOM_FOR_BARS = 20
"""Lines of the screen below which no bars are drawn."""

MARK = "● "
"""Before the name of a run that is marked for the paired comparison."""

UNPAIRED = "Mark a run with m, then press p on another: they are compared on what both have."

BLIND = "The comparison shows which model is which: end blind mode first (b on the main screen)."


class Progress(Message):
    """Runs are being read off the event loop."""

    def __init__(self, done: int, total: int) -> None:
        super().__init__()
        self.done = done
        self.total = total


class ComparisonRead(Message):
    """All runs were read."""

    def __init__(self, rows: tuple[ComparedRow, ...], unread: int) -> None:
        super().__init__()
        self.rows = rows
        self.unread = unread


class Unlike(Message):
    """Not all runs are of the same images and questions."""

    def __init__(self, wordings: str) -> None:
        super().__init__()
        self.wordings = wordings


class ComparisonScreen(Screen[OpenRun | None], SheetActions):
    """The table of runs; ends with the run to look at, or None.

    Args:
        results: the folder of the runs.
        blind: somebody judges blindly, and must not see this.
    """

    PLACES = ("comparison",)
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("comparison")]
    DEFAULT_CSS = """
    ComparisonScreen {
        overflow: hidden;
        & > Sheet { height: auto; max-height: 50%; margin: 1 1 0 1; }
        & > #detail { height: 3; margin: 1 0 0 0; padding: 0 2; color: $muted; }
        & > Bars { margin: 0 1; border-top: solid $border; }
        & > #said { height: auto; max-height: 3; padding: 0 2; color: $warning; display: none; }
        &.-short > Sheet { height: 1fr; max-height: 100%; margin: 0 1; }
        &.-short > Bars { display: none; }
        &.-short > #said { max-height: 1; }
        &.-empty Sheet, &.-empty Bars { display: none; }
        &.-empty #said { height: 1fr; max-height: 100%; content-align: center middle; text-align: center; }
    }
    """

    def __init__(self, results: Path, blind: bool) -> None:
        super().__init__()
        self._results = results
        self._blind = blind
        self._rows: tuple[ComparedRow, ...] = ()
        self._unread = 0
        self._marked: dict[Path, None] = {}
        self._warning = ""
        self._column = "quality"
        self._descending = True

    def compose(self) -> ComposeResult:
        """Lay out table and bars between the title and the keys."""
        yield Title("Comparison" if self._blind else "Comparison · reading …")
        yield Sheet(COLUMNS)
        yield Static("", markup=False, id="detail")
        yield Bars({key: METRIC[key].shown["screen"].heading for key in BARS})
        yield Text("", markup=False, id="said")
        yield KeyBar(*self.PLACES)

    def on_mount(self) -> None:
        """Begin to read, unless that would unblind."""
        if self._blind:
            self._say(BLIND, instead=True)
        else:
            self.run_worker(self._read, thread=True)

    def on_resize(self, event: events.Resize) -> None:
        """Where there are few lines, leave them to the table."""
        self.set_class(event.size.height < ROOM_FOR_BARS, "-short")

    def _read(self) -> None:
        worker = get_current_worker()
        rows: list[ComparedRow] = []
        runs: list[Compared] = []
        unread = 0
        folders = run_folders(self._results)
        shown = time.monotonic()
        for found in read_found(folders):
            if worker.is_cancelled:
                return
            if time.monotonic() - shown > PATIENCE:
                self.post_message(Progress(len(runs) + unread, len(folders)))
                shown = time.monotonic()
            if found.run is None:
                unread += 1
            elif found.run.begun:
                runs.append(one := compared(found.run))
                rows.append(compared_row(found, one))
        told = (
            replace(row, detail="  ·  ".join((row.detail, *parts)))
            for row, parts in zip(rows, differences(runs), strict=True)
        )
        self.post_message(ComparisonRead(tuple(told), unread))
        wordings = wordings_line(differing_wordings(row.run for row in runs))
        if wordings or not alike(runs):
            self.post_message(Unlike(wordings))

    @on(Progress)
    def _tell_progress(self, event: Progress) -> None:
        text = f"Comparison · reading {event.done} of {event.total} …"
        self.query_one(Title).say(text)

    @on(ComparisonRead)
    def _take(self, event: ComparisonRead) -> None:
        self._rows = event.rows
        if not event.rows:
            self._say("There are no runs to compare yet. On the main screen r sets one up.", instead=True)
        self._unread = event.unread
        self._draw(0)

    @on(Unlike)
    def _warn(self, event: Unlike) -> None:
        self._warning = f"{UNLIKE_NOTE} {event.wordings}".rstrip()
        self._say(self._warning)

    def _draw(self, cursor: int) -> None:
        self._rows = sorted_rows(self._rows, self._column, descending=self._descending)
        heading = next(column.heading for column in COLUMNS if column.key == self._column)
        arrow = "▼" if self._descending else "▲"
        parts = [
            "Comparison",
            units.count(len(self._rows), "run"),
            f"by {heading.partition(' (')[0].lower()} {arrow}",
        ]
        parts += [f"{self._unread} unreadable: see the list of runs"] if self._unread else []
        self.query_one(Title).say(" · ".join(parts))
        self.query_one(Sheet).show(
            [_cells(row, marked=row.folder in self._marked) for row in self._rows],
            cursor,
            (self._column, self._descending),
        )
        bars = [BarRow(row.model, row.measures) for row in self._rows]
        self.query_one(Bars).show(bars, scales(self._rows), cursor)
        self._describe()

    def _describe(self) -> None:
        row = self._row
        self.query_one("#detail", Static).update(line(row.detail if row else ""), layout=False)

    @property
    def _row(self) -> ComparedRow | None:
        at = self.query_one(Sheet).cursor
        return self._rows[at] if at < len(self._rows) else None

    def _say(self, text: str, *, instead: bool = False) -> None:
        """Say something below the table, or instead of it."""
        said = self.query_one("#said", Text)
        said.update(line(text))
        said.display = bool(text)
        self.set_class(instead, "-empty")
        if instead:
            others = {command.id for command in commands("comparison")} - {"comparison.back"}
            self.query_one(KeyBar).show(self.PLACES, frozenset(others))

    @on(Sheet.Highlighted)
    def _moved(self, event: Sheet.Highlighted) -> None:
        self.query_one(Bars).go(event.index)
        self._describe()

    @on(Sheet.HeadingChosen)
    def _heading_chosen(self, event: Sheet.HeadingChosen) -> None:
        if event.key == self._column:
            self.action_reverse()
        elif event.key in SORTABLE:
            self._sort_by(event.key)

    def action_sort(self, step: int) -> None:
        """Sort by the next column, or the previous one."""
        self._sort_by(SORTABLE[(SORTABLE.index(self._column) + step) % len(SORTABLE)])

    def _sort_by(self, column: str) -> None:
        self._column, self._descending = column, column in HIGHEST_FIRST
        self._draw_around()

    def action_reverse(self) -> None:
        """Turn the order round."""
        self._descending = not self._descending
        self._draw_around()

    def _draw_around(self) -> None:
        """Draw anew, the cursor on the first row, where the answer to the question is."""
        if self._rows:
            self._draw(0)

    @on(Sheet.Opened)
    def action_open(self) -> None:
        """End with the run, to be looked at."""
        if row := self._row:
            self.dismiss(OpenRun(row.folder))

    def action_mark(self) -> None:
        """Mark the run under the cursor for the paired comparison, or take its mark away."""
        if row := self._row:
            if row.folder in self._marked:
                del self._marked[row.folder]
            else:
                self._marked[row.folder] = None
            self._draw(self.query_one(Sheet).cursor)

    def action_paired(self) -> None:
        """Compare the marked runs by pairs; one marked run with that under the cursor."""
        row = self._row
        folders = [*self._marked]
        if row and len(folders) < 2 and row.folder not in folders:
            folders.append(row.folder)
        if len(folders) >= 2:
            self.app.push_screen(PairedScreen(folders))
        elif row:
            self._say(f"{UNPAIRED} {self._warning}".rstrip())

    def action_back(self) -> None:
        """Go back to the main screen."""
        self.dismiss(None)


def _cells(row: ComparedRow, *, marked: bool) -> list[Cell]:
    return [_cell(row, column.key, marked=marked) for column in COLUMNS]


def _cell(row: ComparedRow, key: str, *, marked: bool) -> Cell:
    text = row.cells[key]
    if key == "model" and marked:
        return Cell(f"{MARK}{text}", "chosen")
    if key == "status":
        return Cell(text, STYLES[row.status])
    return Cell(text, "muted" if text == UNKNOWN or key == "started" else "")
