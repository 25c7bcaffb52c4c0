"""What becomes of the queue's runs when one is locked, loses its worker, or the process is told to end."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, ClassVar, cast

import pytest

from fada_tui.config.engines import EngineSettings
from fada_tui.config.settings import Settings
from fada_tui.core.errors import ErrorKind, RunLockedError, StoreError
from fada_tui.core.records import Failure, Run
from fada_tui.models.registry import SHIPPED, load_registry
from fada_tui.runs.consent import NOTHING
from fada_tui.runs.detached import work
from fada_tui.runs.detached.log import Log
from fada_tui.runs.detached.orders import orders_of
from fada_tui.runs.engines.pool import EnginePool
from fada_tui.runs.events import DeviceLost, RunEnded, SessionEvent, WorkerRestarted
from fada_tui.runs.worker_client.pool import WorkerPool
from fada_tui.store.queue_file import QueuedRun, QueueLock, change_queue, queue_worker, read_queue
from tests import examples
from tests.conftest import LONG_ENOUGH


class Quiet:
    """A log that nobody reads, in which what was said is kept."""

    said: ClassVar[list[str]] = []

    def renew(self) -> None:
        """Do nothing."""

    def say(self, text: str) -> None:
        """Keep it."""
        self.said.append(text)


class Session:
    """A session that ends as it is told, or once it is stopped."""

    def __init__(self, run: Run | None, *before: SessionEvent) -> None:
        self._run = run
        self.before = tuple(before)
        self._stopped = asyncio.Event()

    def stop_after_image(self) -> None:
        """Stop."""
        self._stopped.set()

    async def events(self, *_: object) -> AsyncIterator[SessionEvent]:
        """Yield its end."""
        if self._run is None:
            os.kill(os.getpid(), signal.SIGTERM)
            await self._stopped.wait()
        for event in self.before:
            yield event
        yield RunEnded(self._run or examples.run(), Path("one"))


def queue_work(results: Path, **settings: Any) -> work.QueueWork:
    """Return the work through a queue with one run."""
    (results / "one").mkdir()
    change_queue(results, lambda _: [QueuedRun(run="one")])
    registry = load_registry(results / "models.toml", SHIPPED)
    given = orders_of(Settings(**settings), NOTHING)
    return work.QueueWork(results, given, registry, QueueLock(results), cast("Log", Quiet()))


async def test_one_told_to_end_lets_the_queue_go_before_its_image_is_finished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, holders = Session(None), list[object]()
    stop = session.stop_after_image
    monkeypatch.setattr(session, "stop_after_image", lambda: (holders.append(queue_worker(tmp_path)), stop()))
    monkeypatch.setattr(work.Session, "resume", lambda *_: (session, ()))
    await queue_work(tmp_path).run()
    assert holders == [None], "another may be launched, which waits for the run"
    assert [one.run for one in read_queue(tmp_path)] == ["one"]


async def test_engines_are_those_of_the_settings_and_kept_from_run_to_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    resumed, pools = list[tuple[object, ...]](), list[tuple[object, ...]]()

    class Engined(Session):
        async def events(self, *kept: object) -> AsyncIterator[SessionEvent]:
            pools.append(kept)
            async for event in super().events():
                yield event

    def resume(*given: object) -> tuple[Session, tuple[str, ...]]:
        resumed.append(given)
        return Engined(examples.run(status="complete")), ()

    monkeypatch.setattr(work.Session, "resume", resume)
    own = {"vllm": EngineSettings(command=("/opt/vllm",))}
    made = queue_work(tmp_path, engines=own)
    (tmp_path / "two").mkdir()
    change_queue(tmp_path, lambda queued: [*queued, QueuedRun(run="two")])
    await made.run()
    assert [given[-1] for given in resumed] == [own, own]
    (workers, engines), again = pools
    assert isinstance(workers, WorkerPool) and isinstance(engines, EnginePool)
    assert again == (workers, engines)


@pytest.mark.parametrize(("lost", "tries"), [(1, 2), (5, 2)])
async def test_a_run_whose_worker_was_ended_is_tried_once_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lost: int, tries: int
) -> None:
    failed = examples.run(status="failed", error=Failure(kind=ErrorKind.WORKER_DIED, message="killed"))
    ends, resumed = iter([failed] * lost), list[Path]()

    def resume(folder: Path, *_: object) -> tuple[Session, tuple[str, ...]]:
        resumed.append(folder)
        return Session(next(ends, examples.run(status="complete"))), ()

    monkeypatch.setattr(work.Session, "resume", resume)
    await queue_work(tmp_path).run()
    assert len(resumed) == tries and read_queue(tmp_path) == ()


@pytest.mark.parametrize(("moments", "problem"), [(3, "reached"), (1000, "locked")])
async def test_it_is_tried_again_and_not_for_ever(
    moments: int, problem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "LOOK_SECONDS", LONG_ENOUGH)  # a moment, on any machine
    left = iter(range(moments))

    def resume(*_: object) -> Any:
        if next(left, None) is not None:
            raise RunLockedError("locked")
        raise StoreError("reached")

    monkeypatch.setattr(work.Session, "resume", resume)
    await queue_work(tmp_path).run()
    assert [one.problem for one in read_queue(tmp_path)] == [problem]


async def test_the_log_says_which_worker_died_and_which_device_was_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = (
        WorkerRestarted("killed"),
        WorkerRestarted("killed", "cpu:1"),
        DeviceLost("cpu:1", "no room", 1),
    )
    session = Session(examples.run(status="complete"), *events)
    monkeypatch.setattr(work.Session, "resume", lambda *_: (session, ()))
    monkeypatch.setattr(Quiet, "said", [])
    await queue_work(tmp_path).run()
    told = [line.removeprefix("one: ") for line in Quiet.said if "killed" in line or "no room" in line]
    assert told == [
        "killed; another worker takes over",
        "cpu:1: killed; another worker takes over",
        "cpu:1 is given up, the other device goes on: no room",
    ]
