"""A dashboard beside `fada-tui --batch`: its run is followed live, judged, stopped and resumed."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot

from fada_tui.store.folder import read_run
from fada_tui.store.journal import JOURNAL_NAME
from fada_tui.tui.main_screen import MainScreen
from fada_tui.tui.screens.confirm import ConfirmScreen
from tests.conftest import Program, kill_everything
from tests.endpoint_server import serving
from tests.held import held_worker, hold
from tests.tui.dashboard import assessments_of, judge, main_of, make_app, screen_text, wait_for
from tests.tui.test_endpoint_dashboard import NAMES, Stage
from tests.tui.test_staying import looked_at, shows

pytestmark = [pytest.mark.worker, pytest.mark.long]


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("fada_tui.tui.actions.following.LOOK_SECONDS", 0.05)
    monkeypatch.setattr("fada_tui.tui.actions.following.SEARCH_SECONDS", 0.1)
    yield


def answers(main: MainScreen) -> int:
    run = main.workspace.review.run
    return run.counts()[1] if run else 0


async def stops(pilot: Pilot[object], main: MainScreen, yes: str) -> None:
    """Press x, and answer whether the run of another program is to be stopped."""
    await pilot.press("x")
    await wait_for(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
    assert "another program" in screen_text(pilot.app)
    await pilot.press(yes)
    await wait_for(pilot, lambda: pilot.app.screen is main)


async def test_a_batch_is_judged_live_to_its_end_and_its_page_has_the_verdicts(
    tmp_path: Path, program: Program
) -> None:
    app = make_app(tmp_path, images=None)
    async with app.run_test(size=(140, 40)) as pilot:
        main = main_of(app)
        await wait_for(pilot, lambda: "Press r to ask" in screen_text(app))
        hold(program, JOURNAL_NAME, 1)  # it goes on once it was seen
        batch = program.start("--batch", "--limit", "5", "--results", tmp_path / "results")
        followed = await wait_for(pilot, lambda: main.workspace.followed)
        assert followed.following.maker.pid == batch.pid
        await wait_for(pilot, lambda: main.workspace.review.run)
        await wait_for(pilot, lambda: f"another program ({batch.pid})" in screen_text(app))
        held_worker(batch).resume()
        for judged in range(1, 6):
            await wait_for(pilot, lambda: main.workspace.review.to_judge)
            await judge(pilot, main, "1", judged)
        await wait_for(pilot, lambda: batch.poll() is not None)
        await wait_for(pilot, lambda: not main.workspace.open_runs.running)
        await wait_for(
            pilot, lambda: not followed.workers and "ended fada-demo: complete" in screen_text(app)
        )
        assert "5 of 5 judged" in screen_text(app)
        run = main.workspace.review.run
        assert run
        assert run.folder == followed.folder
        assert [assessed for assessed in assessments_of(run.folder).values() if len(assessed) != 1] == []
        await pilot.press("s")
        await wait_for(pilot, lambda: "5 correct" in screen_text(app) or "100" in screen_text(app))
    assert len(assessments_of(followed.folder)) == 5
    assert not (followed.folder / "journal.jsonl").exists()
    assert "ada" in (followed.folder / "summary.md").read_text()


async def test_a_killed_batch_is_interrupted_one_is_stopped_and_then_resumed_here(
    tmp_path: Path, program: Program
) -> None:
    stage = Stage()
    one, two, three, four = NAMES
    with serving(stage) as server:
        asked = ("--batch", "--results", str(tmp_path / "results"), "--model", server.source)
        choice = ("--category", "Abdomen", "--concurrency", "1", "--question", "Plane?")
        batch = program.start(*asked, *choice)
        stage.say(one, 3)
        app = make_app(tmp_path)
        async with app.run_test(size=(140, 40)) as pilot:
            main = main_of(app)
            await wait_for(pilot, lambda: len(server.asked) == 2)
            await shows(pilot, main, one)
            await wait_for(pilot, lambda: "1 of 4 judged" in screen_text(app) or answers(main) == 1)
            await judge(pilot, main, "1", 1)
            await wait_for(pilot, lambda: "the next answer comes up by itself" in screen_text(app))
            stage.say(two, 3)
            await shows(pilot, main, two)
            await pilot.press("w")
            await wait_for(pilot, lambda: f"going on (another program ({batch.pid}))" in screen_text(app))

            kill_everything(batch)
            await wait_for(pilot, lambda: "ended without finishing it; 2 answers" in screen_text(app))
            run = main.workspace.review.run
            assert run
            assert not run.running
            assert read_run(run.folder).status == "interrupted"

            again = program.start("--batch", "--resume", run.folder)
            await wait_for(pilot, lambda: run.running and run.maker == f"another program ({again.pid})")
            assert looked_at(main) == two
            await wait_for(pilot, lambda: len(server.asked) == 4)
            await stops(pilot, main, "n")
            await wait_for(pilot, lambda: "nothing was stopped" in screen_text(app))
            await stops(pilot, main, "y")
            await wait_for(pilot, lambda: "asked to stop after the image at hand" in screen_text(app))
            await pilot.press("x")
            await wait_for(pilot, lambda: again.poll() is not None)
            assert again.returncode == 130
            assert "another program" in again.communicate()[1]
            await wait_for(pilot, lambda: not run.running and "w resumes it" in screen_text(app))
            assert run.counts() == (1, 2, 0)

            await pilot.press("w")
            stage.say(three, 3)
            stage.say(four, 3)
            await wait_for(pilot, lambda: run.counts() == (1, 4, 0) and not run.running)
            assert main.workspace.followed is None, "one's own is shown"
            await judge(pilot, main, "2", 2)
    found = read_run(run.folder)
    assert (found.status, len(found.results)) == ("complete", 4)
    assert sum(bool(result.assessments) for result in found.results) == 2
