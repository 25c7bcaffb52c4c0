"""The queue of runs over real sessions and workers: order, stopping, lost workers, leaving."""

import asyncio
import os
import signal
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest
import pytest_asyncio

from fada_tui.config.settings import Settings
from fada_tui.core.errors import RunLockedError, UsageError
from fada_tui.models.registry import Registry, load_registry
from fada_tui.runs import run_queue
from fada_tui.runs.asking import asking
from fada_tui.runs.events import (
    AnswerFinished,
    AnswerText,
    LoadProgress,
    ModelReady,
    RunEnded,
    RunStarted,
    SessionEvent,
    WorkerRestarted,
)
from fada_tui.runs.job import Job
from fada_tui.runs.planning import jobs
from fada_tui.runs.run_queue import RunQueue
from fada_tui.runs.session import Session
from fada_tui.runs.worker_client.deadlines import Deadlines
from fada_tui.store import journal
from fada_tui.store.lock import RunLock
from tests.conftest import LONG_ENOUGH, load
from tests.endpoint_server import WORDS, Asked, Handler, piece, serving, usage

pytestmark = pytest.mark.worker


Take = Callable[[SessionEvent], None]


class Bench:
    """A queue that writes down what it is told, and hands each event on to whoever waits for it."""

    def __init__(self, results: Path, registry: Registry) -> None:
        self.results = results
        self.registry = registry
        self.events: list[SessionEvent] = []
        self.problems: list[str] = []
        self.hooks: list[Take] = []
        self.queue = RunQueue(self._take, self.problems.append)

    def _take(self, event: SessionEvent) -> None:
        self.events.append(event)
        for hook in self.hooks:
            hook(event)

    def make(self, job: Job) -> Session:
        return Session.new(job, self.results, Deadlines(), self.registry)

    def add(self, *planned: Job, label: str | None = None) -> None:
        for job in planned:
            self.queue.add(partial(self.make, job), label or job.plan.model.name)

    def of(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    async def until(self, condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + LONG_ENOUGH
        while not condition():
            assert time.monotonic() < deadline, f"waited in vain; problems: {self.problems}"
            await asyncio.sleep(0.01)

    async def rest(self) -> None:
        await self.until(lambda: not self.queue.busy and not self.queue.waiting)


@pytest_asyncio.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(tmp_path / "results", load_registry(tmp_path / "none.toml"))
    yield made
    await made.queue.close(LONG_ENOUGH)


@contextmanager
def holding(free: int) -> Iterator[tuple[str, threading.Event]]:
    """A server's model that answers so many questions, and each other one after a word once that is set."""
    go_on = threading.Event()

    def behave(handler: Handler, _: Asked) -> None:
        handler.begin()
        handler.event(piece(WORDS[0]))
        while len(handler.of.asked) > free and not go_on.is_set() and not handler.of.over.is_set():
            go_on.wait(0.02)
        for word in WORDS[1:]:
            handler.event(piece(word))
        handler.event(piece(finish="stop"))
        handler.event(usage(321, len(WORDS)))
        handler.chunk(b"data: [DONE]\n\n")
        handler.end()

    with serving(lambda _: behave) as server:
        yield server.source, go_on


def planned(bench: Bench, images: Path, *models: str | Path, **settings: Any) -> tuple[Job, ...]:
    names = tuple(str(model) for model in models)
    return jobs(Settings(model=names, images=str(images), **settings), bench.registry, None)[0]


async def test_two_models_run_one_after_another(bench: Bench, tiny: Path, images: Path) -> None:
    asked: list[tuple[str | None, tuple[str, ...]]] = []
    bench.hooks.append(
        lambda event: isinstance(event, RunStarted) and asked.append((bench.queue.label, bench.queue.waiting))
    )
    bench.add(*planned(bench, images, "fada-demo", tiny, limit=2, max_new_tokens=20))
    assert bench.queue.waiting == ("fada-demo", "tiny")
    await bench.rest()
    assert asked == [("fada-demo", ("tiny",)), ("tiny", ())]
    assert [type(event).__name__ for event in bench.events if isinstance(event, RunStarted | RunEnded)] == [
        "RunStarted", "RunEnded", "RunStarted", "RunEnded",
    ]  # fmt: skip
    ended = bench.of(RunEnded)
    assert [(end.run.model.name, end.run.status, len(end.run.results)) for end in ended] == [
        ("fada-demo", "complete", 2), ("tiny", "complete", 2),
    ]  # fmt: skip
    assert bench.queue.current is None and bench.problems == []

    bench.add(*planned(bench, images, tiny, limit=1, max_new_tokens=4))  # after a rest it goes on by itself
    await bench.rest()
    assert len(bench.of(RunEnded)) == 3


async def test_the_worker_s_process_id_while_it_works_and_while_it_is_kept(
    bench: Bench, tiny: Path, images: Path
) -> None:
    seen: list[int | None] = []
    bench.hooks.append(lambda event: isinstance(event, ModelReady) and seen.append(bench.queue.worker_pid))
    assert bench.queue.worker_pid is None
    bench.add(*planned(bench, images, tiny, limit=1, max_new_tokens=4))
    await bench.rest()
    assert len(seen) == 1 and seen[0] is not None and seen[0] != os.getpid()
    assert bench.queue.worker_pid == seen[0]  # kept for a run that may follow
    await bench.queue.close(5)
    assert bench.queue.worker_pid is None and not psutil.pid_exists(seen[0])


async def test_stop_after_image_keeps_that_image_and_begins_nothing_more(bench: Bench, images: Path) -> None:
    dropped: list[tuple[str, ...]] = []
    stopped_in: list[str] = []

    def stop(event: SessionEvent) -> None:
        if isinstance(event, AnswerText) and not dropped:
            dropped.append(bench.queue.waiting)
            bench.queue.drop()
            bench.queue.stop_after_image()
            stopped_in.append(event.item.path)

    bench.hooks.append(stop)
    with holding(0) as (source, go_on):
        bench.add(*planned(bench, images, source, "fada-demo", concurrency=1))
        await bench.until(lambda: dropped and bench.queue.current and not bench.queue.current._tasks)
        go_on.set()  # the worker has been told
        await bench.rest()
    assert dropped == [("fada-demo",)]
    (end,) = bench.of(RunEnded)
    assert end.run.status == "interrupted"
    assert [result.path for result in end.run.results] == stopped_in
    assert [path.name for path in bench.results.iterdir() if path.is_dir()] == [end.folder.name]
    assert load(end.folder)["results"] and (end.folder / "summary.md").exists()


async def test_stop_now_drops_the_image_at_hand(bench: Bench, images: Path) -> None:
    def stop(event: SessionEvent) -> None:
        if isinstance(event, AnswerText) and event.item.path == "A/A_002.png":
            bench.queue.stop_now()

    bench.hooks.append(stop)
    with holding(1) as (source, _):
        bench.add(*planned(bench, images, source, concurrency=1))
        await bench.rest()
    (end,) = bench.of(RunEnded)
    assert (end.run.status, [result.path for result in end.run.results]) == ("interrupted", ["A/A_001.png"])


async def test_asked_to_stop_while_the_session_is_being_made(bench: Bench, tiny: Path, images: Path) -> None:
    (job,) = planned(bench, images, tiny)
    making, goes_on = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def slowly() -> Session:
        loop.call_soon_threadsafe(making.set)
        assert goes_on.wait(LONG_ENOUGH)  # as on a slow disk
        return bench.make(job)

    bench.queue.add(slowly, "tiny")
    await asyncio.wait_for(making.wait(), LONG_ENOUGH)
    assert bench.queue.busy and bench.queue.at_work and bench.queue.current is None
    at_work: list[tuple[type, bool, bool]] = []
    bench.hooks.append(lambda event: at_work.append((type(event), bench.queue.busy, bench.queue.at_work)))
    bench.queue.stop_after_image()
    goes_on.set()
    await bench.rest()
    (end,) = bench.of(RunEnded)
    assert (end.run.status, end.run.results, bench.of(ModelReady)) == ("interrupted", (), [])
    assert at_work[-1] == (RunEnded, True, False), "it has ended, and is only put away"


async def test_making_a_session_does_not_hold_up_the_loop(bench: Bench, tiny: Path, images: Path) -> None:
    (job,) = planned(bench, images, tiny, limit=1, max_new_tokens=4)
    making, goes_on = threading.Event(), threading.Event()

    def slowly() -> Session:
        making.set()
        assert goes_on.wait(LONG_ENOUGH)
        return bench.make(job)

    bench.queue.add(slowly, "tiny")
    await bench.until(making.is_set)  # the loop has its turns meanwhile
    goes_on.set()
    await bench.rest()
    assert bench.problems == []


async def test_stopping_before_there_is_a_worker(bench: Bench, tiny: Path, images: Path) -> None:
    bench.hooks.append(lambda event: isinstance(event, LoadProgress) and bench.queue.stop_after_image())
    bench.add(*planned(bench, images, tiny, limit=1, max_new_tokens=4))
    await bench.rest()
    (end,) = bench.of(RunEnded)
    assert end.run.status == "interrupted" and not bench.of(ModelReady)
    assert bench.queue.worker_pid is None


@pytest.mark.slow
async def test_a_killed_worker_is_replaced_and_the_queue_goes_on(
    bench: Bench, tiny: Path, images: Path
) -> None:
    killed: list[int] = []

    def kill(event: SessionEvent) -> None:
        if isinstance(event, AnswerText) and not killed and bench.of(AnswerFinished):
            pid = bench.queue.worker_pid
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
            killed.append(pid)

    bench.hooks.append(kill)
    bench.add(*planned(bench, images, tiny, "fada-demo", max_new_tokens=200))
    await bench.rest()
    (restart,) = bench.of(WorkerRestarted)
    assert "SIGKILL" in restart.reason
    first, second = bench.of(RunEnded)
    assert [(end.run.status, len(end.run.results)) for end in (first, second)] == [("complete", 4)] * 2
    assert not any(result.error for end in (first, second) for result in end.run.results)
    assert killed and bench.problems == []


async def test_a_run_that_cannot_begin_is_one_line_and_the_next_follows(
    bench: Bench, tiny: Path, images: Path, tmp_path: Path
) -> None:
    def unusable() -> Session:
        raise UsageError("no such thing")

    (job,) = planned(bench, images, tiny, limit=1, max_new_tokens=4)
    taken = bench.make(job)
    blocked = tmp_path / "a file"
    blocked.touch()
    bench.queue.add(unusable, "broken")
    bench.queue.add(lambda: Session.resume(taken.folder, Deadlines(), bench.registry)[0], "held")
    bench.queue.add(lambda: Session.new(job, blocked, Deadlines(), bench.registry), "nowhere")
    bench.queue.add(lambda: 1 / 0, "mistaken")  # type: ignore[arg-type, return-value]
    bench.add(job)
    await bench.rest()
    assert [problem.partition(":")[0] for problem in bench.problems] == [
        "broken", "held", "nowhere", "mistaken",
    ]  # fmt: skip
    assert all("\n" not in problem for problem in bench.problems)
    assert "process" in bench.problems[1]
    (end,) = bench.of(RunEnded)
    assert end.run.status == "complete"
    taken._lock.release()


async def test_an_interrupted_run_is_taken_up_again(bench: Bench, images: Path) -> None:
    def stop(event: SessionEvent) -> None:
        if isinstance(event, AnswerFinished) and len(bench.of(AnswerFinished)) == 1:
            bench.queue.stop_after_image()

    bench.hooks.append(stop)
    with holding(1) as (source, go_on):
        bench.add(*planned(bench, images, source, concurrency=1))
        await bench.until(lambda: bench.queue.current and bench.queue.current.stopping)
        await bench.until(lambda: bench.queue.current is None or not bench.queue.current._tasks)
        go_on.set()
        await bench.rest()
        (end,) = bench.of(RunEnded)
        assert end.run.status == "interrupted"
        bench.queue.add(lambda: Session.resume(end.folder, Deadlines(), bench.registry)[0], "again")
        await bench.rest()
    assert load(end.folder)["status"] == "complete"
    assert len(load(end.folder)["results"]) == 4


async def test_a_waiting_run_is_taken_off(bench: Bench, tiny: Path, images: Path) -> None:
    (job,) = planned(bench, images, tiny, limit=1, max_new_tokens=4)
    bench.add(job, label="one")
    bench.add(job, label="two")
    bench.add(job, label="three")
    two = bench.queue.runs[1]
    assert bench.queue.remove(two.number)
    assert bench.queue.waiting == ("one", "three")
    assert not bench.queue.remove(two.number)
    await bench.rest()
    assert len(bench.of(RunEnded)) == 2


async def test_closing_writes_the_files_and_takes_no_more(bench: Bench, images: Path) -> None:
    with holding(1) as (source, _):
        bench.add(*planned(bench, images, source, "fada-demo", concurrency=1))
        await bench.until(lambda: len(bench.of(AnswerFinished)) >= 1 and bench.of(AnswerText))
        pid = bench.queue.worker_pid
        assert pid is not None
        assert await bench.queue.close(LONG_ENOUGH)
    (end,) = bench.of(RunEnded)
    written = load(end.folder)
    assert written["status"] == "interrupted" and len(written["results"]) >= 1
    assert not (end.folder / journal.JOURNAL_NAME).exists()
    assert (end.folder / "summary.md").exists()
    assert not psutil.pid_exists(pid)
    assert bench.queue.waiting == ()
    bench.add(*planned(bench, images, "fada-demo"))
    assert not bench.queue.waiting and not bench.queue.busy


async def test_closing_does_not_wait_for_a_worker_that_hangs(
    bench: Bench, images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_queue, "WRITING_SECONDS", LONG_ENOUGH)  # it writes sooner, on any machine
    monkeypatch.setattr(asking, "CANCEL_PATIENCE", 10 * LONG_ENOUGH)
    with holding(1) as (source, _):
        bench.add(*planned(bench, images, source, concurrency=1))
        await bench.until(lambda: bench.of(AnswerFinished))
        pid = bench.queue.worker_pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        assert await bench.queue.close(LONG_ENOUGH + 1), "it would hang for good"
    (end,) = bench.of(RunEnded)
    assert load(end.folder)["status"] == "interrupted" and len(load(end.folder)["results"]) >= 1
    assert not psutil.pid_exists(pid)


async def test_closing_gives_up_on_a_disk_that_hangs(bench: Bench, tiny: Path, images: Path) -> None:
    (job,) = planned(bench, images, tiny)
    gate = threading.Event()

    def stuck() -> Session:
        assert gate.wait(LONG_ENOUGH)
        return bench.make(job)

    bench.queue.add(stuck, "tiny")
    await bench.until(lambda: bench.queue.busy)
    assert not await bench.queue.close(0.5)
    gate.set()


async def test_closing_an_idle_queue(bench: Bench) -> None:
    assert await bench.queue.close(1)


async def test_a_listener_s_mistake_ends_neither_run_nor_queue(
    bench: Bench, tiny: Path, images: Path
) -> None:
    told: list[str] = []

    def stumble(event: SessionEvent) -> None:
        if isinstance(event, ModelReady) and len(bench.of(ModelReady)) == 1:
            raise KeyError("slip")

    bench.hooks.append(stumble)
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: told.append(context["message"]))
    (job,) = planned(bench, images, tiny, limit=1, max_new_tokens=4)
    bench.add(job, job)
    await bench.rest()
    assert bench.problems == [] and told == ["tiny: the run goes on"]
    assert [end.run.status for end in bench.of(RunEnded)] == ["complete", "complete"]
    RunLock(next(path for path in bench.results.iterdir() if path.is_dir()), patience=0).release()


def test_a_locked_run_is_a_problem_of_its_own_kind() -> None:
    assert issubclass(RunLockedError, Exception)
