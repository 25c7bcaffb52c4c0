"""Reactions of the dashboard to run events: messages, drawing, following the answers."""

from collections.abc import Callable, Sequence
from pathlib import Path

from msgspec import UNSET

from fada_tui.core.records import Result, Run
from fada_tui.report.units import count
from fada_tui.runs.events import (
    AnswerBegunAgain,
    AnswerFinished,
    AnswerStarted,
    AnswerText,
    DeviceLost,
    RunEnded,
    RunStarted,
    ServerPaused,
    ServerResumed,
    SessionEvent,
    Warned,
    WorkerRestarted,
)
from fada_tui.store import folder as store
from fada_tui.tui.actions import loading, side_by_side
from fada_tui.tui.actions.workspace import Workspace
from fada_tui.tui.present.lines import shown_path
from fada_tui.tui.state import stepping
from fada_tui.tui.state.open_runs import Key, OpenRun
from fada_tui.tui.state.review import Review

FOLLOW_SECONDS = 2.5
SLOW_FOLLOW_SECONDS = 6.0
"""How long an answer stays before the screen follows a quick worker on, each with its picture to send."""

AWAITING_SECONDS = 0.5
"""Seconds that an item which cannot be judged, such as a broken image, stays after appearing by itself."""


def take(workspace: Workspace, event: SessionEvent) -> None:
    """Show an event; the open runs already include it."""
    review = workspace.review
    match event:
        case RunStarted(run=run):
            begun(workspace, review.open_runs.runs[run.id], f"{run.model.name} has begun; f goes there")
        case AnswerStarted(item=item):
            _follow(workspace, item.key)
            _attend(workspace)
            workspace.view.draw_soon()
        case AnswerText() | AnswerBegunAgain():
            # Those that begin together leave no later moment to go to one of them.
            if len(review.open_runs.runs[workspace.run_control.run_progress.run_id or ""].in_flight) > 1:
                _follow(workspace)
            _attend(workspace)
            workspace.view.draw_answer_soon()
        case AnswerFinished(result=result):
            if at_work := review.open_runs.at_work:
                answered(workspace, at_work, [result])
        case ServerPaused(asked=0):
            waits = workspace.run_control.run_progress
            workspace.view.say(event.what_happens, "warning", keep=True, holds=lambda: waits.server_down)
            workspace.view.draw()
        case ServerResumed():
            workspace.view.say("")
            workspace.view.say(event.what_happens)
            workspace.view.draw()
        case WorkerRestarted(reason=reason, device=device):
            which = f"{device}: " if device else ""
            workspace.view.say(f"{which}{reason}; another worker takes over", "warning")
            workspace.view.draw()
        case DeviceLost():
            workspace.view.say(event.what_happens, "warning", keep=True)
            workspace.view.draw()
        case Warned(message=message):
            workspace.view.say(message, "warning")
        case RunEnded(run=run, folder=folder):
            workspace.view.draw()
            ended(workspace, run, folder)
        case _:
            workspace.view.draw()


def begun(workspace: Workspace, run: OpenRun, told: str) -> None:
    """Turn to a run that has begun, unless an answer here waits for a verdict: then say this of it."""
    review = workspace.review
    if review.blind_list is not None:
        review.blind_list.take_run(run)
        if review.blind_list.takes(run):
            workspace.view.say("a run has begun; its answers are shuffled in as they come")
    elif review.takes_new_run:
        turn_to(workspace, run)
    else:
        workspace.view.say(
            told, holds=lambda: run.running and review.run is not run and not review.open_runs.blind
        )
    workspace.view.background(loading.read_runs(workspace))


def answered(workspace: Workspace, run: OpenRun, results: Sequence[Result]) -> None:
    """Show that answers have come; the run already has them."""
    blind_list = workspace.review.blind_list
    for result in results:
        if blind_list is not None:
            blind_list.take_result(run, result)
    attend(workspace)
    workspace.view.refilter_soon()
    workspace.view.draw_soon()


def attend(workspace: Workspace) -> None:
    """Move on to what is followed or awaited, if that is there by now."""
    _follow(workspace)
    _attend(workspace)


def toggle(workspace: Workspace) -> None:
    """Follow the worker from answer to answer, or stop following."""
    review = workspace.review
    if not review.open_runs.running:
        workspace.view.say("nothing runs that could be followed", holds=lambda: not review.open_runs.running)
        return
    if review.open_runs.blind:
        workspace.view.say(
            "blind mode follows no run: that would tell whose answers come",
            holds=lambda: review.open_runs.blind,
        )
        return
    follow = not review.following
    if follow and (place := stepping.place_to_follow(review)):
        workspace.go(place)
    elif follow and (run := review.open_runs.at_work) is not review.run:
        turn_to(workspace, run)
        if place := stepping.place_to_follow(review):
            workspace.go(place)
    review.awaiting, review.following = False, follow
    workspace.view.draw()


