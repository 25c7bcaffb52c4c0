"""Leaving the dashboard: what becomes of runs is asked, and done before it is left."""

import asyncio
from contextlib import suppress
from typing import Any

from textual.app import App, ScreenError

from fada_tui.report.units import count
from fada_tui.runs.handover import HandoverError
from fada_tui.tui.actions import left_queue
from fada_tui.tui.actions.workspace import Workspace
from fada_tui.tui.present.leaving import Situation
from fada_tui.tui.present.leaving import question as asked_of
from fada_tui.tui.state.left_queue import LeftQueue


async def leave(workspace: Workspace, app: App[Any]) -> None:
    """Quit the dashboard; ask first while runs go on or wait."""
    from fada_tui.tui.screens.leave import LeaveScreen

    now = await _situation(workspace)
    asked = asked_of(now)
    choice = "stop" if asked is None else await app.push_screen_wait(LeaveScreen(asked))
    if choice in (None, "stay"):
        return
    queue = workspace.run_control.queue
    if choice == "go_on" and (queue.busy or queue.waiting):
        # What waits for a person goes on waiting, unless it is what this person starts.
        if failed := await _hand_over(workspace, app, begun=True, kept=None if now.busy else False):
            workspace.view.say(f"nothing goes on without a screen: {failed}", "error")
            return
    elif queue.waiting:
        failed = await _hand_over(workspace, app, begun=False, kept=True)
        if failed and not await _leaves_without(workspace, app, failed):
            return
    await workspace.leave()


async def _hand_over(workspace: Workspace, app: App[Any], *, begun: bool, kept: bool | None) -> str:
    """Hand the runs over; where that fails, let them go on here, and return why."""
    from fada_tui.tui.screens.leave import HandingOverScreen

    screen = HandingOverScreen("Writing down what waits …" if kept else "Starting the process that goes on …")
    await app.push_screen(screen)
    try:
        await asyncio.wrap_future(workspace.leaving.hand_over(begun=begun, kept=kept))
    except HandoverError as error:
        workspace.leaving.go_on(error.written)
        return str(error)
    finally:
        with suppress(ScreenError):  # the dashboard may be closing meanwhile
            screen.pop_until_active()
            await screen.dismiss()
    return ""


async def _leaves_without(workspace: Workspace, app: App[Any], failed: str) -> bool:
    """Return whether the user leaves although what waits cannot be kept."""
    from fada_tui.tui.screens.confirm import ConfirmScreen

    waiting = workspace.run_control.queue.waiting
    names = count(len(waiting), "run") if workspace.open_runs.blind else ", ".join(waiting)
    question, detail = "What waits cannot be kept. Leave all the same?", f"{failed}. Not kept: {names}."
    asked = ConfirmScreen(question, detail, "Leave", danger=True)
    agreed: bool = await app.push_screen_wait(asked)
    return agreed


async def _situation(workspace: Workspace) -> Situation:
    """Return what runs and waits; what cannot be read of the queue's file is told where it is needed."""
    queue = workspace.run_control.queue
    left = LeftQueue()
    if queue.at_work or queue.waiting:
        left = await left_queue.read(workspace)
    ready = sum(not one.kept and not one.problem for one in left.runs)
    return Situation(
        busy=queue.at_work,
        stopping=workspace.run_control.run_progress.stopping,
        waiting=len(queue.waiting),
        kept=queue.kept,
        ahead=ready if left.worked else 0,
        before=0 if left.worked else len(left.runs),
    )
