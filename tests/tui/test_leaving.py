"""Leaving while runs go on or wait: what is asked, and what becomes of them."""

import asyncio
import os
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.pilot import Pilot

from fada_tui.config.settings import Settings
from fada_tui.core.errors import StoreError
from fada_tui.models.registry import SHIPPED, load_registry
from fada_tui.runs.handover import HandedOver
from fada_tui.runs.planning import jobs
from fada_tui.runs.queued_run import write_down
from fada_tui.runs.run_queue import Written
from fada_tui.store.folder import folders
from fada_tui.store.queue_file import LOG_NAME, read_queue
from fada_tui.tui.app import FadaApp
from fada_tui.tui.present.leaving import Situation, question
from fada_tui.tui.screens.confirm import ConfirmScreen
from fada_tui.tui.screens.leave import LeaveScreen
from fada_tui.tui.screens.zoom import ZoomScreen
from fada_tui.tui.state import leaving
from tests.conftest import LONG_ENOUGH
from tests.queued import Standins
from tests.tui.dashboard import main_of, make_app, save_run, screen_text, wait_for
from tests.tui.stage import Stage, lines_of
from tests.tui.test_workspace import begun


@pytest.mark.parametrize(
    ("now", "asked", "first", "what_waits"),
    [
        (Situation(busy=True), "A run goes on. Leave it running?", "go_on", ""),
        (Situation(busy=True, waiting=1), "A run goes on, and 1 waits. Leave them running?", "go_on", "kept"),
        (
            Situation(busy=True, waiting=2, kept=2),
            "A run goes on, and 2 wait. Leave it running?",
            "go_on",
            "kept",
        ),
        (Situation(busy=True, stopping=True), "The run is stopping. Leave?", "stop", ""),
        (Situation(waiting=1, kept=1), "1 run waits in the queue. Leave?", "stop", "let it wait"),
    ],
)
def test_what_is_likeliest_and_loses_nothing_is_given_by_enter(
    now: Situation, asked: str, first: str, what_waits: str
) -> None:
    found = question(now)
    assert found and (found.question, found.focused) == (asked, first)
    assert set(found.answers) == {"go_on", "stop", "stay"}
    assert what_waits in found.answers["stop"]
    assert all(len(answer) <= 54 for answer in found.answers.values()), "each on one line of 80 columns"


def test_nothing_is_asked_where_nothing_would_be_lost_and_what_comes_first_is_told() -> None:
    assert question(Situation()) is None
    found = question(Situation(busy=True, ahead=2, waiting=1, kept=1))
    assert found and "2 runs go on so already, and come first." in found.detail
    assert "1 run that is kept waits on: Q starts it." in found.detail
    left_before = question(Situation(waiting=1, before=2))
    assert left_before and left_before.detail.endswith("2 runs that were left before wait on.")


