"""Opening the screens in which answers are judged: tags, notes, zoom, models side by side."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from textual.app import App

from fada_tui.core.errors import FadaError
from fada_tui.evaluation.assessment.edit import with_context, with_note, with_tag_toggled
from fada_tui.tui.actions import judging
from fada_tui.tui.actions.workspace import Workspace
from fada_tui.tui.dialogs.assessor import named
from fada_tui.tui.state.judged_answers import AnswerId
from fada_tui.tui.state.open_runs import Answer
from fada_tui.tui.state.side_by_side import SideBySide

STAYS = "the picture stays at {} here, too; W, then r, shows it as it is"


@contextmanager
def telling(workspace: Workspace) -> Iterator[None]:
    """Let an error that another screen shows say no more than may be said now."""
    try:
        yield
    except FadaError as error:
        raise FadaError(workspace.open_runs.told(str(error))) from error


async def tags(workspace: Workspace, app: App[Any]) -> None:
    """Toggle the rubric's tags."""
    from fada_tui.tui.screens.tags import TagsScreen

    places = judging.judged_here(workspace)
    if not places or not await named(workspace, app):
        return
    run, key = places[0]

    async def toggle(name: str) -> tuple[str, ...]:
        with telling(workspace):
            await judging.change(workspace, lambda before: with_tag_toggled(before, name), places)
        workspace.view.draw()
        return run.assessment(*key).tags

    await app.push_screen_wait(TagsScreen(workspace.app_context.rubric, run.assessment(*key).tags, toggle))
    workspace.view.refilter_soon()


async def note(workspace: Workspace, app: App[Any]) -> None:
    """Edit the note on the current answer."""
    from fada_tui.tui.screens.note import NoteScreen

    places = judging.judged_here(workspace)
    if not places or not await named(workspace, app):
        return
    run, key = places[0]
    roomy = len(key[0]) <= app.size.width // 4
    about = key[0] if roomy else key[0].rpartition("/")[2]
    here, drafts = AnswerId(run.id, *key), workspace.unwritten_notes
    written = await app.push_screen_wait(NoteScreen(run.assessment(*key).note, about, drafts.pop(here, None)))
    if written is not None:
        drafts[here] = written.text or ""
        if await judging.assess(workspace, lambda before: with_note(before, written.text), places):
            drafts.pop(here, None)


async def context(workspace: Workspace, app: App[Any]) -> None:
    """Choose the context flag of the current answer."""
    from fada_tui.tui.screens.context import ContextScreen

    places = judging.judged_here(workspace)
    if not places or not await named(workspace, app):
        return
    chosen = await app.push_screen_wait(ContextScreen(workspace.app_context.rubric.context.name))
    if chosen is not None:
        await judging.assess(workspace, lambda before: with_context(before, chosen.value), places)


async def zoom(workspace: Workspace, app: App[Any]) -> None:
    """Show the picture on the whole screen."""
    from fada_tui.tui.screens.zoom import ZoomScreen

    if workspace.review.image is None:
        workspace.view.say("there is no image here", "warning")
        return
    await judging.note_change(workspace)
    graphics, flag = workspace.app_context.graphics, workspace.app_context.rubric.context.name
    look, picture_view = workspace.zoom_view, workspace.picture_view
    screen = ZoomScreen(graphics, look, app.screen, flag, workspace.view, picture_view)
    await app.push_screen_wait(screen)
    if picture_view.view.closer is not None and not picture_view.told_closer:
        picture_view.told_closer = True
        workspace.view.say(STAYS.format(f"{picture_view.view.closer.factor:.1f}×"))


async def judge_anyway(workspace: Workspace, app: App[Any]) -> None:
    """Let the answers about an image that has changed be judged."""
    if places := judging.judged_here(workspace):
        workspace.view.say(await _judge_anyway(workspace, app, places))
        workspace.view.draw()


async def _judge_anyway(workspace: Workspace, app: App[Any], places: Sequence[Answer]) -> str:
    """Ask whether to; return what became of it, in words."""
    from fada_tui.tui.screens.confirm import ConfirmScreen

    try:
        changes = [await workspace.image_checks.change(run, key) for run, key in places]
        change = next((one for one in changes if one is not None), None)
        if change is None:
            return "this image is the one that was asked about"
        detail = f"{change}. What you judge is marked as judged in spite of that."
        question = "Judge answers that are of another image?"
        if not await app.push_screen_wait(ConfirmScreen(question, detail, "Judge anyway", danger=True)):
            return "not judged"
        for run, key in places:
            await workspace.image_checks.agree(run, key)
    except FadaError as error:
        return str(error)
    return "the answers about this image can be judged"


async def models_on_image(workspace: Workspace, app: App[Any]) -> None:
    """Show all models' answers to the current question about the current image, and go on from there."""
    from fada_tui.tui.screens.models_on_image import ModelsOnImage

    review = workspace.review
    side = SideBySide(review)
    if not side.columns and not side.unread():
        side.close()
        workspace.view.say("no model has answered this question about this image yet", "warning")
        return
    workspace.side = side
    try:
        await app.push_screen_wait(ModelsOnImage(workspace, side, app.screen))
    finally:
        workspace.side = None
        side.close()
    workspace.refilter(keep=True)
    if review.slot is not None:
        workspace.go((review.slot, review.key_index))
