"""The files of a run for readers: scores and their tests in `run.json`, then its pages and the comparison."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import UNSET
from msgspec.structs import replace

from fada_tui.core.errors import UsageError
from fada_tui.core.records import ModelNote, Run
from fada_tui.models.registry import Registry, next_model
from fada_tui.report.comparison import Compared, compared, render_rows
from fada_tui.report.identity import without_shards
from fada_tui.runs.looking import with_looking
from fada_tui.runs.scoring import category_of, with_scores
from fada_tui.store import folder as runs
from fada_tui.store.model_notes import read_model_notes

if TYPE_CHECKING:
    from fada_tui.report.summary import Pages


def publish(folder: Path, run: Run, registry: Registry) -> tuple[Run, tuple[str, ...]]:
    """Score a run and write its page and the comparison of its results folder.

    Args:
        folder: the run's folder; the caller holds its lock.
        run: as settled.
        registry: the model list, for the run's place in it and the next model.

    Returns:
        The run with its scores, and warnings: of answers that could not be scored, of each other run that
        could not be read, and of notes on models that could not be used.

    Raises:
        StoreError: a file cannot be written.
    """
    scored, unscored = prepared(run)
    if scored != run:
        runs.write_run(folder, scored)
    warnings = [*unscored]
    everyone = compared_runs(folder.parent, warnings)
    write_pages(folder, scored, everyone, registry, notes_of(folder.parent, warnings))
    write_comparison(folder.parent, everyone, like=folder)
    return scored, tuple(warnings)


def prepared(run: Run) -> tuple[Run, tuple[str, ...]]:
    """Return a run with its scores and their tests, and a warning where answers could not be scored."""
    scored, unscored = with_scores(run)
    return without_needless_plan(with_looking(scored)), unscored


def write_pages(
    folder: Path, run: Run, everyone: Sequence[Compared], registry: Registry, notes: Sequence[ModelNote]
) -> None:
    """Write a run's page, and what has no room on it, into its folder.

    Args:
        folder: the run's.
        run: as `prepared`.
        everyone: the runs to compare it with; the run itself may be among them.
        registry: the model list.
        notes: what is told of models without a run.

    Raises:
        StoreError: a file cannot be written.
    """
    pages = _pages(run, everyone, registry, notes)
    details = pages.details
    if details is not None:
        runs.write_whole(folder / runs.DETAILS_NAME, details.encode())
    runs.write_whole(folder / runs.SUMMARY_NAME, pages.summary.encode())
    if details is None:
        with suppress(OSError):
            (folder / runs.DETAILS_NAME).unlink(missing_ok=True)


def preview(folder: Path, registry: Registry) -> str:
    """Return the page of a run as it would be written now, without writing; raises `StoreError`."""
    run = runs.read_run(folder)
    everyone = compared_runs(folder.parent, [])
    return _pages(with_scores(run)[0], everyone, registry, notes_of(folder.parent, [])).summary


def compared_runs(results: Path, warnings: list[str]) -> list[Compared]:
    """Return what a comparison needs of each run of a folder.

    Runs that wait to be begun are left out, and so are the shards of a run that was made of them.

    Args:
        results: the folder.
        warnings: gets one for each run that cannot be read.
    """
    rows = [compared(run) for run in runs.each_run(results, warnings) if run.begun]
    return without_shards(rows, lambda row: row.run)


def notes_of(results: Path, warnings: list[str]) -> tuple[ModelNote, ...]:
    """Return what is told of models in a results folder; where that cannot be used, nothing and a warning."""
    try:
        return read_model_notes(results)
    except UsageError as error:
        warnings.append(f"{error}; the comparison does without")
        return ()


def _pages(run: Run, everyone: Sequence[Compared], registry: Registry, notes: Sequence[ModelNote]) -> "Pages":
    # It parses Markdown: nothing that starts waits for the parser.
    from fada_tui.report.summary import render

    others = [other for other in everyone if other.run.id != run.id]
    upcoming = next_model(registry, [run, *(other.run for other in others)], after=run)
    entry = upcoming.entry if upcoming else None
    return render(run, others, registry.entries, entry, notes, category_of=category_of(run))


def write_comparison(results: Path, everyone: Sequence[Compared], like: Path | None = None) -> None:
    """Write `comparison.md` from all runs of a results folder and its notes; raises `StoreError`."""
    page = render_rows(everyone, "md", notes_of(results, []))
    runs.write_whole(results / runs.COMPARISON_NAME, page.encode(), like)


def without_needless_plan(run: Run) -> Run:
    """Return the run without its plan if every planned result is an answer, control pictures included."""
    asked = (*run.results, *(run.controls or ())) if run.plan and run.plan.control else run.results
    answered = all(result.error is None for result in asked)
    return replace(run, plan=UNSET) if run.status == "complete" and answered else run
