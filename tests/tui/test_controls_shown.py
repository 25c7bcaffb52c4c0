"""Control pictures on the screen: the run bar says what the worker is at, and nothing else shows them."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from fada_tui.core.control import PICTURES, path_of
from fada_tui.core.protocol import Item
from fada_tui.core.records import ModelFacts
from fada_tui.runs.events import (
    AnswerFinished,
    AnswerStarted,
    ControlStarted,
    ModelReady,
    RunEnded,
    RunStarted,
)
from fada_tui.tui.state.open_runs import OpenRun
from fada_tui.tui.state.run_progress import RunProgress
from tests.endpoint_server import Asked, Behaviour, hang, serving, stream
from tests.examples import result, run
from tests.tui.dashboard import main_of, make_app, screen_text, wait_for
from tests.tui.test_runs_from_keys import begin


def item(path: str) -> Item:
    category, _, image = path.partition("/")
    return Item(path=path, image=image, category=category, question_id="q1", question="?")


def test_the_run_bar_counts_the_answers_about_images_alone() -> None:
    run_progress = RunProgress()
    run_progress.take(RunStarted(run(), Path(), 2, 2, controls=3))
    run_progress.take(ModelReady(ModelFacts(name="tiny"), (), 2, 2))
    for number, path in enumerate(("A/a.png", "A/b.png"), start=1):
        run_progress.take(AnswerStarted(item(path)))
        run_progress.take(AnswerFinished(result(path), number, 0, 2))
    run_progress.take(ControlStarted(item(path_of("grey")), 2, 3))
    view = run_progress.view(0, hidden=False)
    assert (view.state, view.done, view.total, view.at) == ("running", 2, 2, "control pictures 2 of 3")
    assert view.remaining is None and view.errors == 0
    run_progress.take(RunEnded(run(), Path()))
    assert run_progress.view(0, hidden=False).at == ""


def test_no_list_and_no_count_has_them() -> None:
    made = replace(run(), controls=tuple(result(path_of(picture)) for picture in PICTURES))
    opened = OpenRun(Path(), replace(made, results=(result("A/a.png"),)), None)
    assert opened.counts() == (0, 1, 0)
    assert [image.category for image in opened.planned_images()] == ["A", "A", "B"]


@pytest.mark.worker
async def test_a_run_of_the_dashboard_asks_about_them_and_says_so(tmp_path: Path) -> None:
    held = True

    def behave(asked: Asked) -> Behaviour:
        return hang() if held and len(server.asked) == 3 else stream()

    with serving(behave) as server:
        app = make_app(
            tmp_path, model=(server.source,), limit=1, question=("Plane?",), control=True, concurrency=1
        )
        async with app.run_test(size=(140, 40)) as pilot:
            main = main_of(app)
            await wait_for(pilot, lambda: "Press r to ask" in screen_text(app))
            await begin(pilot, main)
            await wait_for(pilot, lambda: "control pictures 2 of 3" in screen_text(app))
            assert "control/" not in screen_text(app) and "1/1" in screen_text(app)
            opened = main.workspace.review.run
            assert opened and opened.counts() == (0, 1, 0) and not opened.in_flight
            await pilot.press("x", "x")
            await wait_for(pilot, lambda: not main.workspace.run_control.queue.busy)
            assert opened.run.status == "interrupted" and len(opened.run.controls or ()) == 1
            held = False
            await pilot.press("w")
            await wait_for(pilot, lambda: opened.run.status == "complete")
            assert len(opened.run.controls or ()) == 3
