"""The workers of several devices between two runs, each kept under its name; processes that do nothing."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from msgspec.structs import replace

from fada_tui.core.protocol import PROTOCOL_VERSION, Hello, Load, Loaded, Unloaded, encode
from fada_tui.core.records import ModelFacts
from fada_tui.runs.worker_client.client import WorkerClient
from fada_tui.runs.worker_client.deadlines import Deadlines
from fada_tui.runs.worker_client.kept import Kept
from fada_tui.runs.worker_client.model_identity import identity
from fada_tui.runs.worker_client.pool import WorkerPool
from fada_tui.runs.worker_client.process import WorkerProcess
from tests import examples

LOAD = Load(model=examples.ENTRY, device="cpu", trust_remote_code=False, allow_pickle=False)


@pytest.fixture
async def kept(tmp_path: Path) -> AsyncIterator[list[Kept]]:
    made = []
    for name in ("cpu:0", "cpu:1"):
        process = await WorkerProcess.started(tmp_path / "worker.log")
        hello = Hello(protocol=PROTOCOL_VERSION, pid=process.pid, torch="", transformers="", cuda=None)
        loaded = Loaded(model=ModelFacts(name=name))
        made.append(Kept(name, process, hello, LOAD, identity(LOAD), loaded))
    yield made
    for one in made:
        await one.process.end(0)


async def test_each_is_given_to_who_asks_for_its_name(kept: list[Kept]) -> None:
    pool = WorkerPool()
    for one in kept:
        pool.keep(one)
    assert [(one.pid, one.name) for one in pool.watched] == [(one.process.pid, one.name) for one in kept]
    assert pool.take("cpu:2") is None and pool.take("") is None
    assert pool.take("cpu:1") is kept[1] and pool.take("cpu:1") is None
    assert pool.pid == kept[0].process.pid
    await pool.close()
    assert pool.watched == () and not psutil.pid_exists(kept[0].process.pid)
    assert psutil.pid_exists(kept[1].process.pid), "it is the caller's"


async def test_those_of_other_devices_have_ended_before_a_run_loads(kept: list[Kept]) -> None:
    pool = WorkerPool()
    for one in kept:
        pool.keep(one)
    await asyncio.wait_for(pool.make_room(["cpu:1", "cpu:2"]), 60)
    assert [one.name for one in pool.watched] == ["cpu:1"]
    assert kept[0].process.status is not None
    await pool.close()


async def test_nobody_s_workers_end_together(kept: list[Kept]) -> None:
    pool = WorkerPool(patience=0.1)
    for one in kept:
        pool.keep(one)
    for one in kept:
        await asyncio.wait_for(one.process.wait(), 60)
    assert pool.watched == ()
    await pool.close()


class Unloading:
    """In the place of a process that drops its model when it is asked to."""

    status, ended = None, False

    def send(self, data: bytes, files: tuple[int, ...]) -> None: ...

    async def line(self) -> bytes:
        return encode(Unloaded(allocated=0))

    async def end(self, patience: float) -> None:
        self.ended = True


@pytest.mark.parametrize(("before", "wanted", "serves"), [(1, None, False), (None, 1, True), (1, 2, True)])
async def test_who_has_a_share_of_the_cores_is_not_given_to_who_has_all_of_them(
    tmp_path: Path, before: int | None, wanted: int | None, serves: bool
) -> None:
    """Its libraries were told when it was started."""
    process: Any = Unloading()
    hello = Hello(protocol=PROTOCOL_VERSION, pid=1, torch="", transformers="", cuda=None)
    had = replace(LOAD, threads=before)
    kept = Kept("cpu:0", process, hello, had, identity(had), Loaded(model=ModelFacts(name="tiny")))
    client = WorkerClient(tmp_path / "worker.log", Deadlines(), (), "cpu:0", wanted)
    taken = await client.take_over(kept, replace(LOAD, threads=wanted))
    assert (taken is not None, process.ended) == (serves, not serves)
