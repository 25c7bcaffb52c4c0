"""Setting runs up, resuming and stopping them."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from msgspec.structs import replace
from textual.app import App

from fada_tui.core.errors import FadaError
from fada_tui.models.registry import resolve_model
from fada_tui.report.units import count
from fada_tui.runs import planning
from fada_tui.runs.consent import Consent, Want, hosts_wanted, wants
from fada_tui.runs.detached.launch import launch
from fada_tui.runs.preflight.describe import room_of
from fada_tui.runs.served import listed_at
from fada_tui.store import folder as store
from fada_tui.store.queue_file import Change, change_queue, launching, read_queue
from fada_tui.tui.actions import left_queue, loading
from fada_tui.tui.actions.consent_questions import asking
from fada_tui.tui.actions.workspace import Workspace
from fada_tui.tui.dialogs.followed import stop_followed
from fada_tui.tui.state import left_queue as left
from fada_tui.tui.state.run_control import After


async def setup(workspace: Workspace, app: App[Any]) -> None:
    """Set up runs, and queue them."""
    from fada_tui.tui.new_run.screen import NewRunScreen

    app_context, review, run_control = workspace.app_context, workspace.review, workspace.run_control
    if review.gallery is None:
        workspace.view.say("there are no images to run on: start again with --images FOLDER", "warning")
        return
    request = await app.push_screen_wait(
        NewRunScreen(
            registry=app_context.registry,
            rows=review.disk_index.rows,
            catalogue=review.gallery.catalogue,
            marked_models=workspace.marked_models,
            marked_images=review.marked_images(),
            settings=app_context.settings,
            given=app_context.given,
            disk_index=review.disk_index,
            sample=run_control.telemetry.latest,
            filtered_images=review.filtered_images(),
            filter_text=review.filter.text if review.filter.words else "",
            label=app_context.label,
            list_served=partial(
                listed_at,
                registry=app_context.registry,
                settings=replace(app_context.settings, allow_host=run_control.consent.hosts),
                deadlines=planning.deadlines(app_context.settings),
            ),
        )
    )
    if request is None:
        return
    try:
        models = [resolve_model(name, app_context.registry) for name in request.settings.model]
        if not await _agreed(workspace, app, hosts_wanted(models, run_control.consent)):
            return
        settings = replace(request.settings, allow_host=run_control.consent.hosts)
        jobs, _ = await asyncio.to_thread(
            planning.jobs, settings, app_context.registry, request.label, request.images
        )
    except FadaError as error:
        workspace.view.say(str(error), "error")
        return
    workspace.marked_models = ()
    loading.tell_next_run(workspace)
    _make_way(workspace)
    _tell_waiting(workspace, len(jobs))
    run_control.start(jobs, review.disk_index)


def _make_way(workspace: Workspace) -> None:
    """Let a run that is started now come up, and end what was said before it; one in the queue waits."""
    if idle := not workspace.run_control.queue.busy:
        workspace.view.say("")
    workspace.review.awaiting = idle


def _tell_waiting(workspace: Workspace, runs: int) -> None:
    """Say where runs are that are about to be queued, while another goes on."""
    if workspace.run_control.queue.busy:
        waits = count(runs, "run waits", "runs wait")
        workspace.view.say(f"{waits} for the one in progress: Q shows the queue")


async def _agreed(workspace: Workspace, app: App[Any], wanted: Sequence[Want]) -> bool:
    """Return whether the user permits all of this: asked once for each while the dashboard is open."""
    from fada_tui.tui.screens.confirm import ConfirmScreen

    for want in wanted:
        asked = await asyncio.to_thread(asking, want)
        screen = ConfirmScreen(asked.question, asked.detail, asked.yes, danger=True)
        if not await app.push_screen_wait(screen):
            workspace.view.say(asked.declined, "warning")
            return False
        workspace.run_control.allow(want)
    return True


async def needs(workspace: Workspace, app: App[Any]) -> None:
    """Show the requirements of the model under the cursor."""
    from fada_tui.tui.screens.needs import NeedsScreen

    app_context = workspace.app_context
    entries = [row.entry for row in workspace.review.disk_index.rows] or app_context.registry.entries
    entry = next((entry for entry in entries if entry.name == workspace.view.highlighted_model), None)
    if entry is not None:
        room = room_of(workspace.run_control.telemetry.latest)
        await app.push_screen_wait(NeedsScreen(entry, app_context.settings, room))


async def resume(workspace: Workspace, app: App[Any], name: str) -> None:
    """Resume an unfinished run."""
    run_control = workspace.run_control
    try:
        folder = await asyncio.to_thread(store.find, workspace.app_context.results, name)
        run = await workspace.load_run(folder.name)
        wanted = wants(run.run, run_control.consent)
    except FadaError as error:
        workspace.view.say(str(error), "error")
        return
    if run.running:
        by = f" ({run.maker}); x asks it to stop" if run.maker else ""
        workspace.view.say(f"this run is going on{by}", holds=lambda: run.running)
    elif run.run.plan_lost:
        workspace.view.say(
            "what was to be asked is lost: this run cannot be resumed; r sets up another", "warning"
        )
    elif not run.resumable:
        workspace.view.say("every answer of this run is there; r sets up another run")
    elif run_control.queue.has(run.folder):
        workspace.view.say("this run is queued already: Q shows the queue")
    elif await _agreed(workspace, app, wanted):
        _make_way(workspace)
        _tell_waiting(workspace, 1)
        run_control.resume(run, workspace.review.disk_index)


async def queue(workspace: Workspace, app: App[Any]) -> None:
    """Show what runs and what waits."""
    from fada_tui.tui.screens.queue import QueueScreen

    doors = partial(stop, workspace, app), partial(start_left, workspace, app)
    await app.push_screen_wait(QueueScreen(workspace, *doors))


async def start_left(workspace: Workspace, app: App[Any]) -> None:
    """Start the runs that were left, without a screen; ask for what they need first."""
    from fada_tui.tui.screens.confirm import ConfirmScreen

    results, run_control = workspace.app_context.results, workspace.run_control
    if run_control.queue.busy:
        asked = ConfirmScreen(
            "A run goes on here. Start what was left beside it?",
            "Both models are in memory at the same time then. Else it can be started later.",
            "Start",
            danger=True,
        )
        if not await app.push_screen_wait(asked):
            return
    try:
        queue = await asyncio.to_thread(read_queue, results)
        declined = set()
        for one in queue:
            wanted = await asyncio.to_thread(_wanted, one.folder(results), run_control.consent)
            if wanted and workspace.open_runs.blind:
                workspace.view.say(
                    "what waits needs your leave, asked for by name; b ends blind mode", "warning"
                )
                return
            if not await _agreed(workspace, app, wanted):
                declined.add(one.run)
        starting = len(queue) - len(declined)
        if not starting:
            return
        workspace.view.say("starting …", keep=True)
        change = partial(left.started, but=frozenset(declined))
        settings, consent = workspace.app_context.settings, run_control.consent
        pid = await asyncio.to_thread(_start, results, change, partial(launch, results, settings, consent))
        goes_on = count(starting, "run goes on", "runs go on")
        workspace.view.say(f"{goes_on} without a screen, in process {pid}", keep=True)
    except FadaError as error:
        workspace.view.say(str(error), "error")
    await left_queue.read(workspace)


def _start(results: Path, change: Change, launch: Callable[[], int]) -> int:
    """Change the queue and launch the process that works through it; return its id. Raises `FadaError`."""
    with launching(results):  # what another dashboard leaves meanwhile is not kept for want of a process
        change_queue(results, change)
        return launch()


def _wanted(folder: Path, consent: Consent) -> tuple[Want, ...]:
    """Return what a run of the queue needs; what is wrong with it is told when its turn comes."""
    try:
        return wants(store.read_unmerged(folder), consent)
    except FadaError:
        return ()


async def stop(workspace: Workspace, app: App[Any]) -> None:
    """Stop after this image, or at once when it is asked for again; ask first where other runs follow."""
    from fada_tui.tui.screens.stop import StopScreen

    run_control = workspace.run_control
    if not run_control.queue.busy and (followed := workspace.followed_runs.at_work):
        await stop_followed(workspace, app, followed)
        return
    waits, session = run_control.queue.upcoming, run_control.queue.current
    after: After = "keep"
    if run_control.queue.busy and waits is not None and not run_control.run_progress.stopping:
        waiting = len(run_control.queue.waiting)
        asked = StopScreen(
            f"Stop the run? {count(waiting, 'run waits', 'runs wait')} behind it.",
            f"It stops after {run_control.at_hand}. What is answered is kept; it can be resumed.",
            "the next one" if workspace.open_runs.blind else waits.label,
            waiting,
        )
        chosen = await app.push_screen_wait(asked)
        if chosen is None:
            workspace.view.say("nothing was stopped")
            return
        if chosen == "next" and run_control.queue.current is not session:
            workspace.view.say("that run has ended meanwhile, and the next one goes on")
            return
        after = chosen
    busy = run_control.queue.busy
    workspace.view.say(run_control.stop(after), keep=busy, holds=lambda: run_control.queue.busy == busy)
    workspace.view.draw()
