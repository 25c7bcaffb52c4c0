"""Opening runs, their pages, their comparison and their exports."""

from functools import partial
from pathlib import Path
from typing import Any

from textual.app import App

from fada_tui.core.errors import FadaError
from fada_tui.core.records import Notes
from fada_tui.tui.actions import loading
from fada_tui.tui.actions.workspace import Workspace
from fada_tui.tui.dialogs import running
from fada_tui.tui.state.open_runs import OpenRun


async def summary(workspace: Workspace, app: App[Any], folder: Path | None = None) -> None:
    """Show a run's page, and let its notes be edited."""
    from fada_tui.tui.screens.summary import SummaryScreen

    run = await _run_at(workspace, folder)
    if run is None:
        return

    seen = run.run.notes

    async def save(notes: Notes) -> str:
        await workspace.write_notes(run, notes, seen)
        return await workspace.page(run)

    async def reread() -> Notes:
        nonlocal seen
        seen = await workspace.notes(run)
        return seen

    blind = workspace.review.open_runs.blind
    load = partial(workspace.page, run)
    screen = SummaryScreen(run.folder, load, reread, blind, run.running, save)
    wanted = await app.push_screen_wait(screen)
    if wanted is not None:
        await export(workspace, app, run.folder)


async def runs(workspace: Workspace, app: App[Any]) -> None:
    """Show all runs; open, resume, delete or export one."""
    from fada_tui.tui.screens import runs as screens

    open_runs = workspace.review.open_runs
    going_on = frozenset(run.id for run in open_runs.runs.values() if run.running and not run.maker)
    screen = screens.RunsScreen(
        workspace.app_context.results, open_runs.current, going_on, blind=open_runs.blind
    )
    match await app.push_screen_wait(screen):
        case screens.OpenRun(folder=folder):
            await loading.open_run(workspace, folder.name)
        case screens.ResumeRun(folder=folder):
            await running.resume(workspace, app, str(folder))
        case screens.ShowSummary(folder=folder):
            await summary(workspace, app, folder)
        case screens.Compare():
            await comparison(workspace, app)
        case _:
            pass
    await loading.forget_deleted(workspace)


async def comparison(workspace: Workspace, app: App[Any]) -> None:
    """Show all runs in one table."""
    from fada_tui.tui.screens import runs as screens
    from fada_tui.tui.screens.comparison import ComparisonScreen

    screen = ComparisonScreen(workspace.app_context.results, workspace.review.open_runs.blind)
    match await app.push_screen_wait(screen):
        case screens.OpenRun(folder=folder):
            await loading.open_run(workspace, folder.name)
        case _:
            pass


async def export(workspace: Workspace, app: App[Any], folder: Path | None = None) -> None:
    """Write a run in another format."""
    from fada_tui.tui.screens.export import ExportScreen

    if workspace.review.open_runs.blind:
        blind = workspace.review.open_runs
        workspace.view.say(
            "an export names the model; b ends blind mode", "warning", holds=lambda: blind.blind
        )
        return
    run = await _run_at(workspace, folder)
    if run is not None:
        path = await app.push_screen_wait(ExportScreen(run.folder))
        if path is not None:
            workspace.view.say(f"written: {path}", keep=True)


async def _run_at(workspace: Workspace, folder: Path | None) -> OpenRun | None:
    if folder is None:
        if workspace.review.run is None:
            workspace.view.say("there is no run yet; r sets one up", "warning")
        return workspace.review.run
    try:
        return await workspace.load_run(folder.name)
    except FadaError as error:
        workspace.view.say(str(error), "error")
        return None
