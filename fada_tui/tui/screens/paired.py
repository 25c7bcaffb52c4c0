"""Runs compared by pairs, question by question, on the images that both have."""

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.worker import get_current_worker

from fada_tui.core.records import Run
from fada_tui.evaluation.pairing import RunOutcomes, outcomes_of
from fada_tui.report import units
from fada_tui.report.paired import PairedQuestion, names, paired_questions
from fada_tui.tui.keymap import bindings
from fada_tui.tui.present.paired import PairedRow, paired_rows
from fada_tui.tui.screens.sheet_actions import SheetActions
from fada_tui.tui.state.run_scan import read_found
from fada_tui.tui.terminal.sanitise import line
from fada_tui.tui.widgets.keybar import KeyBar
from fada_tui.tui.widgets.measured import Text
from fada_tui.tui.widgets.sheet import Cell, Column, Sheet
from fada_tui.tui.widgets.title import Title

COLUMNS = (
    Column(key="question", heading="Question", least=10),
    Column(key="figure", heading="Figure", rank=5),
    Column(key="pair", heading="Pair", least=16),
    Column(key="images", heading="Images", right=True, rank=4),
    Column(key="first", heading="First", right=True, rank=3),
    Column(key="second", heading="Second", right=True, rank=2),
    Column(key="difference", heading="Difference (95%)", right=True, rank=1),
    Column(key="p", heading="p, Holm", right=True),
    Column(key="finding", heading="Finding", least=14),
)

NOTHING = "These runs have no score and no verdict of the same question and image."
ERRORS = (
    "No two of these runs answered a question about the same image, for errors; with errors counted as wrong "
    "answers, fada-tui compare --paired tells them apart, if they can be."
)


class Progress(Message):
    """What is being read or compared off the event loop."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class Compared(Message):
    """The runs were compared, or why they cannot be."""

    def __init__(self, called: Sequence[str], rows: tuple[PairedRow, ...], fault: str = "") -> None:
        super().__init__()
        self.called = called
        self.rows = rows
        self.fault = fault


class PairedScreen(Screen[None], SheetActions):
    """The paired comparison of some runs; reads and compares in a thread.

    Args:
        folders: those of the runs, two at least.
    """

    PLACES = ("paired",)
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("paired")]
    DEFAULT_CSS = """
    PairedScreen {
        overflow: hidden;
        & > Sheet { height: 1fr; margin: 1 1 0 1; }
        & > #detail { height: auto; max-height: 8; margin: 1 0 0 0; padding: 0 2; color: $muted; }
        &.-empty > Sheet { display: none; }
        &.-empty > #detail { height: 1fr; max-height: 100%; color: $warning; }
    }
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        super().__init__()
        self._folders = [*folders]
        self._rows: tuple[PairedRow, ...] = ()
        several = len(self._folders) > 2
        self._columns = tuple(column for column in COLUMNS if several or column.key != "pair")

    def compose(self) -> ComposeResult:
        """Lay out the table above what is known of the row under the cursor."""
        yield Title("Paired comparison · reading …")
        yield Sheet(self._columns)
        yield Text("", markup=False, id="detail")
        yield KeyBar(*self.PLACES)

    def on_mount(self) -> None:
        """Begin to read."""
        self.run_worker(self._compare, thread=True)

    def _compare(self) -> None:
        worker = get_current_worker()
        runs: list[Run] = []
        outcomes: list[RunOutcomes] = []
        for found in read_found(self._folders):
            if worker.is_cancelled:
                return
            if found.run is None:
                self.post_message(Compared((), (), f"{found.folder.name} cannot be read: {found.reason}"))
                return
            runs.append(found.run.light())
            outcomes.append(outcomes_of(found.run))
            self.post_message(Progress(f"reading {len(runs)} of {len(self._folders)} …"))
        questions: list[PairedQuestion] = []
        for one in paired_questions(outcomes):
            if worker.is_cancelled:
                return
            questions.append(one)
            self.post_message(Progress(f"comparing: {units.count(len(questions), 'question')} …"))
        called = names(runs)
        rows = paired_rows(called, questions)
        self.post_message(Compared(called, rows, ERRORS if questions and not rows else ""))

    def on_progress(self, event: Progress) -> None:
        """Say how far it is."""
        self._title(event.text)

    def on_compared(self, event: Compared) -> None:
        """Show what came of it."""
        self._rows = event.rows
        self._title(" – ".join(event.called) if event.called else "nothing to compare")
        self.set_class(not event.rows, "-empty")
        self.query_one(Sheet).show([_cells(row, self._columns) for row in event.rows], 0)
        self._describe(event.fault or NOTHING)

    def on_sheet_highlighted(self) -> None:
        """Tell of the row under the cursor."""
        self._describe(NOTHING)

    def _title(self, text: str) -> None:
        self.query_one(Title).say(f"Paired comparison · {text}")

    def _describe(self, without_rows: str) -> None:
        at = self.query_one(Sheet).cursor
        told = self._rows[at].detail if at < len(self._rows) else (without_rows,)
        self.query_one("#detail", Text).update(Content("\n").join(map(line, told)))

    def action_back(self) -> None:
        """Go back to the comparison."""
        self.dismiss(None)


def _cells(row: PairedRow, columns: Sequence[Column]) -> list[Cell]:
    def style(key: str) -> str:
        return "" if key != "finding" else "correct" if row.apart else "muted"

    return [Cell(row.cells[column.key], style(column.key)) for column in columns]
