"""Stopping a run that another program makes."""

import asyncio
from typing import Any

from textual.app import App

from fada_tui.core.errors import FadaError
from fada_tui.report.units import count
from fada_tui.tui.actions import left_queue
from fada_tui.tui.actions.workspace import Workspace
from fada_tui.tui.state.followed import Followed


async def stop_followed(workspace: Workspace, app: App[Any], followed: Followed) -> None:
    """Ask a run's program to stop it, after asking the user; asked again, now."""
    if not followed.progress.stopping and not await _agreed(workspace, app, followed):
        workspace.view.say("nothing was stopped")
        return
    if not followed.progress.active:
        workspace.view.say("that run has ended meanwhile")
        return
    try:
        how = await asyncio.to_thread(followed.ask_to_stop)
    except FadaError as error:
        workspace.view.say(str(error), "error")
        return
    when = "now; what is finished is kept" if how == "now" else "after the image at hand; x again: now"
    workspace.view.say(f"asked to stop {when}", keep=True, holds=lambda: followed.progress.active)
    workspace.view.draw()


async def _agreed(workspace: Workspace, app: App[Any], followed: Followed) -> bool:
    """Ask whether it is stopped, and do with the runs left running behind it what is wanted of them."""
    from fada_tui.tui.screens.confirm import ConfirmScreen
    from fada_tui.tui.screens.stop import StopScreen

    stops = "It stops after the image or batch at hand. What is answered is kept, and it can be resumed."
    left = workspace.left_queue
    follows = next((one for one in left.runs if one.next), None)
    if not followed.following.maker.left_running or follows is None:
        more = "" if followed.following.maker.left_running else " A --batch ends with it."
        question = f"Stop this run? It is not of this dashboard: {followed.maker}."
        asked = ConfirmScreen(question, f"{stops}{more}", "Stop it", danger=False)
        agreed: bool = await app.push_screen_wait(asked)
        return agreed
    question = f"Stop the run left running? {count(left.waiting, 'run waits', 'runs wait')} behind it."
    detail = f"{stops} A dropped run that never began loses its folder, too."
    name = "the next one" if workspace.open_runs.blind else follows.label
    match await app.push_screen_wait(StopScreen(question, detail, name, left.waiting)):
        case "keep":
            return await left_queue.keep_others(workspace, followed.folder)
        case "drop":
            return await left_queue.drop_others(workspace, followed.folder)
        case after:
            return after == "next"
