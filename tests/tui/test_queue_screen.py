"""The queue on its screen: moved, dropped, kept on a stop, started again; and what is asked meanwhile."""

from functools import partial
from pathlib import Path

import pytest
from msgspec.structs import replace

from fada_tui.config.settings import Settings
from fada_tui.models.registry import SHIPPED, load_registry
from fada_tui.runs.planning import jobs
from fada_tui.runs.run_queue import Extent, RunQueue
from fada_tui.store.folder import read_run, write_run
from fada_tui.tui.app import FadaApp
from fada_tui.tui.screens.confirm import ConfirmScreen
from fada_tui.tui.screens.queue import QueueScreen
from fada_tui.tui.screens.stop import StopScreen
from fada_tui.tui.state.disk_index import read_disk_index
from fada_tui.tui.state.queued import extent_of
from fada_tui.tui.state.views import RunView
from fada_tui.tui.widgets.runbar import figures
from fada_tui.tui.widgets.sheet import Sheet
from tests.queued import Standins
from tests.tui.dashboard import has_read, main_of, make_app, save_run, screen_text, wait_for
from tests.tui.stage import Stage, lines_of


def queue_of(app: FadaApp, standins: Standins, *names: str) -> RunQueue:
    queue = main_of(app).workspace.run_control.queue
    for number, name in enumerate(names, start=1):
        queue.add(partial(standins.make, name), name, Extent(number, 2, 2 * number, 60.0 * number))
    return queue


