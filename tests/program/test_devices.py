"""Runs on two workers of the CPU: their answers are those of one, whatever happens to the workers."""

import asyncio
import os
import signal
from collections import Counter
from pathlib import Path

import psutil
import pytest

from fada_tui.core.records import Run
from fada_tui.runs.events import (
    AnswerFinished,
    DeviceLost,
    DeviceReady,
    ModelReady,
    SessionEvent,
    WorkerRestarted,
)
from fada_tui.runs.session import Session
from fada_tui.runs.worker_client.pool import WorkerPool
from fada_tui.store.lock import holder_of, is_locked
from tests.conftest import WORKER, Program, children_with, journaled, load, run_folders, wait_for
from tests.contrastive import save_clip
from tests.several_devices import Kills, WaitForAll, answers, events_of, new, pids, resumed, run_of, told

pytestmark = [pytest.mark.worker, pytest.mark.long]


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The run that one worker makes."""
    run = run_of(asyncio.run(events_of(new(tmp_path_factory.mktemp("alone"), None, control=True))))
    assert run.status == "complete" and len(run.results) == 24
    return run


async def test_two_workers_answer_as_one_does_and_are_kept_for_the_next_run(
    alone: Run, tmp_path: Path
) -> None:
    pool, waiting = WorkerPool(), WaitForAll()
    locked: list[int] = []
    loaded: dict[str, int] = {}

    def happens(session: Session, event: SessionEvent) -> None:
        waiting(session, event)
        if isinstance(event, DeviceReady) and event.ready == 2:
            holder = holder_of(session.folder)
            assert holder
            locked.extend(worker.pid for worker in holder.workers)
            loaded.update(pids(session))

    try:
        events = await events_of(new(tmp_path, "cpu*2", control=True), happens, pool)
        run = run_of(events)
        assert run.status == "complete" and answers(run) == answers(alone)
        assert [one.response for one in run.controls or ()] == [one.response for one in alone.controls or ()]
        assert set(told(events).values()) == {1} and len(told(events)) == 24
        made = Counter(one.device for one in run.results)
        assert set(made) == {"cpu:0", "cpu:1"} == loaded.keys()
        assert sorted(locked) == sorted(loaded.values())
        share = max(len(os.sched_getaffinity(0)) // 2, 1)
        assert all(0 < int(one.threads or 0) <= share for one in run.results)
        assert all((one.memory.worker_rss or 0) > 10**8 for one in run.results)
        assert [(one.name, (one.memory.worker_rss_peak or 0) > 10**8) for one in run.devices or ()] == [
            ("cpu:0", True),
            ("cpu:1", True),
        ]
        assert {one.name: one.pid for one in pool.watched} == loaded
        again = await events_of(new(tmp_path, "cpu*2", limit=4, batch_size=4), None, pool)
        assert run_of(again).status == "complete" and {one.name: one.pid for one in pool.watched} == loaded
        assert set(answers(run_of(again)).items()) <= set(answers(alone).items())
        assert max(one.together for one in run_of(again).results) > 1
        await events_of(new(tmp_path, None, limit=1), None, pool)
        assert [one.name for one in pool.watched] == [""], (
            "those of other devices have given their memory back"
        )
    finally:
        await pool.close()


async def kill_and_go_on(results: Path, alone: Run, seed: int, times: int, every: int) -> int:
    """Kill workers of a run so often at most; check that every answer is there, once, and the same as alone.

    Returns:
        How often one was killed.
    """
    kills, waiting = Kills(seed, times, every), WaitForAll()
    session = new(results, "cpu*2", control=True)

    def happens(session: Session, event: SessionEvent) -> None:
        waiting(session, event)
        if waiting.all_there:
            kills(session, event)

    events = await events_of(session, happens)
    everything = list(events)
    run = run_of(events)
    lost = Counter(event.device for event in events if isinstance(event, DeviceLost))
    restarted = sum(isinstance(event, WorkerRestarted) for event in events)
    assert restarted + sum(lost.values()) <= len(kills.killed)
    while run.status != "complete" or any(one.error for one in run.results):  # killed twice on one item
        everything += (events := await events_of(resumed(session.folder)))
        run = run_of(events)
    wanted = {key: text for key, text in answers(alone).items() if key in answers(run)}
    assert answers(run) == wanted and len(wanted) == 24
    assert [one.response for one in run.controls or ()] == [one.response for one in alone.controls or ()]
    finished = [event.result for event in everything if isinstance(event, AnswerFinished)]
    assert Counter(one.key for one in finished if not one.error) == Counter(dict.fromkeys(wanted, 1))
    assert not (session.folder / "journal.quarantine").exists()
    return len(kills.killed)


async def test_two_kills_lose_nothing_and_make_nothing_twice(alone: Run, tmp_path: Path) -> None:
    assert await kill_and_go_on(tmp_path, alone, 0, 2, 5) == 2


@pytest.mark.slow
@pytest.mark.timeout(1800)
async def test_twenty_kills_lose_nothing_and_make_nothing_twice(alone: Run, tmp_path: Path) -> None:
    left = 20
    while left:
        left -= await kill_and_go_on(tmp_path / str(left), alone, left, left, 6)


@pytest.mark.slow
async def test_stopping_now_reaches_all_and_resuming_makes_what_is_missing(
    alone: Run, tmp_path: Path
) -> None:
    waiting = WaitForAll()
    both: set[str] = set()

    def happens(session: Session, event: SessionEvent) -> None:
        waiting(session, event)
        if isinstance(event, AnswerFinished) and event.done < 20:
            both.add(str(event.result.device))
            if len(both) == 2:
                session.stop_now()

    session = new(tmp_path, "cpu*2")
    first = run_of(await events_of(session, happens))
    assert first.status == "interrupted" and 2 <= len(first.results) < 24
    assert not is_locked(session.folder) and not pids(session)
    second = await events_of(resumed(session.folder))
    assert answers(run_of(second)) == answers(alone)
    assert not told(second).keys() & answers(first).keys()


@pytest.mark.slow
def test_the_program_is_killed_and_its_workers_let_go_of_the_run(program: Program) -> None:
    """Both finish their items, which are in the journal; the run is locked until they have."""
    asked = ("--devices", "cpu*2", "--question", "a?", "--question", "b?", "--max-new-tokens", "60")
    process = program.start("--batch", *asked)

    def workers() -> list[psutil.Process]:
        return children_with(process.pid, WORKER)

    wait_for(lambda: journaled(program.cwd) > 3 and len(workers()) == 2)
    left = workers()
    process.send_signal(signal.SIGKILL)
    process.communicate()
    (folder,) = run_folders(program.cwd)
    psutil.wait_procs(left, timeout=120)
    assert not any(one.is_running() for one in left) and not is_locked(folder)
    before = journaled(program.cwd)
    done, said = program.batch("--resume", folder)
    assert done.returncode == 0 and said["runs"][0]["results"] == 48, done.stderr
    assert done.stderr.count("/48 ") == 48 - before


@pytest.mark.slow
def test_a_device_that_is_not_there_is_left_out_and_none_at_all_is_refused(program: Program) -> None:
    if any(Path("/dev").glob("nvidia[0-9]*")):
        pytest.skip("there are GPUs here")
    done, said = program.batch("--devices", "cpu*1,0", "--limit", "8", "--max-new-tokens", "4")
    assert done.returncode == 0 and said["runs"][0]["status"] == "complete", done.stderr
    record = load(Path(said["runs"][0]["path"]))
    assert record["devices"][0]["name"] == "cpu:0" and "error" not in record["devices"][0]
    if "cuda:0 is given up, the other device goes on" in done.stderr:  # it was tried before all was answered
        assert "device 'cuda:0' cannot be used" in record["devices"][1]["error"]["message"]
    done, said = program.batch("--devices", "all", "--limit", "8")
    assert done.returncode == 3 and "--devices cpu*2 makes two workers on the CPU" in done.stderr
    assert program.run("--batch", "--devices", "all", "--device", "cpu").returncode == 2


@pytest.mark.slow
async def test_a_model_that_sorts_is_asked_once_for_each_image(tmp_path: Path) -> None:
    model = save_clip(tmp_path / "clip")
    settings = {"model": (str(model),), "control": True}
    one = run_of(await events_of(new(tmp_path / "one", None, **settings)))
    events = await events_of(new(tmp_path / "two", "cpu*2", **settings), WaitForAll())
    both = run_of(events)
    assert both.status == "complete" and len(both.results) == 12 and len(both.controls or ()) == 3
    assert answers(both) == answers(one)
    assert len({one.device for one in both.results}) == 2
    assert sum(isinstance(event, ModelReady) for event in events) == 1
