"""The queue of the results folder: told of, looked at, and changed, off the event loop."""

import asyncio
from pathlib import Path

from msgspec.structs import replace

from fada_tui.core.errors import FadaError, RunLockedError
from fada_tui.core.file_names import encode_name
from fada_tui.report.units import count
from fada_tui.store.queue_file import Change, change_queue
from fada_tui.tui.actions import loading
from fada_tui.tui.actions.workspace import Workspace
from fada_tui.tui.state import left_queue
from fada_tui.tui.state.left_queue import LeftQueue


async def read(workspace: Workspace) -> LeftQueue:
    """Look at the queue, and show it where it is shown."""
    found = await asyncio.to_thread(workspace.left_reader.read, workspace.review.disk_index)
    if found != workspace.left_queue and workspace.view.is_open:
        workspace.left_queue = found
        workspace.view.draw()
    return found


async def tell(workspace: Workspace) -> None:
    """Say that runs were left which nobody goes on with; nothing is started without a word."""
    found = await read(workspace)
    if found.problem:
        workspace.view.say(found.problem, "warning")
    elif _left(found):
        waits = count(len(found.runs), "run waits that was left", "runs wait that were left")
        shows = "it" if len(found.runs) == 1 else "them"
        workspace.view.say(
            f"{waits}: Q shows and starts {shows}", "warning", holds=lambda: _left(workspace.left_queue)
        )


def _left(found: LeftQueue) -> bool:
    return bool(found.runs) and not found.worked


async def change(workspace: Workspace, made: Change) -> bool:
    """Change the queue; return whether that was possible, and say why if not."""
    try:
        await asyncio.to_thread(change_queue, workspace.app_context.results, made)
    except FadaError as error:
        workspace.view.say(str(error), "error")
        return False
    finally:
        await read(workspace)
    return True


async def drop(workspace: Workspace, run: str) -> str:
    """Take a run off the queue, its folder too if it never began; return what came of it, in words."""
    try:
        removed = await asyncio.to_thread(left_queue.drop, workspace.app_context.results, run)
    except RunLockedError:
        return "it has begun meanwhile, and goes on; x on the main screen stops it"
    except FadaError as error:
        workspace.view.say(str(error), "error")
        return ""
    finally:
        await read(workspace)
    if removed:
        await loading.forget_deleted(workspace)
    return "dropped, with its folder" if removed else "dropped; what it has stays, and can be resumed"


async def keep_others(workspace: Workspace, folder: Path) -> bool:
    """Let no run follow the one of this folder before a person says so; return whether that was possible."""
    run = encode_name(folder.name)
    return await change(
        workspace, lambda queue: [x if x.run == run else replace(x, kept=True) for x in queue]
    )


async def drop_others(workspace: Workspace, folder: Path) -> bool:
    """Drop all runs but the one of this folder; return whether that was possible."""
    run = encode_name(folder.name)
    for one in workspace.left_queue.runs:
        if one.run != run and not one.now and not await drop(workspace, one.run):
            return False
    return True