@pytest.mark.long
async def test_what_waits_is_moved_dropped_kept_on_a_stop_and_started_again(tmp_path: Path) -> None:
    app, standins = make_app(tmp_path), Standins()
    async with app.run_test(size=(80, 24)) as pilot:
        await wait_for(pilot, lambda: has_read(app))
        queue = queue_of(app, standins, "first", "second", "third", "fourth")
        await wait_for(pilot, lambda: standins.began == ["first"])
        await pilot.press("Q")
        await wait_for(pilot, lambda: isinstance(app.screen, QueueScreen))
        await wait_for(pilot, lambda: "Queue · 3 runs wait · 18 answers · about 9 min" in screen_text(app))
        assert "second" in screen_text(app) and "next" in screen_text(app)

        await pilot.press("J")
        assert queue.waiting == ("third", "second", "fourth")
        assert app.screen.query_one(Sheet).cursor == 1, "the cursor goes with its run"
        await pilot.press("G", "K")
        assert queue.waiting == ("third", "fourth", "second")

        await pilot.press("d")
        await wait_for(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        assert "Drop fourth from the queue?" in screen_text(app)
        await pilot.press("n")
        await wait_for(pilot, lambda: isinstance(app.screen, QueueScreen))
        assert queue.waiting == ("third", "fourth", "second")
        await pilot.press("d", "y")
        await wait_for(pilot, lambda: queue.waiting == ("third", "second"))

        await pilot.press("x")
        await wait_for(pilot, lambda: isinstance(app.screen, StopScreen))
        assert "Stop, and go on with third" in screen_text(app)
        await pilot.press("n")
        await wait_for(pilot, lambda: "nothing was stopped" in screen_text(app))
        assert not standins.stopped and queue.kept == 0

        await pilot.press("x", "enter")
        await wait_for(pilot, lambda: standins.stopped == ["first"] and not queue.busy)
        await wait_for(pilot, lambda: screen_text(app).count("kept") == 2)
        assert (queue.waiting, queue.kept) == (("third", "second"), 2)

        await pilot.press("escape", "q")
        await wait_for(pilot, lambda: "2 runs wait in the queue. Leave?" in screen_text(app))
        await pilot.press("n", "Q", "w")
        await wait_for(pilot, lambda: standins.began == ["first", "third"])
        await wait_for(pilot, lambda: "1 run waits" in screen_text(app))
        assert queue.kept == 0


@pytest.mark.parametrize(
    ("key", "began", "waiting"), [("g", ["first", "second"], ("third",)), ("d", ["first"], ())]
)
async def test_a_stop_goes_on_with_the_next_or_drops_what_waits(
    tmp_path: Path, key: str, began: list[str], waiting: tuple[str, ...]
) -> None:
    app, standins = make_app(tmp_path), Standins()
    async with app.run_test(size=(80, 24)) as pilot:
        queue = queue_of(app, standins, "first", "second", "third")
        await wait_for(pilot, lambda: standins.began == ["first"])
        await pilot.press("x", key)
        await wait_for(pilot, lambda: standins.stopped == ["first"] and standins.began == began)
        assert queue.waiting == waiting


async def test_a_run_that_ends_while_it_is_asked_is_not_mistaken_for_the_next(tmp_path: Path) -> None:
    app, standins = make_app(tmp_path), Standins()
    async with app.run_test(size=(80, 24)) as pilot:
        await wait_for(pilot, lambda: has_read(app))
        queue = queue_of(app, standins, "first", "second", "third")
        await wait_for(pilot, lambda: standins.began == ["first"])
        await pilot.press("x")
        await wait_for(pilot, lambda: isinstance(app.screen, StopScreen))
        standins.end("first")
        await wait_for(pilot, lambda: queue.label == "second" and queue.current is not None)
        await pilot.press("g")
        await wait_for(pilot, lambda: "has ended meanwhile" in screen_text(app))
        assert not standins.stopped and queue.waiting == ("third",)


@pytest.mark.long
async def test_blind_mode_names_no_run(tmp_path: Path) -> None:
    save_run(tmp_path)
    app, standins = make_app(tmp_path), Standins()
    async with app.run_test(size=(120, 36)) as pilot:
        await wait_for(pilot, lambda: main_of(app).workspace.review.run)
        await pilot.press("b")
        await wait_for(pilot, lambda: main_of(app).workspace.open_runs.blind)
        queue_of(app, standins, "first", "second", "third")
        await wait_for(pilot, lambda: standins.began == ["first"])
        await pilot.press("Q")
        await wait_for(pilot, lambda: screen_text(app).count("(hidden)") == 2)
        for keys, told in ((("x",), "Stop, and go on with the next one"), (("n", "d"), "Drop this run")):
            await pilot.press(*keys)
            await wait_for(pilot, lambda told=told: told in screen_text(app))
            assert not any(name in screen_text(app) for name in ("first", "second", "third"))
        await pilot.press("n", "escape", "q")
        await wait_for(pilot, lambda: "A run goes on, and 2 wait." in screen_text(app))
        assert not any(name in screen_text(app) for name in ("first", "second", "third"))


@pytest.mark.parametrize(
    ("keys", "answer"),
    [
        (["enter"], "keep"), (["s"], "keep"), (["y"], "keep"), (["down", "enter"], "next"), (["g"], "next"),
        (["up", "enter"], "drop"), (["d"], "drop"), (["escape"], None), (["n"], None), (["q"], None),
    ],
)  # fmt: skip
async def test_what_waits_is_decided_by_a_key(keys: list[str], answer: str | None) -> None:
    hostile = "[b]bold[/b] \x1b[31m"
    app = Stage(screen=StopScreen("Stop the run?", hostile, hostile, 3))  # type: ignore[arg-type]
    async with app.shown(60, 15) as pilot:
        await pilot.pause()
        text = "\n".join(lines_of(app))
        assert "[b]bold[/b]" in text and "\x1b" not in text and "Don't stop" in text
        await pilot.press(*keys)
        await pilot.pause()
        assert app.returned == answer


def test_the_run_bar_says_how_many_wait_and_where_those_are_that_do_not_start_by_themselves() -> None:
    running = RunView(state="running", done=1, total=4, waiting=3, kept=1)
    assert figures(running)[-1] == "3 wait"
    assert figures(RunView(state="ended", done=1, total=4, waiting=2, kept=2))[:2] == ["2 wait (Q)", "1/4"]
    assert figures(RunView(state="ended", waiting=1, kept=1)) == ["1 waits (Q)"]
    assert figures(RunView(state="ended", done=4, total=4)) == ["4/4"]


def test_a_queued_run_s_time_is_told_by_earlier_runs_of_its_model(tmp_path: Path) -> None:
    registry = load_registry(tmp_path / "models.toml", SHIPPED)
    settings = Settings(questions="demo", limit=4)
    (job,), _ = jobs(settings, registry, None)
    index = read_disk_index(tmp_path / "results", registry)
    assert extent_of(job, index) == Extent(4, 5, 20, None)
    save_run(tmp_path, model="fada-demo")
    index = read_disk_index(tmp_path / "results", registry)
    assert extent_of(job, index) == Extent(4, 5, 20, 10.0)
    by_vllm = replace(job, plan=replace(job.plan, engine="vllm"))
    assert extent_of(by_vllm, index) == Extent(4, 5, 20, None), "another engine has another pace"


async def test_a_run_that_is_resumed_behind_another_says_where_it_waits(tmp_path: Path) -> None:
    save_run(tmp_path, model="fada-demo")
    place = save_run(tmp_path, "20260102-000000_tiny", model="fada-demo")
    run = read_run(place)
    registry = load_registry(tmp_path / "models.toml", SHIPPED)
    (job,), _ = jobs(Settings(), registry, None)
    write_run(place, replace(run, status="interrupted", plan=job.plan, results=run.results[:4]))
    app, standins = make_app(tmp_path), Standins()
    async with app.run_test(size=(120, 36)) as pilot:
        await wait_for(pilot, lambda: main_of(app).workspace.review.run)
        queue = queue_of(app, standins, "first", "fada-demo")
        await wait_for(pilot, lambda: standins.began == ["first"])
        await pilot.press("w")
        await wait_for(pilot, lambda: "1 run waits for the one in progress: Q shows" in screen_text(app))
        assert queue.runs[1].extent == Extent(24, 1, 20, 10.0)
        assert "queued 1" in [line.state for line in main_of(app).workspace.model_lines()]
        await pilot.press("w")
        await wait_for(pilot, lambda: "this run is queued already: Q shows the queue" in screen_text(app))
        assert len(queue.runs) == 2
        queue.keep()
        assert not any("queued" in line.state for line in main_of(app).workspace.model_lines())
        queue.drop()