async def test_a_screen_opened_right_after_q_is_left_before_q_leaves(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await wait_for(pilot, lambda: main_of(app).workspace.review.image)
        main_of(app).action_quit()
        main_of(app).action_door("zoom")  # in the same moment: what `q` began has not begun to work
        await wait_for(pilot, lambda: isinstance(app.screen, ZoomScreen))
        await pilot.press("escape")
        await wait_for(pilot, lambda: app.screen is main_of(app))
        await pilot.press("q")
        await wait_for(pilot, lambda: not app.is_running)


@pytest.mark.parametrize(
    ("keys", "answer"),
    [
        (["enter"], "go_on"),
        (["g"], "go_on"),
        (["down", "enter"], "stop"),
        (["s"], "stop"),
        (["escape"], None),
    ],
)
async def test_it_is_answered_by_a_key_on_a_small_terminal(keys: list[str], answer: str | None) -> None:
    asked = question(Situation(busy=True, waiting=12, kept=3, ahead=2))
    assert asked
    app = Stage(screen=LeaveScreen(asked))  # type: ignore[arg-type]
    async with app.shown(60, 15) as pilot:
        await pilot.pause()
        text = "\n".join(lines_of(app))
        assert "12 wait" in text and "g Go on" in text and "Stay" in text
        await pilot.press(*keys)
        await pilot.pause()
        assert app.returned == answer


async def test_a_hang_up_hands_nothing_over_unless_that_was_said(tmp_path: Path) -> None:
    workspace, _ = await begun(tmp_path)
    assert workspace.leaving.at_hang_up() is None


async def test_whatever_goes_wrong_is_told_to_who_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise RuntimeError("no one expected this")

    monkeypatch.setattr(leaving, "hand_over", fails)
    workspace, _ = await begun(tmp_path)
    workspace.app_context.results.mkdir(exist_ok=True)
    handing = workspace.leaving.hand_over(begun=True)
    assert "no one expected this" in str(handing.exception(LONG_ENOUGH))
    logged = (workspace.app_context.results / LOG_NAME).read_text()
    assert f"process {os.getpid()} could not leave its runs running: no one expected this" in logged


async def test_nothing_is_stopped_before_it_is_handed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace, view = await begun(tmp_path)
    handing: Future[HandedOver] = Future()
    done: list[bool] = []

    async def close(_: float) -> bool:
        done.append(handing.done())
        return True

    monkeypatch.setattr(workspace.run_control.queue, "close", close)
    leaving = asyncio.create_task(workspace.leave(handing=handing))
    for _ in range(9):
        await asyncio.sleep(0)
    handing.set_result(HandedOver())
    await leaving
    assert done == [True] and view.left == 0


class Bench:
    """A dashboard whose queue has runs that can be written down; sessions are stand-ins."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        save_run(folder)
        self.results = folder / "results"
        self.app: FadaApp = make_app(folder)
        self.standins = Standins()
        self.fails: str | None = None
        registry = load_registry(folder / "models.toml", SHIPPED)
        (self.job,), _ = jobs(Settings(limit=2, questions="demo"), registry, None)
        monkeypatch.setattr(leaving, "launch", self._launch)

    def _launch(self, *_: object) -> int:
        if self.fails:
            raise StoreError(self.fails)
        return 4711

    def _write(self, name: str) -> Written:
        folder = self.results / write_down(self.job, self.results)
        return Written(folder, partial(self.standins.make, f"{name} from disk"))

    def add(self, *names: str) -> None:
        """Have runs in the queue."""
        queue = main_of(self.app).workspace.run_control.queue
        for name in names:
            queue.add(partial(self.standins.make, name), name, write=partial(self._write, name))

    @property
    def runs(self) -> int:
        """How many runs there are on disk, beside the one that was there."""
        return len(list(folders(self.results))) - 1


def running(app: App[Any]) -> AbstractAsyncContextManager[Pilot[object]]:
    return app.run_test(size=(80, 24))


@pytest.mark.long
async def test_a_launch_that_fails_changes_nothing_and_one_that_does_not_leaves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(tmp_path, monkeypatch)
    async with running(bench.app) as pilot:
        await wait_for(pilot, lambda: main_of(bench.app).workspace.review.run)
        bench.add("first", "second", "third")
        queue = main_of(bench.app).workspace.run_control.queue
        await wait_for(pilot, lambda: bench.standins.began == ["first"])
        bench.fails = "no more processes"
        await pilot.press("q")
        await wait_for(pilot, lambda: isinstance(bench.app.screen, LeaveScreen))
        await pilot.press("enter")
        await wait_for(pilot, lambda: "nothing goes on without a screen: no more" in screen_text(bench.app))
        assert (queue.waiting, bench.runs, read_queue(bench.results)) == (("second", "third"), 0, ())
        assert queue.busy and not bench.standins.stopped
        bench.standins.end("first")
        await wait_for(pilot, lambda: bench.standins.began == ["first", "second"])

        bench.fails = None
        await pilot.press("q")
        await wait_for(pilot, lambda: isinstance(bench.app.screen, LeaveScreen))
        await pilot.press("g")
        await wait_for(pilot, lambda: bench.app.return_value == 0)
    given = read_queue(bench.results)
    assert [one.kept for one in given] == [False, False] and bench.runs == 1
    assert (given[0].run, bench.standins.stopped) == ("nowhere", ["second"])
    told = "2 runs go on without a screen, in process 4711"
    assert bench.app.farewell.startswith(told) and str(bench.results) in bench.app.farewell


@pytest.mark.long
async def test_what_waits_is_kept_where_what_runs_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(tmp_path, monkeypatch)
    async with running(bench.app) as pilot:
        await wait_for(pilot, lambda: main_of(bench.app).workspace.review.run)
        bench.add("first", "second")
        await wait_for(pilot, lambda: bench.standins.began == ["first"])
        await pilot.press("q", "escape")
        await wait_for(pilot, lambda: not isinstance(bench.app.screen, LeaveScreen))
        (bench.results / "queue.json").write_text("no queue", encoding="utf-8")
        await pilot.press("q", "s")
        await wait_for(pilot, lambda: isinstance(bench.app.screen, ConfirmScreen))
        await wait_for(pilot, lambda: "Not kept:" in screen_text(bench.app))
        assert "is damaged" in screen_text(bench.app) and "second." in screen_text(bench.app)
        await pilot.press("n")
        (bench.results / "queue.json").unlink()
        await pilot.press("q", "s")
        await wait_for(pilot, lambda: bench.app.return_value == 0)
    (kept,) = read_queue(bench.results)
    assert kept.kept and bench.runs == 1 and bench.standins.stopped == ["first"]
    assert bench.app.farewell == "1 run waits in the queue: Q in fada-tui starts it"
