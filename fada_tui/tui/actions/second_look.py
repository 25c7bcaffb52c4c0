"""Going through the answers that are partly right, or flagged, once more."""

from fada_tui.report.units import count
from fada_tui.tui.actions.workspace import Workspace
from fada_tui.tui.state import stepping
from fada_tui.tui.state.second_look import SecondLook


def toggle(workspace: Workspace) -> None:
    """Begin a second look, at its first answer; or end it."""
    if workspace.second_look is not None:
        end(workspace)
        return
    review = workspace.review
    answers = stepping.to_look_again(review)
    if not answers:
        holds = review.unmoved()
        workspace.view.say("nothing to look at again: no answer is partial or flagged", holds=holds)
        return
    look = SecondLook(answers, frozenset(run.id for run in review.looked_at()))
    workspace.begin_second_look(look)
    if place := review.place_of(*answers[0]):
        workspace.go(place)
    workspace.view.say(
        f"second look at {count(len(look), 'answer')}; ] and [ go along, V or esc ends it",
        holds=lambda: workspace.second_look is look,
    )


def end(workspace: Workspace) -> None:
    """End it, where one is; stay where one is."""
    if (look := workspace.second_look) is not None:
        number = look.number(workspace.here)
        workspace.begin_second_look(None)
        workspace.view.say(f"second look ended at {number} of {len(look)}")
        workspace.view.draw()


def along(workspace: Workspace, look: SecondLook, step: int) -> bool:
    """Go to the next answer of it, or the one before; return whether there is one."""
    review = workspace.review
    answer = look.along(workspace.here, step, lambda one: review.place_of(*one) is not None)
    place = review.place_of(*answer) if answer else None
    if place is None:
        return False
    workspace.go(place)
    return True


def step(workspace: Workspace, look: SecondLook, by: int) -> None:
    """Go along it by a key."""
    if not along(workspace, look, by):
        which = "last" if by > 0 else "first"
        workspace.view.say(
            f"this is the {which} of the second look; V or esc ends it",
            holds=lambda: workspace.second_look is look,
        )


def advance(workspace: Workspace, look: SecondLook) -> None:
    """Move on after a verdict; the last one ends it."""
    if along(workspace, look, 1):
        return
    workspace.begin_second_look(None)
    workspace.view.say(
        f"{workspace.last_echo} · second look done: {len(look)} of {len(look)}", "echo", keep=True
    )
    workspace.view.draw()
