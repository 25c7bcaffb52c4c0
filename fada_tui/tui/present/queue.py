"""The queue as rows: this dashboard's own runs that wait, and those of the queue's file. Pure."""

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from msgspec import Struct

from fada_tui.report import units
from fada_tui.runs.run_queue import Extent, WaitingRun
from fada_tui.tui.state.left_queue import LeftQueue, LeftRun

HIDDEN = "(hidden)"
"""In place of a model's name in blind mode."""

EMPTY = "No run waits. A run that is set up (r) while another goes on waits here for its turn."
KEPT = "Kept when a run was stopped: w starts the queue again."
TURNS = "They start one after another."
LEFT = "These begin when they are started: w starts them without a screen."
LEFT_WORKED = "These go on one after another, also when fada-tui is left."
LEFT_KEPT = "Kept in the queue: w lets it follow, too."


class Heading(Struct, frozen=True):
    """A line over the runs of one queue."""

    text: str


Row: TypeAlias = WaitingRun | LeftRun | Heading


def rows(own: Sequence[WaitingRun], left: LeftQueue) -> tuple[Row, ...]:
    """Return what waits in the order in which it runs: one's own, then what was left, under headings."""
    here: list[Row] = [*own]
    if left.runs:
        here = [*([Heading("This dashboard")] if own else []), *own, Heading(left_words(left)), *left.runs]
    return tuple(here)


def left_words(left: LeftQueue) -> str:
    """Return what was left, and who works through it."""
    if not left.worked:
        return "Left, and nobody works through it"
    return f"Left running, by process {left.pid}" + (f" on {left.host}" if left.host else "")


def key_of(row: Row | None) -> tuple[str, str]:
    """Return what tells a row from others, wherever it moves."""
    match row:
        case WaitingRun(number=number):
            return "own", str(number)
        case LeftRun(run=run):
            return "left", run
        case Heading(text=text):
            return "heading", text.partition(",")[0]
    return "", ""


Text: TypeAlias = tuple[str, str]
"""What stands in a cell, and its style."""


def cells(all_rows: Sequence[Row], own_next: WaitingRun | None, *, blind: bool) -> list[tuple[Text, ...]]:
    """Return the cells of each row: turn, model, images, questions, answers, time, state; a heading alone."""
    turn, made = 0, list[tuple[Text, ...]]()
    for row in all_rows:
        if isinstance(row, Heading):
            turn = 0
            made.append(((row.text, "muted"),))
            continue
        turn += 1
        name = HIDDEN if blind else row.label
        made.append(((str(turn), "muted"), (name, ""), *_extent(row.extent), _state(row, own_next)))
    return made


def _extent(extent: Extent) -> Iterable[Text]:
    known = extent.images > 0
    for number in (extent.images, extent.questions, extent.answers):
        yield (f"{number:,}" if known else ""), ""
    yield ("" if extent.seconds is None else units.expected_time(extent.seconds)), ""


def _state(row: WaitingRun | LeftRun, own_next: WaitingRun | None) -> Text:
    if isinstance(row, WaitingRun):
        return ("kept", "partial") if row.kept else ("next" if row == own_next else "", "running")
    if row.now:
        return "runs now", "running"
    if row.problem:
        return "problem", "incorrect"
    return ("kept", "partial") if row.kept else ("next" if row.next else "", "running")


def title(own: Sequence[WaitingRun], left: LeftQueue) -> str:
    """Return how many runs wait, and with how many answers and how long a time that is."""
    extents = [*(one.extent for one in own), *(one.extent for one in left.runs if not one.now)]
    if not extents:
        return "Queue"
    parts = [units.count(len(extents), "run waits", "runs wait")]
    parts.append(units.count(sum(one.answers for one in extents), "answer"))
    known = [one.seconds for one in extents if one.seconds is not None]
    if known:
        least = "" if len(known) == len(extents) else "at least "
        parts.append(f"{least}{units.expected_time(sum(known))}")
    return f"Queue · {' · '.join(parts)}"


def detail(row: Row | None, own: Sequence[WaitingRun], left: LeftQueue, *, blind: bool) -> str:
    """Return when the run under the cursor starts, or why it cannot."""
    if left.problem and not isinstance(row, WaitingRun):
        return left.problem
    match row:
        case LeftRun(problem=problem) if problem and not row.now:
            return "It could not begin; b ends blind mode, which hides why." if blind else problem
        case LeftRun(kept=True, now=False) if left.worked:
            return LEFT_KEPT
        case LeftRun() | Heading() if left.runs and not isinstance(row, WaitingRun):
            return LEFT_WORKED if left.worked else LEFT
    if not own:
        return EMPTY
    return KEPT if any(one.kept for one in own) else TURNS
