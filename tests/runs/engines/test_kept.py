"""An engine kept between runs: for the same, not for another, no longer than it is wanted."""

import asyncio
import os
import signal
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from fada_tui.config.engines import EngineSettings
from fada_tui.core.errors import ModelLoadError
from fada_tui.runs import run_queue
from fada_tui.runs.engines import engine, ready
from fada_tui.runs.engines.engine import Engine
from fada_tui.runs.engines.pool import EnginePool
from fada_tui.runs.events import EngineLog, ModelReady, RunEnded
from fada_tui.runs.session import Session
from fada_tui.runs.worker_client.deadlines import Deadlines
from tests.conftest import LONG_ENOUGH, load
from tests.runs.engines.playing import PROGRAM, Play, wait_until
from tests.runs.test_run_queue import Bench, bench, planned

__all__ = ["bench"]


@pytest.fixture
def play(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Play:
    monkeypatch.setenv("ENGINE_PLAY", str(tmp_path / "play"))
    return Play(tmp_path / "play")


async def up(play: Play) -> Engine:
    engine = Engine(play.command(), patience=0.3)
    async for _ in engine.start(play.folder / "engine.log", LONG_ENOUGH):
        pass
    while engine.pid is None:  # its guardian tells it, and may do so later than it answers
        await asyncio.sleep(0.02)
    return engine


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that stands still for some seconds is none that hangs."""
    monkeypatch.setattr(ready, "_PATIENCE", LONG_ENOUGH)


@pytest.mark.long
async def test_an_idle_engine_is_ended_in_time(play: Play) -> None:
    pool = EnginePool(patience=0.1)
    pool.keep(await up(play))
    assert pool.pid == play.pids()[0]
    while play.left:
        await asyncio.sleep(0.02)
    assert await pool.take(play.command()) is None


@pytest.mark.long
@pytest.mark.usefixtures("patient")
async def test_an_engine_serves_the_next_run_of_its_command_and_makes_room_for_others(play: Play) -> None:
    pool, kept = EnginePool(), await up(play)
    pool.keep(kept)
    assert await pool.take(play.command()) is kept
    pool.keep(kept)
    assert await pool.take(play.command(slots=5)) is None
    assert not play.left, "its memory is free before the next one begins"
    pool.keep(await up(play))
    assert await pool.take(None) is None
    assert not play.left
    pool.keep(await up(play))
    await pool.close()
    assert not play.left


@pytest.mark.slow
async def test_an_engine_that_hangs_serves_no_further_run(play: Play) -> None:
    pool, kept = EnginePool(), await up(play)
    pool.keep(kept)
    os.kill(play.pids()[0], signal.SIGSTOP)
    assert await pool.take(play.command()) is None
    assert not play.left


@pytest.mark.long
async def test_an_engine_that_is_silent_for_too_long_is_ended(play: Play) -> None:
    play.plan(silent=600)
    engine = Engine(play.command(), patience=0.3)
    with pytest.raises(Exception, match=r"the engine was silent for 0\.5 s, and /health does not answer"):
        async for _ in engine.start(play.folder / "engine.log", 0.5):
            pass
    assert not play.left


async def test_an_engine_that_takes_requests_and_answers_none_is_silent(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = 0

    async def hangs(*_: object) -> str:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0.1)
        return "/health does not answer"

    monkeypatch.setattr(engine, "missing", hangs)
    monkeypatch.setattr(engine, "TICK_SECONDS", 0.001)
    play.plan(silent=600)
    hung = Engine(play.command(), patience=0.3)
    with pytest.raises(ModelLoadError, match=r"was silent for 0\.3 s.+--load-timeout gives"):
        async for _ in hung.start(play.folder / "engine.log", 0.3):
            pass
    assert asked < 20, "the seconds that a page is waited for are silence, too"
    assert not play.left


def make(bench: Bench, job: Any) -> Session:
    engines = {"vllm": EngineSettings(command=(sys.executable, str(PROGRAM)))}
    return Session.new(job, bench.results, Deadlines(), bench.registry, engines=engines)


@pytest.mark.worker
@pytest.mark.long
@pytest.mark.usefixtures("patient")
async def test_runs_of_a_queue_share_an_engine(bench: Bench, images: Path, play: Play) -> None:
    logs: list[str] = []
    pids: list[int] = []
    bench.hooks.append(lambda event: isinstance(event, EngineLog) and logs.append(event.line))
    bench.hooks.append(lambda event: isinstance(event, ModelReady) and pids.extend(play.left))
    here = {"engines": {"vllm": EngineSettings(command=(sys.executable, str(PROGRAM)))}}
    played = planned(bench, images, "fada-demo", engine="vllm", limit=2, max_new_tokens=4, **here)
    play.plan(lines=3)
    for job in (*played, *played):
        bench.queue.add(partial(make, bench, job), "run")
    await bench.rest()
    assert bench.problems == []
    ended = bench.of(RunEnded)
    assert [end.run.status for end in ended] == ["complete"] * 2
    assert len(play.pids()) == 1, "the second run found it up"
    assert pids == play.pids() * 2
    assert logs
    first, second = (load(end.folder) for end in ended)
    assert first["engine"] == second["engine"]
    said = (ended[1].folder / "engine.log").read_text()
    assert said.startswith(f"fada-tui: engine {play.pids()[0]} goes on from another run")
    assert first["model"]["load_time"] == second["model"]["load_time"]


@pytest.mark.worker
@pytest.mark.slow
async def test_leaving_waits_for_no_engine_that_hangs(
    bench: Bench, images: Path, play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_queue, "WRITING_SECONDS", LONG_ENOUGH)  # it writes sooner, on any machine
    play.plan(silent=600, hangs=True)
    here = {"engines": {"vllm": EngineSettings(command=(sys.executable, str(PROGRAM)))}}
    (job,) = planned(bench, images, "fada-demo", engine="vllm", limit=2, **here)
    bench.queue.add(partial(make, bench, job), "run")
    await bench.until(lambda: play.pids())
    assert await bench.queue.close(LONG_ENOUGH + 6), "the files are written"
    (ended,) = bench.of(RunEnded)
    assert ended.run.status == "interrupted"
    assert not play.left


@pytest.mark.worker
@pytest.mark.long
async def test_a_run_stopped_while_its_engine_loads_leaves_nothing(
    bench: Bench, images: Path, play: Play
) -> None:
    play.plan(silent=600)
    here = {"engines": {"vllm": EngineSettings(command=(sys.executable, str(PROGRAM)))}}
    (job,) = planned(bench, images, "fada-demo", engine="vllm", limit=2, **here)
    bench.queue.add(partial(make, bench, job), "run")
    await bench.until(lambda: play.pids())
    bench.queue.stop_now()
    await bench.rest()
    (ended,) = bench.of(RunEnded)
    assert (ended.run.status, ended.run.failure) == ("interrupted", None)
    await asyncio.to_thread(wait_until, lambda: not play.left)
