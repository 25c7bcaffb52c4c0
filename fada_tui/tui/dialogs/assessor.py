"""Asking who judges: before the first verdict of a session without a name, and whenever the user wants to."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from textual.app import App

from fada_tui.config.assessor import login_name, remember_assessor
from fada_tui.core.paths import state_file
from fada_tui.tui.actions.workspace import Workspace

FIRST = "Your verdicts are kept under your name."
OTHER = "What was judged before stays whose it is."


async def named(workspace: Workspace, app: App[Any]) -> bool:
    """Return whether the assessor has a name; asks for it where there is none.

    To be called from a worker of the group `DOOR`, so that keys typed ahead go to the dialog.
    """
    if workspace.open_runs.assessor:
        return True
    if await _ask(workspace, app, await asyncio.to_thread(login_name), FIRST):
        return True
    workspace.view.say("nothing was judged: that needs an assessor's name; N gives one", "warning")
    return False


async def once_named(
    workspace: Workspace,
    app: App[Any],
    doing: Callable[[], Awaitable[object]],
    unchanged: Callable[[], bool],
) -> None:
    """Do what a key asked for once the assessor has a name, unless its answer has changed meanwhile."""
    if not await named(workspace, app):
        return
    if unchanged():
        await doing()
    else:
        workspace.view.say("nothing was judged: the answer has changed meanwhile", "warning")


async def change(workspace: Workspace, app: App[Any]) -> None:
    """Let the user change the assessor's name."""
    before = workspace.open_runs.assessor
    if not before:
        if await _ask(workspace, app, await asyncio.to_thread(login_name), FIRST):
            workspace.view.say(f"{workspace.open_runs.assessor} judges: {workspace.review.progress()}")
    elif await _ask(workspace, app, before, OTHER):
        now = workspace.open_runs.assessor
        changed = f"{now} judges: {workspace.review.progress()}; what {before} judged stays {before}'s"
        workspace.view.say(changed if now != before else f"{now} judges, as before")


async def _ask(workspace: Workspace, app: App[Any], offered: str, why: str) -> bool:
    """Ask for the name, and let it count; return whether there is one."""
    from fada_tui.tui.screens.assessor import AssessorScreen

    name = await app.push_screen_wait(AssessorScreen(offered, workspace.app_context.rubric, why))
    if name is None:
        return False
    if name != workspace.open_runs.assessor:
        # What is being written, such as thousands of flags, was asked for under the other name.
        await workspace.assessments.once_written(partial(workspace.assess_as, name))
        try:
            await asyncio.to_thread(remember_assessor, name, state_file())
        except OSError as error:
            workspace.view.say(f"the name is not kept for next time: {error.strerror}", "warning")
    return True
