"""`fada-tui runs`, `report`, `compare`, `export`: commands that work on runs on disk."""

import sys
from argparse import Namespace
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final, Literal

import msgspec
from msgspec import to_builtins

from fada_tui.cli.commands.common import results_folder, table_lines, warn
from fada_tui.cli.output import print_json
from fada_tui.core.errors import StoreError, UsageError
from fada_tui.core.lock_record import Holder
from fada_tui.core.paths import models_file
from fada_tui.core.records import Run
from fada_tui.core.text import printable
from fada_tui.evaluation.pairing import outcomes_of
from fada_tui.evaluation.verdicts import tally
from fada_tui.models.registry import load_registry
from fada_tui.report.comparison import compared, render_rows
from fada_tui.report.figures import figures
from fada_tui.report.identity import standing
from fada_tui.report.looking import constant_answers
from fada_tui.report.metric_texts import time_in_list
from fada_tui.report.paired import paired_questions
from fada_tui.report.paired_texts import render_paired
from fada_tui.report.units import count
from fada_tui.report.wordings import differing_wordings, wordings_line
from fada_tui.runs.job import planned_items
from fada_tui.runs.publish import compared_runs, notes_of, publish
from fada_tui.store import folder as store
from fada_tui.store.lock import RunLock, holder_of, unlock
from fada_tui.store.queue_file import QueuedRun, queue_worker, read_queue

MOST_PAIRED: Final = 100
"""Runs that are compared by pairs: 4,950 tests of each question."""


def of_runs(options: Namespace) -> int:
    """Run the action of `fada-tui runs` that `options.action` names; return the exit code."""
    actions = {"list": list_runs, "show": show_run, "unlock": unlock_run}
    return actions[options.action](options)


def list_runs(options: Namespace) -> int:
    """Print a line for each run, oldest first."""
    results = results_folder(options)
    rows: list[dict[str, Any]] = []
    queue, warnings = _queue(results)
    left_running = queue_worker(results)
    for folder in store.folders(results):
        try:
            run = store.read_run(folder)
        except StoreError as error:
            warnings.append(str(error))
        else:
            rows.append(_row(run) | _now(run, folder, queue, left_running))
    warn(warnings)
    if getattr(options, "json", False):
        print_json({"runs": rows})
        return 0
    for line in table_lines(_COLUMNS, rows):
        sys.stdout.write(f"{line}\n")
    idle = sum(row["waiting"] and bool(not left_running or row["kept"] or row["problem"]) for row in rows)
    if idle:
        waits, them = count(idle, "run waits", "runs wait"), "it is" if idle == 1 else "they are"
        warn([f"{waits} until {them} started: w in the dashboard's queue (Q) does that"])
    return 0


def show_run(options: Namespace) -> int:
    """Print a run: its page, or with `--json` its raw data."""
    folder = store.find(results_folder(options), options.run)
    run, warnings = store.open_run(folder)
    warn(warnings)
    if getattr(options, "json", False):
        constant = [one.question_id for one in constant_answers(run)]
        print_json({**to_builtins(run), "constant_answers": constant})
        return 0
    status = run.status if run.begun else "not begun yet"
    sys.stdout.write(store.read_page(folder) or f"{printable(run.id)}: {status}\n")
    return 0


def unlock_run(options: Namespace) -> int:
    """Break a run's lock, and say whose it was."""
    folder = store.find(results_folder(options), options.run)
    whose = unlock(folder)
    if getattr(options, "json", False):
        print_json({"run": folder.name, "unlocked": whose is not None, "holder": whose})
        return 0
    said = f"unlocked {folder}, which was locked by {whose}" if whose else f"{folder} is not locked"
    sys.stdout.write(f"{printable(said)}\n")
    return 0


def report(options: Namespace) -> int:
    """Write a run's page again, and the comparison of its results folder."""
    folder = store.find(results_folder(options), options.run)
    with RunLock(folder) as lock:
        run, warnings = store.settle(folder)
        _, unread = publish(folder, run, load_registry(models_file()))
    warn((*lock.warning(), *warnings, *unread))
    sys.stdout.write(f"{printable(str(folder / store.SUMMARY_NAME))}\n")
    return 0


def compare(options: Namespace) -> int:
    """Print the comparison of some runs, or of all."""
    results = results_folder(options)
    if options.paired:
        return _compare_paired(options, results)
    warnings: list[str] = []
    named = (store.read_run(store.find(results, name)) for name in options.runs)
    rows = [*map(compared, named)] if options.runs else compared_runs(results, warnings)
    notes = () if options.runs else notes_of(results, warnings)
    warn(warnings)
    if not rows and not notes:
        raise UsageError(
            f"no runs in {results}: make one with fada-tui --batch, or name a folder with --results"
        )
    format = _table_format(options)
    _print_table(options, render_rows(rows, format, notes))
    _warn_of_wordings(format, (row.run for row in rows))
    return 0


