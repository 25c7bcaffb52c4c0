"""What the main screen makes of the events of a run."""

from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import UNSET

from fada_tui.events import (
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
from fada_tui.records import Run
from fada_tui.report.units import count
from fada_tui.store import folder as store
from fada_tui.tui import opening
from fada_tui.tui.desk import Key
from fada_tui.tui.wording import shown_path

if TYPE_CHECKING:
    from fada_tui.tui.screens.main import MainScreen


def take(main: "MainScreen", event: SessionEvent) -> None:
    """Show an event; the desk has it already."""
    review = main.review
    match event:
        case RunStarted(run=run):
            # A person in the middle of blind judging is not interrupted by the next run of the queue.
            if not review.desk.blind:
                review.following = True
                review.choose_run(review.desk.runs[run.id])
                main.show_images()
                main.show_answer()
            main.say("")
            main.run_worker(opening.read_runs(main))
        case AnswerStarted(item=item):
            _follow(main, item.key)
            main.draw_soon()
        case AnswerText() | AnswerBegunAgain():
            # Those that begin together leave no later moment to go to one of them.
            if len(review.desk.runs[main.running.live.run_id or ""].in_flight) > 1:
                _follow(main)
            main.draw_answer_soon()
        case AnswerFinished():
            _follow(main)
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
    if not review.desk.running:
        main.say("nothing runs that could be followed")
        return
    follow = not review.following
    if follow and (place := review.running_place()):
        main.go(place)
    review.following = follow
    main.draw()


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
        main.follow(place)


def _ended(main: "MainScreen", run: Run, folder: Path) -> None:
    """Say where the results are, or what went wrong and what to do."""
    main.say("")  # It may have said that the run is stopping.
    if main.review.desk.blind:
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
    main.run_worker(opening.read_runs(main))