def turn_to(workspace: Workspace, run: OpenRun | None) -> None:
    """Show a run, and let its next answer appear."""
    workspace.review.choose_run(run)
    workspace.review.awaiting = True
    workspace.view.show_images()
    workspace.view.show_answer()


def advance(workspace: Workspace) -> None:
    """Move on after a verdict: to the next answer to judge, else to the one in progress.

    Where there is neither, the next one comes up when it is begun: of this run, or of the next one to judge.
    """
    if workspace.side is not None:
        side_by_side.advance(workspace, workspace.side)
        return
    review = workspace.review
    run = review.open_runs.next_to_judge(review.run)
    if place := stepping.next_place(review, 1):
        workspace.go(place)
    elif place := review.running_place():
        workspace.go(place)
        review.awaiting = True
    elif review.open_runs.blind:
        _tell_all_judged(workspace, "; answers that come are shuffled in" if review.open_runs.running else "")
    elif run is None:
        _tell_all_judged(workspace, "; s shows the page")
    elif run is review.run:
        review.awaiting = True
        if run.maker:
            _tell_all_judged(workspace, "; the next answer comes up by itself")
    else:
        turn_to(workspace, run)
        _attend(workspace)


def _tell_all_judged(workspace: Workspace, more: str) -> None:
    """Say so on one line with what was judged last, which a line of its own would hide."""
    review = workspace.review
    again = sum(run.left_to_look_again for run in review.looked_at())
    looks = f" · V: {again:,} partial or flagged once more" if again else ""
    said = f"{workspace.last_echo} · all judged: {review.progress()}{looks or more}"
    workspace.view.say(said, "echo", keep=True, holds=_all_judged(review))


def _all_judged(review: Review) -> Callable[[], bool]:
    """Return what tells, later, whether the same answers are all judged still."""
    then = (review.run, review.open_runs.blind, review.progress())
    return lambda: (review.run, review.open_runs.blind, review.progress()) == then


def _attend(workspace: Workspace) -> None:
    """Show the next answer if one is awaited."""
    if place := stepping.awaited_place(workspace.review):
        workspace.move(place, AWAITING_SECONDS)


def _follow(workspace: Workspace, begun: Key | None = None) -> None:
    """Move to the answer in progress if following; of several, to the one that runs longest.

    Args:
        workspace: what is worked on.
        begun: the answer that has just begun. Where another is stayed with, nothing moves.
    """
    review = workspace.review
    place = stepping.place_to_follow(review) if review.following else None
    if place is None:
        return
    slot, index = place
    begins = begun is not None and begun == (slot.image.path, review.questions[index].id)
    if begins or place != (review.slot, review.key_index):
        slow = workspace.app_context.settings.low_bandwidth
        workspace.move(place, SLOW_FOLLOW_SECONDS if slow else FOLLOW_SECONDS)


def ended(workspace: Workspace, run: Run, folder: Path) -> None:
    """Show where the results are, or what went wrong and what to do."""
    workspace.view.say("")  # It may have said that the run is stopping.
    review = workspace.review
    over = review.open_runs.runs[run.id]
    if review.blind_list is not None:
        review.blind_list.take_run(over)
        workspace.view.refilter_soon()
        workspace.view.say("a run has ended and is written")  # Its folder would name its model.
    elif run.error is not UNSET:
        way = "w resumes it" if run.status == "interrupted" else "w tries again"
        stays = review.run is over and not workspace.run_control.queue.upcoming
        again = f" ({way})" if stays else ""
        workspace.view.say(f"{run.error.message}{again}", "error", holds=lambda: not over.running)
    else:
        answered = sum(result.error is None for result in run.results)
        again = "; w resumes it" if run.status == "interrupted" else ""
        here = review.run is over
        shows = " (s shows it)" if here else ""
        workspace.view.say(
            f"{count(answered, 'answer')}: {shown_path(folder / store.SUMMARY_NAME)}{shows} and "
            f"{store.RUN_NAME}{again if here else ''}",
            keep=True,
            holds=lambda: (review.run is over) == here and run.id in review.open_runs.runs,
        )
    workspace.view.background(loading.read_runs(workspace))