def _table_format(options: Namespace) -> Literal["md", "csv", "json"]:
    """Return the format of the table; `--json` is JSON on one line."""
    format: Literal["md", "csv", "json"] = "json" if getattr(options, "json", False) else options.format
    return format


def _print_table(options: Namespace, table: str) -> None:
    """Print a table; where one JSON object on a line is wanted, a list of rows as its `runs`."""
    if getattr(options, "json", False):
        table = msgspec.json.format(table, indent=0)
        table = (f'{{"runs": {table}}}' if table.startswith("[") else table) + "\n"
    sys.stdout.write(table)


def _warn_of_wordings(format: str, runs: Iterable[Run]) -> None:
    """Say which questions were reworded, where the table does not."""
    if format != "md" and (told := wordings_line(differing_wordings(runs))):
        warn((told,))


def _compare_paired(options: Namespace, results: Path) -> int:
    """Print the paired comparison of some runs, or of those that stand for the models."""
    warnings: list[str] = []
    folders = dict.fromkeys(store.find(results, name).resolve() for name in options.runs)
    _check_number(len(folders))
    runs = map(store.read_run, folders)
    read = [
        (run.light(), outcomes_of(run), tally(run.results).judged)
        for run in (runs if options.runs else store.each_run(results, warnings))
    ]
    warn(warnings)
    if not options.runs:
        read = [row for row, _ in standing(read, lambda row: row[0], lambda row: row[2])]
    if len(read) < 2:
        raise UsageError(
            f"{len(read):,} of the runs in {results} can be compared by pairs: name two at least"
            + ("" if options.runs else " (unless named, only complete ones are taken, one for each model)")
        )
    _check_number(len(read))
    questions = paired_questions([found for _, found, _ in read])
    format = _table_format(options)
    _print_table(options, render_paired([run for run, _, _ in read], questions, format))
    _warn_of_wordings(format, (run for run, _, _ in read))
    return 0


def _check_number(runs: int) -> None:
    """Raise `UsageError` for more runs than are compared by pairs."""
    if runs > MOST_PAIRED:
        raise UsageError(
            f"--paired compares {MOST_PAIRED} runs at most, and these are {runs:,}: name fewer of them"
        )


def export(options: Namespace) -> int:
    """Print a run's results in another format."""
    from fada_tui.report.exports import export_run  # it parses Markdown, which no other command waits for

    run = store.read_run(store.find(results_folder(options), options.run))
    sys.stdout.write(export_run(run, options.format))
    return 0


def _queue(results: Path) -> tuple[dict[Path, QueuedRun], list[str]]:
    """Return what waits in the queue, by folder; where it cannot be read, nothing and a warning."""
    try:
        return {one.folder(results): one for one in read_queue(results)}, []
    except StoreError as error:
        return {}, [str(error)]


def _now(
    run: Run, folder: Path, queue: Mapping[Path, QueuedRun], left_running: Holder | None
) -> dict[str, Any]:
    """Return what becomes of a run just now, and who writes it."""
    writer, queued = holder_of(folder), queue.get(folder)
    if writer and writer.is_gone:
        writer = None
    who = (
        (writer.program if writer.program_lives or not writer.is_here else writer.worker) if writer else None
    )
    return {
        "running": writer is not None,
        # One that was completed by other means is in the queue until its turn, and waits for nothing.
        "waiting": queued is not None and writer is None and run.status != "complete",
        "kept": queued is not None and queued.kept,
        "problem": (queued.problem or None) if queued else None,
        "pid": who.pid if who else None,
        "host": writer.machine.host if writer else None,
        "left_running": bool(writer and left_running and writer.is_program_of(left_running)),
    }


def _row(run: Run) -> dict[str, Any]:
    found = figures(run)
    return {
        "id": run.id,
        "status": run.status,
        "model": run.model.name,
        "planned": len(planned_items(run)) or len(run.results),
        "results": len(run.results),
        "answers": sum(result.error is None for result in run.results),
        "judged": sum(bool(result.assessments) for result in run.results),
        "mean_time": found.mean_time,
        "time_per_answer": found.time_per_answer,
        "batch_sizes": found.batch_sizes,
    }


_COLUMNS: Final[Mapping[str, Callable[[Mapping[str, Any]], str]]] = {
    "RUN": lambda row: row["id"],
    "STATUS": lambda row: "running" if row["running"] else "waiting" if row["waiting"] else row["status"],
    "MODEL": lambda row: row["model"],
    "ANSWERS": lambda row: f"{row['answers']}/{row['planned']}",
    "JUDGED": lambda row: str(row["judged"]),
    "PER ANSWER": lambda row: time_in_list(row["time_per_answer"], row["batch_sizes"]) or "-",
}
