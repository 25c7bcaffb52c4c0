"""Opening the screens in which answers are judged: tags, notes, zoom, models side by side."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from textual.app import App

from fada_tui.core.errors import FadaError
from fada_tui.core.records import Assessment
from fada_tui.evaluation.assessment.edit import with_context, with_note, with_tag_toggled
from fada_tui.evaluation.assessment.history import Step
from fada_tui.tui.actions import judging, loading
from fada_tui.tui.actions.workspace import Workspace
from fada_tui.tui.dialogs.assessor import named
from fada_tui.tui.present.lines import change_text
from fada_tui.tui.state.open_runs import Key, OpenRun


async def tags(workspace: Workspace, app: App[Any]) -> None:
    """Toggle the rubric's tags."""
    from fada_tui.tui.screens.tags import TagsScreen

    if (place := judging.judgeable(workspace)) is None or not await named(workspace, app):
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

    if (place := judging.judgeable(workspace)) is None or not await named(workspace, app):
        return
    run, key = place
    written = await app.push_screen_wait(NoteScreen(run.assessment(*key).note, key[0].rpartition("/")[2]))
    if written is not None:
        await judging.assess(workspace, lambda before: with_note(before, written.text), place)


async def context(workspace: Workspace, app: App[Any]) -> None:
    """Choose the context flag of the current answer."""
    from fada_tui.tui.screens.context import ContextScreen

    if (place := judging.judgeable(workspace)) is None or not await named(workspace, app):
        return
    chosen = await app.push_screen_wait(ContextScreen(workspace.app_context.rubric.context.name))
    if chosen is not None:
        await judging.assess(workspace, lambda before: with_context(before, chosen.value), place)


async def zoom(workspace: Workspace, app: App[Any]) -> None:
    """Show the picture on the whole screen."""
    from fada_tui.tui.screens.zoom import ZoomScreen

    if workspace.review.image is None:
        return
    await judging.note_change(workspace)
    graphics, flag = workspace.app_context.graphics, workspace.app_context.rubric.context.name
    screen = ZoomScreen(graphics, workspace.zoom_view, app.screen, flag, workspace.view)
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
        partial(_described, workspace, workspace.assessments.undo, "undone"),
        partial(_described, workspace, workspace.assessments.redo, "done again"),
        review.toggle_thoughts,
    )
    await app.push_screen_wait(screen)
    workspace.view.draw()


async def _assess(workspace: Workspace, run: OpenRun, key: Key, edit: judging.Edit) -> Assessment:
    await workspace.assessments.change(run, key, edit(run.assessment(*key)))
    return run.assessment(*key)


async def _described(workspace: Workspace, change: Callable[[], Awaitable[Step | None]], word: str) -> str:
    try:
        done = await change()
    except FadaError as error:
        return str(error)
    return change_text(word, done, workspace.open_runs.runs) if done else f"nothing to be {word}"
