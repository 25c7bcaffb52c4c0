"""Models side by side: reading their runs, and moving on after a verdict."""

from fada_tui.core.errors import FadaError
from fada_tui.tui.actions.workspace import Workspace
from fada_tui.tui.state.side_by_side import SideBySide


async def read_runs(workspace: Workspace, side: SideBySide) -> None:
    """Read the runs that may have answers here, one after the other, while they are looked at."""
    while workspace.side is side and workspace.view.is_open and (names := side.unread()):
        nothing_yet = not side.columns
        try:
            await workspace.load_run(names[0])
        except FadaError as error:
            side.unreadable.add(names[0])
            workspace.view.say(str(error), "error")
        if workspace.side is side and workspace.view.is_open:
            workspace.view.draw()
            if nothing_yet and side.columns:
                workspace.view.moved()


async def note_changes(workspace: Workspace, side: SideBySide) -> None:
    """Record of which answers the image has changed; its picture says it on the screen."""
    try:
        for column in side.columns:
            for run, key in column.answers:
                await workspace.image_checks.change(run, key)
    except FadaError as error:
        workspace.view.say(str(error), "error")


def step(workspace: Workspace, side: SideBySide, by: int) -> None:
    """Go to the next image and question with an answer to judge, `by` 1, or the previous, -1."""
    if place := side.next_unassessed(by):
        side.look(*place)
        workspace.view.draw()
    else:
        workspace.view.say("no other answer of these models is to be judged")


def advance(workspace: Workspace, side: SideBySide) -> None:
    """Move on after a verdict: to the next column without one, else to the next image and question."""
    column = side.next_to_judge(side.column + 1)
    if column is not None:
        side.choose(column)
    elif side.unread():
        workspace.view.say("the other models' answers are being read", holds=lambda: bool(side.unread()))
    elif place := side.next_unassessed(1):
        side.look(*place)
    else:
        said = f"{workspace.last_echo} · all answers side by side are judged"
        workspace.view.say(said, "echo", keep=True, holds=lambda: side.next_unassessed(1) is None)
    workspace.view.draw()
