"""Loading from disk: images, and runs that are opened and closed again."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from fada_tui.core.errors import FadaError
from fada_tui.report.image_list import image_list_line
from fada_tui.report.units import count
from fada_tui.store import folder as store
from fada_tui.tui.actions.workspace import Workspace
from fada_tui.tui.present.lines import first_hint
from fada_tui.tui.state import stepping
from fada_tui.tui.state.disk_index import read_disk_index, read_gallery
from fada_tui.tui.state.open_runs import Key, OpenRun

READING = "Reading the runs that there are …"


async def begin(workspace: Workspace) -> None:
    """Read the images and the runs."""
    review, app_context = workspace.review, workspace.app_context
    try:
        if app_context.frames():
            workspace.view.say("counting the frames of the files that have several …", keep=True)
        review.gallery = await asyncio.to_thread(
            read_gallery, app_context.images, app_context.frames(), app_context.listing()
        )
        if (listed := review.gallery.image_list) and listed.remarks:
            workspace.view.say(image_list_line(listed), "warning")
    except FadaError as error:
        workspace.view.say(str(error), "error")
    review.choose_run(None)
    tell_next_run(workspace)
    if review.gallery is not None and await asyncio.to_thread(_has_runs, app_context.results):
        review.hint = READING
    workspace.view.show_images()
    try:
        await read_runs(workspace)
    finally:
        tell_next_run(workspace)
        workspace.view.draw_soon()


def _has_runs(results: Path) -> bool:
    return any(store.folders(results))


def tell_next_run(workspace: Workspace) -> None:
    """Bring what is said of the run that `r` would begin up to date: models, images, questions."""
    review, app_context = workspace.review, workspace.app_context
    with suppress(FadaError):  # A question set that is gone is told of where it is needed.
        review.next_questions = app_context.questions()
        review.hint = first_hint(
            app_context, review.gallery, workspace.marked_models, len(review.marked_images())
        )


async def open_latest(workspace: Workspace) -> None:
    """Open what was looked at last, else the latest run over these images, else show what to do first."""
    review = workspace.review
    if place := await workspace.kept_state.last_place():
        await open_run(workspace, place.run, (place.path, place.question))
    elif latest := review.latest_here():
        await open_run(workspace, latest)
    elif review.gallery:
        told = review.hint.partition("\n")[0]
        workspace.view.say(told, keep=True, holds=lambda: review.run is None and review.hint.startswith(told))


async def read_runs(workspace: Workspace) -> None:
    """Read the runs of the results folder again, unless the program is left meanwhile.

    What is wrong with one of them is said once.
    """
    disk_index = await asyncio.to_thread(
        read_disk_index, workspace.app_context.results, workspace.app_context.registry
    )
    if not workspace.view.is_open:
        return
    known = workspace.review.disk_index.warnings
    workspace.review.disk_index = disk_index
    for warning in disk_index.warnings:
        if warning not in known:
            workspace.view.say(warning, "warning")
    await _mix_new_runs(workspace)
    workspace.view.draw()


async def _mix_new_runs(workspace: Workspace) -> None:
    """Mix runs into blind mode's list that were made since it began."""
    review = workspace.review
    mixed = {run.id for run in review.blind_list.runs} if review.blind_list else set()
    for name in review.siblings():
        if review.blind_list is not None and name not in mixed:
            try:
                review.blind_list.take_run(await workspace.load_run(name))
            except FadaError as error:
                workspace.view.say(str(error), "error")
    workspace.view.refilter_soon()


async def open_run(workspace: Workspace, run_id: str, at: Key | None = None) -> None:
    """Open a run and make it the current one, `at` this answer, else at its first unassessed one."""
    try:
        run = await workspace.load_run(run_id)
    except FadaError as error:
        workspace.view.say(str(error), "error")
        return
    workspace.review.stay()
    workspace.review.choose_run(run)
    if at is not None and (place := workspace.review.place_of(run.id, *at)):
        workspace.review.look(*place)
    else:
        stepping.look_at_unassessed(workspace.review)
    workspace.view.show_images()
    told = f"{run.run.model.name}, {run.id}: {workspace.review.progress()}"
    if run.resumable and not run.running:
        told += " · not finished: w resumes it"
    progress = workspace.review.progress()
    workspace.view.say(
        told,
        holds=lambda: workspace.review.run is run and workspace.review.progress() == progress,
    )


async def open_model(workspace: Workspace, name: str) -> None:
    """Open a model's latest run and make it the current one."""
    if workspace.review.open_runs.blind:
        workspace.view.say(
            "blind mode hides which model is which; b ends it",
            "warning",
            holds=lambda: workspace.open_runs.blind,
        )
    elif run := workspace.review.disk_index.latest(name):
        await open_run(workspace, run.id)
    else:
        workspace.view.say(f"{name} has no run yet; space marks it, r runs it")


async def forget_deleted(workspace: Workspace) -> None:
    """Close runs whose folder has been deleted."""
    open_runs = workspace.review.open_runs
    for run in [run for run in open_runs.runs.values() if not run.folder.exists()]:
        del open_runs.runs[run.id]
        if workspace.review.blind_list is not None:
            workspace.review.blind_list.drop(run.id)
        if open_runs.current == run.id:
            workspace.review.choose_run(None)
            workspace.view.show_images()
    await read_runs(workspace)


async def blind(workspace: Workspace) -> None:
    """Start or end blind mode."""
    review = workspace.review
    if review.open_runs.blind:
        review.choose_run(review.run)
        workspace.view.say("blind mode ended", holds=lambda: not review.open_runs.blind)
    elif not (names := review.siblings()):
        workspace.view.say("there are no answers to judge blindly yet", "warning")
        return
    elif not (runs := await _read_for_blind(workspace, names)):
        return
    else:
        review.go_blind(runs)
        mixed = count(len(runs), "run")
        told = f"; filter: {review.filter.error}" if review.filter.error else ""
        begun = review.blind_list
        workspace.view.say(
            f"blind mode: {mixed} shuffled; names, times and auto scores hidden{told}",
            keep=True,
            holds=lambda: review.blind_list is begun,
        )
    workspace.view.show_images()


async def _read_for_blind(workspace: Workspace, names: Sequence[str]) -> list[OpenRun]:
    """Return the runs to be shuffled; none where that failed, or was given up, which is said."""
    open_runs, view = workspace.open_runs, workspace.view
    runs: list[OpenRun] = []
    open_runs.going_blind = True
    try:
        for number, name in enumerate(names, start=1):
            if name not in open_runs.runs:
                said = f"blind mode: reading run {number} of {len(names)} …; b gives it up"
                view.say(said, keep=True, holds=lambda: open_runs.going_blind)
            runs.append(await workspace.load_run(name))
    except asyncio.CancelledError:
        if view.is_open:
            view.say("blind mode was not begun", "warning")
        raise
    except FadaError as error:
        view.say(f"blind mode was not begun: {error}", "error")
        return []
    finally:
        open_runs.going_blind = False
    return runs


async def give_up() -> None:
    """Do nothing: what goes on behind the same door is given up for this."""
