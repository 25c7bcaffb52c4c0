"""Runs as rows: of the list of runs, and of the comparison. Unknown is said so, never 0."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

from msgspec import UNSET, Struct

from fada_tui.core.records import Run
from fada_tui.report import devices, memory, units, verdict_texts
from fada_tui.report.compared_scores import scores_briefly
from fada_tui.report.comparison import Compared
from fada_tui.report.figures import Figures, figures
from fada_tui.report.metric import Value, in_unit
from fada_tui.report.metric_texts import BATCHED, requests, time_on_screen
from fada_tui.report.metrics import METRIC, METRICS
from fada_tui.tui.state.run_scan import Found

UNKNOWN = "n/a"
HIDDEN = "–"
"""A number that blind mode hides."""
BARS: Final = ("time_per_answer", "memory", "quality")
"""The metrics that the comparison draws as bars."""

Status = Literal["complete", "interrupted", "failed", "running", "waiting", "unreadable"]

GLYPHS: Mapping[Status, str] = {
    "complete": "✓",
    "interrupted": "◐",
    "failed": "!",
    "running": "▶",
    "waiting": "…",
    "unreadable": "!",
}


class RunRow(Struct, frozen=True, kw_only=True):
    """A run as the list shows it."""

    folder: Path
    id: str
    when: str
    """`2025-10-02 13:05`, UTC."""
    model: str
    status: Status
    state: str
    """The status in words, with how far it came."""
    images: str
    questions: str
    judged: str
    """`3/24`: of the answers."""
    per_answer: str
    """`1.52 s`: what falls to each answer; `*0.50 s` where several were made together."""
    current: bool
    detail: str
    """What else is known, on one line; the reason first where something is wrong."""
    hindrance: str
    """The reason why it cannot be resumed; empty if it can."""
    keep: str
    """The reason why it must not be deleted; empty if it may be."""
    stake: str
    """What is lost when it is deleted."""


def run_row(
    found: Found,
    current: str | None,
    running: Collection[str],
    waiting: Collection[str] = (),
    *,
    blind: bool = False,
) -> RunRow:
    """Return a run's row.

    Args:
        found: the run, as read.
        current: id of the run that is looked at.
        running: ids of the runs that this program writes now.
        waiting: names of the folders of runs that wait in the queue.
        blind: somebody judges blindly: where the number of verdicts grows would tell whose answer it was.
    """
    run, name = found.run, found.folder.name
    if run is None:
        return RunRow(
            folder=found.folder,
            id=name,
            when=_when(None, name),
            model=name,
            status="unreadable",
            state="unreadable",
            images=UNKNOWN,
            questions=UNKNOWN,
            judged=UNKNOWN,
            per_answer=UNKNOWN,
            current=False,
            detail=f"unreadable: {found.reason}",
            hindrance="this run cannot be read",
            keep="it is being written" if found.locked else "",
            stake="It cannot be read; all files in its folder are deleted.",
        )
    ours = bool({run.id, name} & set(running))
    status: Status = "running" if ours or found.locked else "waiting" if name in waiting else run.status
    counted = figures(run)
    judged = "" if blind else f", {_judged(counted)},"
    return RunRow(
        folder=found.folder,
        id=run.id,
        when=_when(run.started, name),
        model=run.model.name,
        status=status,
        state=_state(status, counted),
        images=f"{counted.images:,}",
        questions=f"{len(run.questions):,}",
        judged=f"{HIDDEN if blind else f'{counted.tally.judged:,}'}/{counted.answers:,}",
        per_answer=time_on_screen(run, counted) or UNKNOWN,
        current=current is not None and current in (run.id, name),
        detail="  ·  ".join(_details(found, run, status, counted, ours=ours, blind=blind)),
        hindrance=_hindrance(status, run),
        keep="it is running: x on the main screen stops it" if ours else _written(found),
        stake=f"{units.count(counted.answers, 'answer')}{judged} go for good.",
    )


def _judged(counted: Figures) -> str:
    tally = counted.tally
    several = "" if tally.verdicts == tally.judged else f" with {units.count(tally.verdicts, 'verdict')}"
    return f"{tally.judged:,} judged{several}"


def newest_first(rows: Iterable[RunRow]) -> tuple[RunRow, ...]:
    """Return rows in the order of the list."""
    return tuple(sorted(rows, key=lambda row: (row.when != UNKNOWN, row.when, row.folder.name), reverse=True))


def _written(found: Found) -> str:
    return f"{found.writer} is writing it" if found.locked else ""


def _hindrance(status: Status, run: Run) -> str:
    if status == "running":
        return "this run is going on"
    if run.plan_lost:
        return "what was to be asked is lost: this run cannot be resumed"
    return "every answer of this run is there: nothing to resume" if run.plan is UNSET else ""


def _state(status: Status, counted: Figures) -> str:
    match status:
        case "interrupted" | "running" | "waiting":
            return f"{counted.results:,} of {counted.planned:,}"
        case _:
            return status


def _details(
    found: Found, run: Run, status: Status, counted: Figures, *, ours: bool, blind: bool
) -> Iterable[str]:
    if status == "waiting":
        yield "waiting in the queue: Q on the main screen shows it"
    elif run.error is not UNSET and status != "running":
        yield f"{run.status}: {run.error.message}"
    elif status == "running":
        yield "running now" if ours else f"{found.writer} is writing this run"
    elif status == "interrupted" and not run.begun:
        yield "not begun yet: w begins it"
    elif status == "interrupted" and run.plan_lost:
        yield "interrupted, and what was to be asked is lost"
    elif status == "interrupted":
        yield f"interrupted after {counted.results:,} of {counted.planned:,}: w resumes it"
    yield found.folder.name
    yield run.dataset.name
    if counted.tally.verdicts > counted.tally.judged and not blind:
        yield verdict_texts.counted(counted.tally)
    elif counted.errors:
        yield units.count(counted.errors, "error")
    if sizes := units.batches(counted.batch_sizes):
        yield f"{BATCHED} {sizes}"
    if counted.devices:
        yield f"on {counted.devices} devices at once"
    if at_once := requests(run):
        yield at_once
    yield _memory(run)


def _memory(run: Run) -> str:
    known = memory.briefly(devices.memory_of(run), by_engine=bool(run.engine))
    return known if known != "unknown" else "memory n/a"


_STAMP = re.compile(r"(\d{4})(\d{2})(\d{2})-(\d{2})(\d{2})\d{2}")


def _when(started: str | None, name: str) -> str:
    """Return when a run began, by its record, else by its folder's name."""
    try:
        when = datetime.fromisoformat(started or "")
        when = when.astimezone(UTC) if when.tzinfo is not None else when
    except (ValueError, OverflowError):
        stamp = _STAMP.match(name)
        return "{}-{}-{} {}:{}".format(*stamp.groups()) if stamp else UNKNOWN
    return f"{when:%Y-%m-%d %H:%M}"


