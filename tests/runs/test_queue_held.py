"""A queue that is held: nothing begins or moves, in whichever thread it was held, until it is released."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest
import pytest_asyncio

from fada_tui.core.errors import StoreError
from fada_tui.runs.run_queue import UNKNOWN, BegunRun, RunQueue, WaitingRun, Written
from fada_tui.runs.session import Session
from tests.conftest import LONG_ENOUGH
from tests.queued import Standins
from tests.runs.test_queue_order import Bench


@pytest_asyncio.fixture
async def bench() -> AsyncIterator[Bench]:
    made = Bench()
    made.add("a", "b", "c")
    await made.runs("a")
    yield made
    await made.queue.close(LONG_ENOUGH)


async def test_nothing_begins_while_it_is_held(bench: Bench) -> None:
    queue = bench.queue
    held = await asyncio.to_thread(queue.hold)
    assert held.begun and held.begun.label == "a" and held.begun.folder(0) == Path("nowhere")
    assert [one.label for one in held.waiting] == ["b", "c"]
    bench.standins.end("a")
    await bench.rests()
    assert not queue.move(bench.number("c"), -1) and not queue.remove(bench.number("b"))
    queue.go_on()
    await asyncio.sleep(0)
    assert (bench.began, queue.waiting) == (["a"], ("b", "c"))
    queue.release()
    await bench.runs("b")


async def test_what_was_written_meanwhile_begins_by_its_folder(bench: Bench, tmp_path: Path) -> None:
    queue, standins = bench.queue, bench.standins
    queue.hold()
    written = Written(tmp_path, partial(standins.make, "b from disk"))
    queue.release({bench.number("b"): written})
    assert [one.folder for one in queue.runs] == [tmp_path, None] and queue.runs[0].write is None
    standins.end("a")
    await bench.runs("b from disk")


async def test_a_queue_that_is_held_ends_as_any(bench: Bench) -> None:
    bench.queue.hold()
    assert await bench.queue.close(LONG_ENOUGH)
    bench.queue.release()
    assert (bench.began, bench.stopped, bench.queue.waiting) == (["a"], ["a"], ())


async def test_a_run_that_is_being_created_has_its_folder_in_a_moment() -> None:
    standins, goes_on = Standins(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def slowly() -> Session:
        asyncio.run_coroutine_threadsafe(goes_on.wait(), loop).result()
        return standins.make("slow")

    queue = RunQueue(lambda _: None, print)
    queue.add(slowly, "slow")
    while not (begun := queue.hold().begun):
        queue.release()
        await asyncio.sleep(0)
    assert begun.folder(0) is None
    waits = asyncio.create_task(asyncio.to_thread(begun.folder, LONG_ENOUGH))
    goes_on.set()
    assert await waits == Path("nowhere")
    queue.release()
    await queue.close(LONG_ENOUGH)


def test_a_run_that_could_not_be_created_has_none() -> None:
    def fails() -> Session:
        raise StoreError("no room")

    begun = BegunRun(WaitingRun(1, fails, "none", UNKNOWN))
    with pytest.raises(StoreError):
        begun.make()
    assert begun.folder(LONG_ENOUGH) is None
