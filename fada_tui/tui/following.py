"""What the main screen makes of the events of a run."""

from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import UNSET

from fada_tui.events import (
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
from fada_tui.store import folder as store
from fada_tui.tui import opening
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
            if review.following and (place := review.place_of(main.running.live.run_id or "", *item.key)):
                main.follow(place)
            main.draw_soon()
        case AnswerText():
            main.draw_answer_soon()
        case AnswerFinished():
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


def _ended(main: "MainScreen", run: Run, folder: Path) -> None:
    """Say where the results are, or what went wrong and what to do."""
    if main.review.desk.blind:
        main.say("a run has ended and is written")  # Its folder would name its model.
    elif run.error is not UNSET:
        main.say(f"{run.error.message} (w tries again)", "error")
    else:
        answered = sum(result.error is None for result in run.results)
        again = "; w takes it up again" if run.status == "interrupted" else ""
        main.say(
            f"{answered} answers: {shown_path(folder / store.SUMMARY_NAME)} (s shows it) and "
            f"{store.RUN_NAME}{again}",
            keep=True,
        )
    main.run_worker(opening.read_runs(main))
