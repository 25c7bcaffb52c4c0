"""Opening other screens from the main screen, and acting on their results.

A screen's module is imported when it is first opened, so that the main screen need not wait for it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from msgspec.structs import replace
from textual.app import App

from fada_tui.core.errors import FadaError
from fada_tui.core.records import Assessment, Notes
from fada_tui.evaluation.assessment.edit import with_note, with_tag_toggled
from fada_tui.evaluation.assessment.history import Change
from fada_tui.models.registry import resolve_model
from fada_tui.report.units import count
from fada_tui.runs import planning
from fada_tui.runs.consent import Want, hosts_wanted, wants
from fada_tui.runs.preflight.describe import room_of
from fada_tui.runs.served import listed_at
from fada_tui.store import folder as store
from fada_tui.tui.actions import judging, loading
from fada_tui.tui.actions.consent_questions import asking
from fada_tui.tui.actions.workspace import Workspace
from fada_tui.tui.present.lines import change_text
from fada_tui.tui.state.open_runs import Key, OpenRun


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
            planning.jobs, settings, app_context.registry, app_context.label, request.images
        )
    except FadaError as error:
        workspace.view.say(str(error), "error")
        return
    workspace.marked_models = ()
    loading.tell_next_run(workspace)
    _make_way(workspace)
    run_control.start(jobs)


def _make_way(workspace: Workspace) -> None:
    """Let a run that is started now come up, and end what was said before it; one in the queue waits."""
    if idle := not workspace.run_control.queue.busy:
        workspace.view.say("")
    workspace.review.awaiting = idle


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
        workspace.view.say("this run is going on", holds=lambda: run.running)
    elif not run.resumable:
        workspace.view.say("every answer of this run is there; r sets up another run")
    elif await _agreed(workspace, app, wanted):
        _make_way(workspace)
        run_control.resume(folder, run.run.model.name)


async def tags(workspace: Workspace, app: App[Any]) -> None:
    """Toggle the rubric's tags."""
    from fada_tui.tui.screens.tags import TagsScreen

    if (place := judging.judgeable(workspace)) is None:
        return
    run, key = place

    async def toggle(name: str) -> tuple[str, ...]:
        await workspace.assessments.change(run, key, with_tag_toggled(run.assessment(*key), name))
        workspace.view.draw()
        return run.assessment(*key).tags

    await app.push_screen_wait(TagsScreen(workspace.app_context.rubric, run.assessment(*key).tags, toggle))
    workspace.view.refilter_soon()


async def note(workspace: Workspace, app: App[Any]) -> None:
    """Edit the note on the current answer."""
    from fada_tui.tui.screens.note import NoteScreen

    if (place := judging.judgeable(workspace)) is None:
        return
    run, key = place
    written = await app.push_screen_wait(NoteScreen(run.assessment(*key).note, key[0]))
    if written is not None:
        await judging.assess(workspace, lambda before: with_note(before, written.text), place)


async def zoom(workspace: Workspace, app: App[Any]) -> None:
    """Show the picture on the whole screen."""
    from fada_tui.tui.screens.zoom import ZoomScreen

    if image := workspace.review.image:
        await judging.note_change(workspace)
        screen = ZoomScreen(image, workspace.app_context.graphics, image.name, workspace.asked_about)
        await app.push_screen_wait(screen)


async def judge_anyway(workspace: Workspace, app: App[Any]) -> None:
    """Let the answers about an image that has changed be judged."""
    if (place := judging.judgeable(workspace)) is not None:
        workspace.view.say(await _judge_anyway(workspace, app, *place))
        workspace.view.draw()


async def _judge_anyway(workspace: Workspace, app: App[Any], run: OpenRun, key: Key) -> str:
    """Ask whether to; return what became of it, in words."""
    from fada_tui.tui.screens.confirm import ConfirmScreen

    try:
        change = await workspace.image_checks.change(run, key)
        if change is None:
            return "this image is the one that was asked about"
        detail = f"{change}. What you judge is marked as judged in spite of that."
        question = "Judge answers that are of another image?"
        if not await app.push_screen_wait(ConfirmScreen(question, detail, "Judge anyway", danger=True)):
            return "not judged"
        await workspace.image_checks.agree(run, key)
    except FadaError as error:
        return str(error)
    return "the answers about this image can be judged"


