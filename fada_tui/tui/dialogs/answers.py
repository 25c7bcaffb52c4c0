"""Opening the answers table, and doing what it asks for."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from functools import partial
from typing import Any

from textual.app import App

from fada_tui.core.errors import FadaError
from fada_tui.evaluation.assessment.edit import with_context, with_tag_toggled
from fada_tui.evaluation.assessment.history import Step
from fada_tui.tui.actions import judging
from fada_tui.tui.actions.workspace import Workspace
from fada_tui.tui.dialogs.assessor import named
from fada_tui.tui.dialogs.judging import telling
from fada_tui.tui.present.filter_names import filter_names
from fada_tui.tui.present.lines import change_text
from fada_tui.tui.state.answer_table import AnswerTable, Row
from fada_tui.tui.state.open_runs import OpenRun

MANY = 1000
"""Changes from which it is said that they are being written: each of them is, before it is told."""


async def answers(workspace: Workspace, app: App[Any]) -> None:
    """Show all answers in a table, then the one that was chosen."""
    from fada_tui.tui.screens.answer_source import Source
    from fada_tui.tui.screens.answers import AnswersScreen

    review = workspace.review
    run = review.run
    if run is None:
        workspace.view.say("there are no answers yet; r sets up a run", "warning")
        return
    source = Source(
        table=lambda: AnswerTable((slot.image for slot in review.image_rows.slots), review.blind_list),
        runs=lambda: [run] if review.blind_list is None else list(review.blind_list.runs),
        others=partial(_others, workspace, run),
        blind=review.open_runs.blind,
        names=filter_names(review, workspace.app_context.rubric, review.disk_index.names().values()),
        change=partial(_change, workspace, app),
        can_undo=lambda: workspace.assessments.can_undo,
        undo=partial(_replay, workspace, workspace.assessments.undo, "undone"),
        redo=partial(_replay, workspace, workspace.assessments.redo, "done again"),
        tags=partial(_tags, workspace, app),
        context=partial(_context, workspace, app),
    )
    screen = AnswersScreen(source, workspace.here)
    workspace.view.join(screen)
    try:
        chosen = await app.push_screen_wait(screen)
    finally:
        workspace.view.part(screen)
    if chosen is not None:
        _look(workspace, chosen)


def _look(workspace: Workspace, row: Row) -> None:
    """Look at an answer; a filter that hides it is left."""
    review = workspace.review
    if review.blind_list is None and review.run is not row.run:
        review.choose_run(row.run)
    place = review.place_of(row.run.id, *row.at)
    if place is None:
        review.filter_by("")
        review.refilter()
        place = review.place_of(row.run.id, *row.at)
    workspace.view.show_images()
    if place is not None:
        workspace.go(place)
        workspace.view.show_answer()


async def _others(workspace: Workspace, run: OpenRun) -> AsyncIterator[OpenRun]:
    """Read the other runs over the same images; one that cannot be read is told, and left out."""
    root = run.run.dataset.root
    for name in [one.id for one in workspace.review.disk_index.runs if one.dataset.root == root]:
        try:
            yield await workspace.load_run(name)
        except FadaError as error:
            workspace.view.say(str(error), "error")


async def _change(workspace: Workspace, app: App[Any], rows: Sequence[Row], edit: judging.Edit) -> None:
    if not await named(workspace, app):
        return
    workspace.review.stay()
    try:
        await _change_all(workspace, rows, edit)
    except FadaError as error:
        workspace.view.say(str(error), "error")
    workspace.view.refilter_soon()
    workspace.view.draw()


async def _change_all(workspace: Workspace, rows: Sequence[Row], edit: judging.Edit) -> None:
    """Change the assessments of answers as one step.

    Raises:
        FadaError: not all could be changed.
    """
    if len(rows) >= MANY:
        workspace.view.say(f"writing {len(rows):,} changes …")
    changes = [(row.run, row.at, edit(row.run.assessment(*row.at))) for row in rows]
    if not await workspace.assessments.change_all(changes):
        workspace.view.say("all of them are so already")


async def _replay(workspace: Workspace, doing: Callable[[], Awaitable[Step | None]], word: str) -> None:
    """Undo a step, or do it again; the main screen stays where it is."""
    try:
        step = await doing()
    except FadaError as error:
        workspace.view.say(str(error), "error")
    else:
        said = change_text(word, step, workspace.open_runs.runs) if step else f"nothing to be {word}"
        workspace.view.say(said, "echo" if step else "info")
    workspace.view.refilter_soon()
    workspace.view.draw()


async def _tags(workspace: Workspace, app: App[Any], rows: Sequence[Row]) -> None:
    """Toggle the rubric's tags: one that all answers have is taken from all, else all are given it."""
    from fada_tui.tui.screens.tags import TagsScreen

    if not await named(workspace, app):
        return

    def common() -> tuple[str, ...]:
        first, *others = (row.run.assessment(*row.at).tags for row in rows)
        return tuple(tag for tag in first if all(tag in tags for tags in others))

    async def toggle(name: str) -> tuple[str, ...]:
        has_it = name in common()
        toggled = [row for row in rows if (name in row.run.assessment(*row.at).tags) == has_it]
        with telling(workspace):
            await _change_all(workspace, toggled, lambda before: with_tag_toggled(before, name))
        workspace.view.draw()
        return common()

    await app.push_screen_wait(TagsScreen(workspace.app_context.rubric, common(), toggle))
    workspace.view.refilter_soon()


async def _context(workspace: Workspace, app: App[Any], rows: Sequence[Row]) -> None:
    """Choose the context flag of all answers."""
    from fada_tui.tui.screens.context import ContextScreen

    if not await named(workspace, app):
        return
    chosen = await app.push_screen_wait(ContextScreen(workspace.app_context.rubric.context.name))
    if chosen is not None:
        await _change(workspace, app, rows, lambda before: with_context(before, chosen.value))