# The comparison


class Measure(Struct, frozen=True):
    """A figure as a bar shows it."""

    value: float | None = None
    low: float | None = None
    high: float | None = None
    text: str = UNKNOWN


class ComparedRow(Struct, frozen=True, kw_only=True):
    """A run as the comparison shows it."""

    folder: Path
    id: str
    model: str
    started: str
    status: Status
    cells: Mapping[str, str]
    """What each column shows."""
    order: Mapping[str, Value]
    """What each column is sorted by."""
    measures: Mapping[str, Measure]
    """Of each of `BARS`."""
    detail: str


def compared_row(found: Found, one: Compared) -> ComparedRow:
    """Return a run's row of the comparison, its figures those of the report's."""
    run, counted = one.run, one.figures
    status: Status = "running" if found.locked else run.status
    started = _when(run.started, found.folder.name)
    shown = [metric for metric in METRICS if "screen" in metric.shown]
    texts = {metric.key: metric.text("screen", run, counted) for metric in shown}
    cells = {key: UNKNOWN if text is None else text for key, text in texts.items()}
    order = {metric.key: metric.value(run, counted) for metric in shown}
    return ComparedRow(
        folder=found.folder,
        id=run.id,
        model=run.model.name,
        started=started,
        status=status,
        cells={"status": GLYPHS[status], **cells, "started": started},
        order={
            **order,
            "model": run.model.name.casefold(),
            "started": None if started == UNKNOWN else started,
        },
        measures={key: _measure(key, cells[key], run, counted) for key in BARS},
        detail="  ·  ".join(_compared_details(run, counted, status)),
    )


def _measure(key: str, cell: str, run: Run, counted: Figures) -> Measure:
    value = METRIC[key].value(run, counted)
    if value is None or isinstance(value, str):
        return Measure()
    if key == "time_per_answer":
        return Measure(value, text=cell)
    text = in_unit(value, METRIC[key].unit) or UNKNOWN
    bounds = counted.tally.interval if key == "quality" else None
    return Measure(value, bounds.low, bounds.high, text) if bounds else Measure(value, text=text)


def _compared_details(run: Run, counted: Figures, status: Status) -> Iterable[str]:
    yield run.id
    if resolution := units.resolution(run.model.asked_resolution):
        yield resolution
    done = f"{counted.results:,} of {counted.planned:,} results"
    yield (
        f"{status}, {done}" if status != "complete" else f"complete, {units.count(counted.results, 'result')}"
    )
    if counted.errors:
        yield units.count(counted.errors, "error")
    if scores := scores_briefly(run):
        yield scores
    if quality := counted.tally.share("quality"):
        interval, number = units.interval(quality.interval), verdict_texts.of(quality)
        yield f"quality {units.percent(quality.value)} (95% interval {interval}, n = {number})"
    else:
        yield "not assessed"
    yield _memory(run)
    if counted.together:
        yield f"{counted.together:.2f} answers/s on {counted.devices} devices at once"
    if at_once := requests(run):
        yield at_once
    if sizes := units.batches(counted.batch_sizes):
        yield f"{BATCHED} {sizes}"
    if counted.tokens_per_second is not None:
        yield f"{counted.tokens_per_second:.1f} tokens/s"
    if counted.auto_score is not None:
        yield f"auto score {units.percent(counted.auto_score)}"
    yield run.dataset.name


def sorted_rows(rows: Sequence[ComparedRow], column: str, *, descending: bool) -> tuple[ComparedRow, ...]:
    """Return the rows by a column, the unknown last in both directions; equals by model and age."""
    tidy = sorted(rows, key=lambda row: (row.model.casefold(), row.model, row.started, row.id))
    known = [row for row in tidy if row.order[column] is not None]
    unknown = [row for row in tidy if row.order[column] is None]
    return (*sorted(known, key=lambda row: row.order[column], reverse=descending), *unknown)  # type: ignore[arg-type,return-value]


def scales(rows: Iterable[ComparedRow]) -> Mapping[str, float]:
    """Return what a full bar stands for: the most seconds, the most bytes, a quality of 1."""
    kept = list(rows)
    return {
        key: 1.0
        if METRIC[key].unit == "share"
        else max((row.measures[key].value or 0.0 for row in kept), default=0.0)
        for key in BARS
    }
