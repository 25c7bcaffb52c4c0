"""Opening the image that is looked at in another program."""

import asyncio
from pathlib import Path

from fada_tui.core.errors import FadaError, reason
from fada_tui.tui.actions.workspace import Workspace

NO_DISPLAY = "no display (DISPLAY is not set); o on the main screen copies the path"


async def open_image(workspace: Workspace) -> None:
    """Begin to open the image; what becomes of it is said later, while the user goes on working."""
    image = workspace.review.image
    if image is None:
        workspace.view.say("there is no image here", "warning")
    elif not workspace.viewer.has_display:
        workspace.view.say(NO_DISPLAY, "warning")
    else:
        workspace.view.background(_open(workspace, image))


async def _open(workspace: Workspace, image: Path) -> None:
    run, key = workspace.review.run, workspace.review.key
    try:
        change = await workspace.image_checks.change(run, key) if run and key else None
        if change is not None:
            workspace.view.say(f"not opened: {change}", "warning")
            return
        program = await asyncio.to_thread(workspace.viewer.show, image)
    except FadaError as error:
        workspace.view.say(str(error), "error")
    except OSError as error:
        workspace.view.say(f"the image cannot be opened elsewhere: {reason(error)}", "error")
    else:
        workspace.view.say(f"opened in {program}")
