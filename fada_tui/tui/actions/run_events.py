"""What the main screen makes of the events of a run."""

from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import UNSET

from fada_tui.core.records import Run
from fada_tui.report.units import count
from fada_tui.runs.events import (
    AnswerBegunAgain,
    AnswerFinished,
    AnswerStarted,
    AnswerText,
    RunEnded,
    RunStarted,
    SessionEvent,
    Warned,
    WorkerRestarted,
)
from fada_tui.store import folder as store
from fada_tui.tui.actions import loading
from fada_tui.tui.present.lines import shown_path
from fada_tui.tui.state.open_runs import Key, OpenRun

if TYPE_CHECKING:
    from fada_tui.tui.main_screen import MainScreen

FOLLOW_SECONDS = 2.5
SLOW_FOLLOW_SECONDS = 6.0
"""How long an answer stays before the screen follows a quick worker on, each with its picture to send."""

AWAITING_SECONDS = 0.5
"""How long what came up by itself stays where it is no answer to judge, such as an image that is broken."""


def take(main: "MainScreen", event: SessionEvent) -> None:
    """Show an event; the open runs have it already."""
    review = main.review
    match event:
        case RunStarted(run=run):
            main.say("")
            if review.takes_new_run:
                turn_to(main, review.open_runs.runs[run.id])
            elif not review.open_runs.blind:
                main.say(f"{run.model.name} has begun; f goes there")
            main.run_worker(loading.read_runs(main))
        case AnswerStarted(item=item):
            _follow(main, item.key)
            _attend(main)
            main.draw_soon()
        case AnswerText() | AnswerBegunAgain():
            # Those that begin together leave no later moment to go to one of them.
            if len(review.open_runs.runs[main.run_control.run_progress.run_id or ""].in_flight) > 1:
                _follow(main)
            _attend(main)
            main.draw_answer_soon()
        case AnswerFinished():
            _follow(main)
            _attend(main)
            main.refilter_soon()
            main.draw_soon()
        case WorkerRestarted(reason=reason):
            main.say(f"{reason}; another worker takes over", "warning")
            main.draw()
        case Warned(message=message):
            main.say(message, "warning")
        case RunEnded(run=run, folder=folder):
            main.draw()
            _ended(main, run, folder)
        case _:
            main.draw()


def toggle(main: "MainScreen") -> None:
    """Follow what runs from answer to answer, or no longer."""
    review = main.review
    if not review.open_runs.running:
        main.say("nothing runs that could be followed")
        return
    follow = not review.following
    if follow and (place := review.running_place()):
        main.go(place)
    elif follow and not review.open_runs.blind and (run := review.open_runs.at_work) is not review.run:
        turn_to(main, run)
    review.awaiting, review.following = False, follow
    main.draw()


def turn_to(main: "MainScreen", run: OpenRun | None) -> None:
    """Look at a run, and let its next answer come up."""
    main.review.choose_run(run)
    main.review.awaiting = True
    main.show_images()
    main.show_answer()


def advance(main: "MainScreen") -> None:
    """Go on after a verdict: to the next answer to judge, else to the one that is being made.

    Where there is neither, the next one comes up when it is begun: of this run, or of the one that goes on.
    """
    review = main.review
    run = review.open_runs.at_work
    if place := review.next_place(1):
        main.go(place)
    elif place := review.running_place():
        main.go(place)
        review.awaiting = True
    elif run is None or review.open_runs.blind:
        main.say(f"all judged: {review.progress()}; s shows the page", keep=True)
    elif run is review.run:
        review.awaiting = True
    else:
        turn_to(main, run)
        _attend(main)


def _attend(main: "MainScreen") -> None:
    """Bring up the next answer where one is awaited."""
    if place := main.review.awaited_place():
        main.move(place, AWAITING_SECONDS)


def _follow(main: "MainScreen", begun: Key | None = None) -> None:
    """Go where the worker is, if one follows it: of several answers at once to the one that goes on longest.

    Args:
        main: the main screen.
        begun: the answer that has just begun. Where another is stayed with, nothing moves.
    """
    review = main.review
    place = review.running_place() if review.following else None
    if place is None:
        return
    slot, index = place
    begins = begun is not None and begun == (slot.image.path, review.questions[index].id)
    if begins or place != (review.slot, review.key_index):
        slow = main.app_context.settings.low_bandwidth
        main.move(place, SLOW_FOLLOW_SECONDS if slow else FOLLOW_SECONDS)


def _ended(main: "MainScreen", run: Run, folder: Path) -> None:
    """Say where the results are, or what went wrong and what to do."""
    main.say("")  # It may have said that the run is stopping.
    if main.review.open_runs.blind:
        main.say("a run has ended and is written")  # Its folder would name its model.
    elif run.error is not UNSET:
        main.say(f"{run.error.message} (w tries again)", "error")
    else:
        answered = sum(result.error is None for result in run.results)
        again = "; w takes it up again" if run.status == "interrupted" else ""
        main.say(
            f"{count(answered, 'answer')}: {shown_path(folder / store.SUMMARY_NAME)} (s shows it) and "
            f"{store.RUN_NAME}{again}",
            keep=True,
        )
    main.run_worker(loading.read_runs(main))
