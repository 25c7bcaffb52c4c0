"""Stopping a run that another program makes."""

import asyncio
from typing import Any

from textual.app import App

from fada_tui.core.errors import FadaError
from fada_tui.tui.actions.workspace import Workspace
from fada_tui.tui.state.followed import Followed


async def stop_followed(workspace: Workspace, app: App[Any], followed: Followed) -> None:
    """Ask a run's program to stop it, after asking the user; asked again, now."""
    from fada_tui.tui.screens.confirm import ConfirmScreen

    if not followed.progress.stopping:
        left = followed.following.maker.left_running
        more = "The next one that was left running follows." if left else "A --batch ends with it."
        asked = ConfirmScreen(
            f"Stop this run? It is not of this dashboard: {followed.maker}.",
            "It stops after the image or batch at hand. What is answered is kept, and it can be resumed. "
            f"{more}",
            "Stop it",
            danger=False,
        )
        if not await app.push_screen_wait(asked):
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
