"""How answers that were made together look on the screen."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from msgspec.structs import replace

from fada_tui.core.protocol import Item
from fada_tui.core.records import ModelFacts, Question, Result, Timing
from fada_tui.report.comparison import compared
from fada_tui.report.figures import figures
from fada_tui.runs.events import AnswerFinished, AnswerStarted, ModelReady, RunStarted, WorkerRestarted
from fada_tui.tui.present.runs import compared_row, run_row
from fada_tui.tui.state import run_progress as progress_of_runs
from fada_tui.tui.state.open_runs import OpenRun, OpenRuns
from fada_tui.tui.state.review import Review
from fada_tui.tui.state.run_progress import RunProgress
from fada_tui.tui.state.run_scan import Found
from fada_tui.tui.state.views import AnswerView
from fada_tui.tui.widgets.answer import figures_line
from tests.examples import result, run

QUESTIONS = (Question(id="q1", text="text of q1"), Question(id="q2", text="text of q2"))


def answer(question: str, path: str = "A/a.png") -> Result:
    return result(path, question, time=4.0, timing=Timing(generate=4.0, share=0.5), batch_size=8)


def item(number: int) -> Item:
    return Item(path=f"A/{number}.png", image=f"{number}.png", category="A", question_id="q1", question="?")


def test_an_image_shows_what_its_answers_took_of_the_run() -> None:
    """Two questions in one batch are not two times the wait for it."""
    made = replace(run(questions=QUESTIONS), results=(answer("q1"), answer("q2")))
    assert OpenRun(Path(), made, None).mark("A/a.png").time == 1.0


def test_the_answer_names_its_batch() -> None:
    made = run(results=(answer("q1"), result("A/b.png", time=2.0)))
    review = Review(OpenRuns(None), ())
    opened = review.open_runs.open(Path(), made)
    review.open_runs.current = opened.id
    assert figures_line(review.view_of(opened, ("A/a.png", "q1"))) == (
        "4.00 s  ·  ended by itself  ·  batch of 8"
    )
    assert "batch" not in figures_line(review.view_of(opened, ("A/b.png", "q1")))
    assert figures_line(AnswerView(time=2.0)) == "2.00 s"


def test_rows_of_runs_mark_times_that_are_shares() -> None:
    made = replace(run(results=(answer("q1"),)), status="complete")
    found = Found(Path("r"), made)
    row, beside = run_row(found, None, ()), compared_row(found, compared(made))
    assert (row.per_answer, beside.cells["time_per_answer"]) == ("*0.50 s", "*0.50 s")
    assert beside.order["time_per_answer"] == 0.5
    assert "* in batches of 8" in row.detail and "* in batches of 8" in beside.detail
    alone = run_row(Found(Path("r"), run(results=(result(time=2.0),))), None, ())
    assert alone.per_answer == "2.00 s" and "batches" not in alone.detail
    assert figures(made).mean_time == 4.0


def test_the_run_bar_goes_by_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four answers of 4 s each that are made together take 0.4 s of it."""
    clock = SimpleNamespace(monotonic=lambda: 100.0)
    monkeypatch.setattr(progress_of_runs, "time", clock)
    run_progress = RunProgress()
    run_progress.take(RunStarted(run(), Path(), 8, 8))
    run_progress.take(ModelReady(ModelFacts(name="tiny"), (), 8, 8))
    for number in range(4):
        run_progress.take(AnswerStarted(item(number)))
    clock.monotonic = lambda: 100.4
    for number in range(3):
        run_progress.take(AnswerFinished(answer("q1", f"A/{number}.png"), number + 1, 0, 8))
    half = run_progress.view(0, hidden=False)
    assert (half.done, half.mean, half.remaining) == (3, None, None)
    run_progress.take(AnswerFinished(answer("q1", "A/3.png"), 4, 0, 8))
    view = run_progress.view(0, hidden=False)
    assert view.mean == pytest.approx(0.1) and view.remaining == pytest.approx(0.4)
    run_progress.take(AnswerStarted(item(4)))
    run_progress.take(WorkerRestarted("lost"))
    assert run_progress.view(0, hidden=False).mean == view.mean
    assert view.mean and run_progress.view(0, hidden=True).mean is None, "it may tell the model"
