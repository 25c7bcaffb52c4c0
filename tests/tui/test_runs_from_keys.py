"""Runs started, followed, stopped and resumed by keys, with the real worker and the embedded model."""

import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from fada_tui.core.paths import demo_weights
from fada_tui.store.journal import JOURNAL_NAME
from fada_tui.tui.actions import judging
from fada_tui.tui.main_screen import MainScreen
from fada_tui.tui.state import stepping
from tests.conftest import Program
from tests.held import hold
from tests.tui.dashboard import judge, main_of, make_app, save_run, screen_text, wait_for
from tests.tui.program import slowed

pytestmark = pytest.mark.worker


def runs_in(folder: Path) -> list[dict[str, Any]]:
    """The runs that were written, oldest first."""
    return [json.loads(path.read_text()) for path in sorted(folder.glob("results/*/run.json"))]


def times_of(run: dict[str, Any]) -> dict[tuple[str, str], float]:
    """How long each answer took, by image and question."""
    return {(result["path"], result["question_id"]): result["time"] for result in run["results"]}


def answered_by(main: MainScreen) -> int:
    """How many runs on disk are known to have answered about the current image."""
    review = main.workspace.review
    return len(review.disk_index.answered.get(review.slot.image.path, ())) if review.slot else 0


@pytest.fixture
def held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The dashboard's worker stands still after two answers, until `slowed` lets it go on."""
    as_held = Program(tmp_path)
    hold(as_held, JOURNAL_NAME, 2)
    for name, value in as_held.env.items():
        monkeypatch.setenv(name, value)


async def begin(pilot: Pilot[Any], main: MainScreen) -> None:
    """Set a run up and start it; it may have ended already."""
    control = main.workspace.run_control
    before = control.run_progress.run_id
    await pilot.press("r")
    await wait_for(pilot, lambda: re.search(r"\d questions? = \d+ answers?", screen_text(pilot.app)))
    await pilot.press("r")
    await wait_for(pilot, lambda: control.queue.busy or control.run_progress.run_id != before)


