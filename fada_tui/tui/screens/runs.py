"""All runs of the results folder: one is opened, resumed, exported or deleted from here."""

import time
from functools import partial
from pathlib import Path
from typing import ClassVar, TypeAlias

from msgspec import Struct
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Static
from textual.worker import get_current_worker

from fada_tui.core.errors import FadaError
from fada_tui.core.text import printable
from fada_tui.report import units
from fada_tui.runs.publish import compared_runs, write_comparison
from fada_tui.store.removal import remove_run
from fada_tui.tui.keymap import bindings, commands
from fada_tui.tui.present.lines import shown_path
from fada_tui.tui.present.runs import GLYPHS, RunRow, newest_first, run_row
from fada_tui.tui.screens.confirm import ConfirmScreen
from fada_tui.tui.screens.export import ExportScreen
from fada_tui.tui.screens.sheet_actions import SheetActions
from fada_tui.tui.state.run_scan import read_found, run_folders, waiting_names
from fada_tui.tui.terminal.sanitise import line
from fada_tui.tui.widgets.keybar import KeyBar
from fada_tui.tui.widgets.measured import Text
from fada_tui.tui.widgets.sheet import Cell, Column, Sheet
from fada_tui.tui.widgets.title import Title

PATIENCE = 0.15
"""Seconds of reading after which it is shown how far it came."""

COLUMNS = (
    Column(key="current", heading=" "),
    Column(key="when", heading="Started (UTC)", rank=1),
    Column(key="model", heading="Model", least=12),
    Column(key="state", heading="Status"),
    Column(key="images", heading="Images", right=True, rank=3),
    Column(key="questions", heading="Quest.", right=True, rank=4),
    Column(key="judged", heading="Judged", right=True),
    Column(key="per_answer", heading="Per answer", right=True, rank=2),
)

STYLES = {
    "complete": "correct",
    "interrupted": "partial",
    "failed": "incorrect",
    "running": "running",
    "waiting": "muted",
    "unreadable": "incorrect",
}


class OpenRun(Struct, frozen=True):
    """A request to open a run."""

    folder: Path


class ResumeRun(Struct, frozen=True):
    """A request to resume a run."""

    folder: Path


class ShowSummary(Struct, frozen=True):
    """A request to show a run's page."""

    folder: Path


class Compare(Struct, frozen=True):
    """A request to compare all runs."""


Wish: TypeAlias = OpenRun | ResumeRun | ShowSummary | Compare


class RowsRead(Message):
    """Runs were read off the event loop: all so far."""

    def __init__(self, rows: tuple[RunRow, ...], total: int, *, done: bool) -> None:
        super().__init__()
        self.rows = rows
        self.total = total
        self.done = done


class Deleted(Message):
    """A run was deleted, off the event loop, or could not be.

    Args:
        row: the run that is gone now.
        text: what to say.
        done: nothing is left to do.
    """

    def __init__(self, row: RunRow | None, text: str, *, done: bool) -> None:
        super().__init__()
        self.row = row
        self.text = text
        self.done = done