async def models_on_image(workspace: Workspace, app: App[Any]) -> None:
    """Show all models' answers to the current question about the current image."""
    from fada_tui.tui.screens.models_on_image import Answer, ModelsOnImage

    app_context, review = workspace.app_context, workspace.review
    places = await loading.answers_to_this(workspace)
    if not places or review.slot is None:
        workspace.view.say("no model has answered this question about this image yet", "warning")
        return
    answers = [
        Answer(
            name=review.model_name(run),
            view=partial(review.view_of, run, key),
            assess=partial(_assess, workspace, run, key),
            asked_about=partial(workspace.image_checks.asked_about, run, key),
            judge_anyway=partial(_judge_anyway, workspace, app, run, key),
        )
        for run, key in places
    ]
    try:
        for run, key in places:
            await workspace.image_checks.change(run, key)
    except FadaError as error:
        workspace.view.say(str(error), "error")
    screen = ModelsOnImage(
        review.file(review.slot),
        review.slot.image.category,
        app_context.graphics,
        sorted(answers, key=lambda answer: answer.name) if review.open_runs.blind else answers,
        app_context.rubric,
        partial(_described, workspace.assessments.undo, "undone"),
        partial(_described, workspace.assessments.redo, "done again"),
        review.toggle_thoughts,
    )
    await app.push_screen_wait(screen)
    workspace.view.draw()


async def _assess(workspace: Workspace, run: OpenRun, key: Key, edit: judging.Edit) -> Assessment:
    await workspace.assessments.change(run, key, edit(run.assessment(*key)))
    return run.assessment(*key)


async def _described(change: Callable[[], Awaitable[Change | None]], word: str) -> str:
    try:
        done = await change()
    except FadaError as error:
        return str(error)
    return change_text(word, done) if done else f"nothing to be {word}"


async def summary(workspace: Workspace, app: App[Any], folder: Path | None = None) -> None:
    """Show a run's page, and let its notes be edited."""
    from fada_tui.tui.screens.summary import SummaryScreen

    run = await _run_at(workspace, folder)
    if run is None:
        return

    async def save(notes: Notes) -> str:
        await workspace.write_notes(run, notes)
        return await workspace.page(run)

    blind = workspace.review.open_runs.blind
    load = partial(workspace.page, run)
    screen = SummaryScreen(run.folder, load, run.run.notes, blind, run.running, save)
    wanted = await app.push_screen_wait(screen)
    if wanted is not None:
        await export(workspace, app, run.folder)


async def runs(workspace: Workspace, app: App[Any]) -> None:
    """Show all runs; open, resume, delete or export one."""
    from fada_tui.tui.screens import runs as screens

    open_runs = workspace.review.open_runs
    going_on = frozenset(run.id for run in open_runs.runs.values() if run.running)
    screen = screens.RunsScreen(workspace.app_context.results, open_runs.current, going_on)
    match await app.push_screen_wait(screen):
        case screens.OpenRun(folder=folder):
            await loading.open_run(workspace, folder.name)
        case screens.ResumeRun(folder=folder):
            await resume(workspace, app, str(folder))
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


async def stop(workspace: Workspace, app: App[Any]) -> None:
    """Stop after this image, or at once when it is asked for again; ask first where other runs wait."""
    from fada_tui.tui.screens.confirm import ConfirmScreen

    run_control = workspace.run_control
    if waiting := run_control.queue.waiting:
        question = f"Stop, and drop {count(len(waiting), 'run')} from the queue?"
        detail = (
            f"The run in progress stops after this {run_control.unit}; what is answered is kept, and w "
            f"resumes it. {_not_started(waiting)}"
        )
        if not await app.push_screen_wait(ConfirmScreen(question, detail, "Stop", danger=False)):
            workspace.view.say("nothing was stopped")
            return
    busy = run_control.queue.busy
    workspace.view.say(run_control.stop(), keep=busy, holds=lambda: run_control.queue.busy == busy)
    workspace.view.draw()


def _not_started(waiting: Sequence[str]) -> str:
    """Return what becomes of the runs that wait, when all work is stopped."""
    return f"Not started, and not kept: {', '.join(waiting)}." if waiting else ""


async def leave(workspace: Workspace, app: App[Any]) -> None:
    """Quit the dashboard; ask first during a run."""
    from fada_tui.tui.screens.confirm import ConfirmScreen

    queue = workspace.run_control.queue
    if queue.busy:
        question = "A run goes on. Stop it and leave?"
        kept = "What is answered is kept; the run can be resumed."
        detail = f"{kept} {_not_started(queue.waiting)}".rstrip()
        if not await app.push_screen_wait(ConfirmScreen(question, detail, "Stop and leave", danger=False)):
            return
    await workspace.leave()


DOORS: Mapping[str, Callable[[Workspace, App[Any]], Coroutine[None, None, None]]] = {
    "run": setup,
    "stop": stop,
    "needs": needs,
    "blind": lambda workspace, _: loading.blind(workspace),
    "tags": tags,
    "note": note,
    "zoom": zoom,
    "judge_anyway": judge_anyway,
    "models_on_image": models_on_image,
    "summary": summary,
    "runs": runs,
    "comparison": comparison,
    "export": export,
}
"""Functions that open screens, by the name in the commands."""