async def test_a_run_of_marked_images_is_told_and_its_first_answer_stays(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with app.run_test(size=(120, 36)) as pilot:
        main = main_of(app)
        await wait_for(pilot, lambda: "Press r to ask fada-demo" in screen_text(app))
        await pilot.press("space", "j", "j", "space")
        await begin(pilot, main)
        await wait_for(pilot, lambda: main.workspace.review.run)
        assert "0 of 2 judged" in screen_text(app) and not main.workspace.review.following
        await wait_for(pilot, lambda: "tokens/s" in screen_text(app))
        await wait_for(pilot, lambda: "2 answers:" in screen_text(app))
        await wait_for(pilot, lambda: "ended fada-demo: complete" in screen_text(app))
        await wait_for(pilot, lambda: "summary.md" in "".join(screen_text(app).split()))
        assert (
            main.workspace.review.slot and main.workspace.review.slot.image.path == "Abdomen/Abdomen_001.png"
        )
        await pilot.press("f")
        await wait_for(pilot, lambda: "nothing runs that could be followed" in screen_text(app))
    (run,) = runs_in(tmp_path)
    assert [result["path"] for result in run["results"]] == [
        "Abdomen/Abdomen_001.png",
        "Abdomen/Abdomen_004.png",
    ]
    assert run["status"] == "complete"


async def test_a_stopped_run_is_resumable_and_only_what_is_missing_is_made(
    tmp_path: Path, held: None
) -> None:
    app = make_app(tmp_path, questions="demo")
    async with app.run_test(size=(120, 36)) as pilot:
        main = main_of(app)
        await wait_for(pilot, lambda: "Press r to ask fada-demo" in screen_text(app))
        await begin(pilot, main)
        await wait_for(
            pilot, lambda: main.workspace.review.run and main.workspace.review.run.counts()[1] >= 1
        )
        with slowed(os.getpid()):
            await pilot.press("x")
            await wait_for(pilot, lambda: not main.workspace.run_control.queue.busy)
        await wait_for(pilot, lambda: "w resumes it" in " ".join(screen_text(app).split()))
        (before,) = runs_in(tmp_path)
        assert before["status"] == "interrupted" and 1 <= len(before["results"]) < 120
        await judge(pilot, main, "1", 1)
        await pilot.press("w")
        await wait_for(pilot, lambda: "120 answers:" in screen_text(app))
        await pilot.press("q")
        await wait_for(pilot, lambda: app._exit)
    (after,) = runs_in(tmp_path)
    assert after["status"] == "complete" and len(after["results"]) == 120
    kept = times_of(before)
    assert kept.items() <= times_of(after).items()
    assert sum(len(result["assessments"]) for result in after["results"]) == 1


async def test_two_models_queue_up_and_stand_side_by_side(tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(demo_weights(), other)
    app = make_app(tmp_path, model=("fada-demo", str(other)), limit=1)
    async with app.run_test(size=(120, 36)) as pilot:
        main = main_of(app)
        await wait_for(pilot, lambda: "Press r to ask fada-demo" in screen_text(app))
        await begin(pilot, main)
        await wait_for(
            pilot, lambda: len(runs_in(tmp_path)) == 2 and not main.workspace.run_control.queue.busy
        )
        assert [run["model"]["name"] for run in runs_in(tmp_path)] == ["fada-demo", "other"]
        await wait_for(pilot, lambda: answered_by(main) == 2)
        await pilot.press("m")
        await wait_for(pilot, lambda: app.screen is not main)
        await wait_for(pilot, lambda: "fada-demo" in screen_text(app) and "other" in screen_text(app))


async def test_moving_by_hand_ends_following_and_f_begins_it(tmp_path: Path, held: None) -> None:
    app = make_app(tmp_path, questions="demo")
    async with app.run_test(size=(120, 36)) as pilot:
        main = main_of(app)
        await wait_for(pilot, lambda: "Press r to ask fada-demo" in screen_text(app))
        await begin(pilot, main)
        first = await wait_for(pilot, lambda: main.workspace.review.run and main.workspace.review.slot)
        await wait_for(pilot, lambda: main.workspace.review.run.counts()[1])
        with slowed(os.getpid()):
            await pilot.press("f")
            await wait_for(pilot, lambda: main.workspace.review.slot != first)
            assert "following" in screen_text(app)
            await pilot.press("v", "shift+tab", "g")  # A category's row, which is no image, but moving too.
            await wait_for(pilot, lambda: "following" not in screen_text(app))
            await pilot.press("j")
            await wait_for(pilot, lambda: main.workspace.review.slot == first)
            made = main.workspace.review.run.counts()[1]
            await wait_for(
                pilot, lambda: main.workspace.review.run and main.workspace.review.run.counts()[1] >= made + 2
            )
            assert main.workspace.review.slot == first
            await pilot.press("f")
            await wait_for(
                pilot, lambda: "following" in screen_text(app) and main.workspace.review.slot != first
            )
            await pilot.press("x", "x")
        await wait_for(pilot, lambda: not main.workspace.run_control.queue.busy)


async def test_a_verdict_right_after_the_screen_moved_by_itself_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_run(tmp_path)
    app = make_app(tmp_path)
    async with app.run_test(size=(120, 36)) as pilot:
        main = main_of(app)
        await wait_for(pilot, lambda: main.workspace.review.run)
        place = stepping.next_place(main.workspace.review, 1)
        assert place
        with monkeypatch.context() as longer:
            longer.setattr(judging, "GUARD_SECONDS", 600.0)
            main.workspace.move(place, 0)
            await pilot.press("1")
            await wait_for(pilot, lambda: "look, then judge" in screen_text(app))
            assert main.workspace.review.progress().judged == 0
        await wait_for(pilot, lambda: main.seconds_in_sight > judging.GUARD_SECONDS)
        await pilot.press("1")
        await wait_for(pilot, lambda: main.workspace.review.progress().judged == 1)