class RunsScreen(Screen[Wish | None], SheetActions):
    """The list of runs, newest first; ends with what is to be done, or None.

    Args:
        results: the folder of the runs.
        current: id of the run that is looked at.
        running: ids of the runs that this program writes now.
        blind: somebody judges blindly, and must not see which run's verdicts grow.
    """

    PLACES = ("runs",)
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("runs")]
    DEFAULT_CSS = """
    RunsScreen {
        overflow: hidden;
        & > Sheet { margin: 1 1 0 1; }
        & > #detail { height: 3; padding: 0 2; color: $muted; border-top: solid $border; }
        & > #said { height: auto; max-height: 3; padding: 0 2; color: $warning; display: none; }
    }
    """

    def __init__(
        self, results: Path, current: str | None, running: frozenset[str], *, blind: bool = False
    ) -> None:
        super().__init__()
        self._results = results
        self._looked_at = current
        self._going_on = running
        self._blind = blind
        self._runs: tuple[RunRow, ...] = ()
        self._deleting = False
        self._gone: set[Path] = set()
        """Folders deleted from here, which a reading begun before may still tell of."""

    def compose(self) -> ComposeResult:
        """Lay out the list between its title and the keys."""
        yield Title("Runs · reading …")
        yield Sheet(COLUMNS)
        yield Static("", markup=False, id="detail")
        yield Text("", markup=False, id="said")
        yield KeyBar(*self.PLACES)

    def on_mount(self) -> None:
        """Begin to read."""
        self.run_worker(self._read, thread=True, exclusive=True, group="read")

    def _read(self) -> None:
        worker = get_current_worker()
        folders = run_folders(self._results)
        rows: list[RunRow] = []
        waiting = waiting_names(self._results)
        shown = time.monotonic()
        for found in read_found(folders):
            if worker.is_cancelled:
                return
            rows.append(run_row(found, self._looked_at, self._going_on, waiting, blind=self._blind))
            if time.monotonic() - shown > PATIENCE:
                self.post_message(RowsRead(newest_first(rows), len(folders), done=False))
                shown = time.monotonic()
        self.post_message(RowsRead(newest_first(rows), len(folders), done=True))

    @on(RowsRead)
    def _show(self, event: RowsRead) -> None:
        # Until the cursor was moved it stands on the newest, or on the run that is looked at.
        sheet = self.query_one(Sheet)
        here = self._row.folder if self._row and sheet.cursor else None
        self._runs = tuple(row for row in event.rows if row.folder not in self._gone)
        folders = [row.folder for row in self._runs]
        at = folders.index(here) if here in folders else sheet.cursor
        if here is None:
            at = next((at for at, row in enumerate(self._runs) if row.current), 0)
        sheet.show([_cells(row) for row in self._runs], at)
        self._tell(len(self._runs) if event.done else event.total, done=event.done)

    def _tell(self, total: int, *, done: bool) -> None:
        count = units.count(total, "run") if done else f"reading {len(self._runs)} of {total} …"
        self.query_one(Title).say(f"Runs · {count} · {shown_path(self._results)}")
        if done and not self._runs:
            others = {command.id for command in commands("runs")} - {"runs.back"}
            self.query_one(KeyBar).show(self.PLACES, frozenset(others))
            self.query_one("#detail", Static).update(
                line("There are no runs here yet. On the main screen r sets one up.")
            )
        else:
            self._describe()

    @on(Sheet.Highlighted)
    def _moved(self) -> None:
        self._say("")
        self._describe()

    def _describe(self) -> None:
        row = self._row
        here = "◆ open now  ·  " if row and row.current else ""
        self.query_one("#detail", Static).update(line(here + row.detail if row else ""), layout=False)

    @property
    def _row(self) -> RunRow | None:
        at = self.query_one(Sheet).cursor
        return self._runs[at] if at < len(self._runs) else None

    def _say(self, text: str) -> None:
        said = self.query_one("#said", Text)
        if text or said.display:
            said.update(line(text))
            said.display = bool(text)

    @on(Sheet.Opened)
    def action_open(self) -> None:
        """Close the screen with a request to open the run."""
        if self._blind:
            self._say(
                "one model's answers alone are no blind reading: end blind mode first (b on the main screen)"
            )
        elif row := self._readable():
            self.dismiss(OpenRun(row.folder))

    def action_summary(self) -> None:
        """Close the screen with a request to show the run's page."""
        if row := self._readable():
            self.dismiss(ShowSummary(row.folder))

    def action_compare(self) -> None:
        """Close the screen with a request to compare all runs."""
        self.dismiss(Compare())

    def action_resume(self) -> None:
        """Close the screen with a request to resume the run."""
        if row := self._row:
            if row.hindrance:
                self._say(row.hindrance)
            else:
                self.dismiss(ResumeRun(row.folder))

    def action_export(self) -> None:
        """Ask for a format, and write the run in it."""
        if self._blind:
            self._say("an export tells each model's verdicts: end blind mode first (b on the main screen)")
        elif row := self._readable():
            self.app.push_screen(ExportScreen(row.folder), self._exported)

    def _exported(self, path: Path | None) -> None:
        if path is not None:
            self._say(f"written: {path}")

    def _readable(self) -> RunRow | None:
        row = self._row
        if row and row.status == "unreadable":
            self._say("this run cannot be read")
            return None
        return row

    def action_delete(self) -> None:
        """Ask, then delete the run."""
        row = self._row
        if row is None:
            return
        if self._deleting:
            self._say("the last deletion is not finished yet")
            return
        if row.keep:
            self._say(f"not deleted: {row.keep}")
            return
        detail = printable(f"{row.model}, {row.folder.name}: {row.stake}")

        def answered(yes: bool | None) -> None:
            if yes:
                self._deleting = True
                self.run_worker(partial(self._delete, row), thread=True)

        self.app.push_screen(ConfirmScreen("Delete this run?", detail, "Delete", danger=True), answered)

    def _delete(self, row: RunRow) -> None:
        """Delete a run and write the comparison without it; to the end, even if the screen is left."""
        try:
            remove_run(row.folder, self._results)
        except FadaError as error:
            self.post_message(Deleted(None, f"not deleted: {error}", done=True))
            return
        self.post_message(Deleted(row, f"deleted: {row.folder.name}", done=False))
        text = f"deleted: {row.folder.name}"
        try:
            write_comparison(self._results, compared_runs(self._results, []))
        except FadaError as error:
            text += f"; but the comparison is as before: {error}"
        self.post_message(Deleted(None, text, done=True))

    @on(Deleted)
    def _deleted(self, event: Deleted) -> None:
        self._deleting = not event.done
        if gone := event.row:
            self._gone.add(gone.folder)
            sheet = self.query_one(Sheet)
            self._runs = tuple(row for row in self._runs if row.folder != gone.folder)
            sheet.show([_cells(row) for row in self._runs], sheet.cursor)
            self._tell(len(self._runs), done=True)
        self._say(event.text)

    def action_back(self) -> None:
        """Go back to the main screen."""
        self.dismiss(None)


def _cells(row: RunRow) -> list[Cell]:
    return [
        Cell("◆" if row.current else " ", "chosen"),
        Cell(row.when, "muted"),
        Cell(row.model, "chosen" if row.current else ""),
        Cell(f"{GLYPHS[row.status]} {row.state}", STYLES[row.status]),
        *(
            Cell(text, "muted" if text == "n/a" else "")
            for text in (row.images, row.questions, row.judged, row.per_answer)
        ),
    ]
