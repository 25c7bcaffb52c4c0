"""What becomes of the runs that wait: moved, kept, dropped, started again. With stand-ins for sessions."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

import pytest_asyncio

from fada_tui.core.errors import StoreError
from fada_tui.runs.run_queue import Extent, RunQueue
from tests.conftest import LONG_ENOUGH
from tests.queued import Standins


class Bench:
    def __init__(self) -> None:
        self.problems: list[str] = []
        self.queue = RunQueue(lambda _: None, self.problems.append)
        self.standins = Standins()
        self.began, self.stopped = self.standins.began, self.standins.stopped

    def add(self, *names: str) -> None:
        for name in names:
            self.queue.add(partial(self.standins.make, name), name, Extent(images=2))

    def number(self, label: str) -> int:
        return next(one.number for one in self.queue.runs if one.label == label)

    async def until(self, holds: Callable[[], Any]) -> None:
        deadline = time.monotonic() + LONG_ENOUGH
        while not holds():
            assert time.monotonic() < deadline, (self.began, self.queue.waiting, self.problems)
            await asyncio.sleep(0.001)

    async def runs(self, name: str) -> None:
        await self.until(lambda: self.began[-1:] == [name])

    async def rests(self) -> None:
        await self.until(lambda: not self.queue.busy)


@pytest_asyncio.fixture
async def bench() -> AsyncIterator[Bench]:
    made = Bench()
    made.add("a", "b", "c", "d")
    await made.runs("a")
    yield made
    await made.queue.close(LONG_ENOUGH)


async def test_waiting_runs_change_places_and_are_taken_off(bench: Bench) -> None:
    queue = bench.queue
    assert queue.move(bench.number("d"), -2) and queue.waiting == ("d", "b", "c")
    assert queue.move(bench.number("d"), 1) and queue.waiting == ("b", "d", "c")
    assert not queue.move(bench.number("b"), -1) and not queue.move(bench.number("c"), 1)
    assert queue.waiting == ("b", "d", "c")
    gone = bench.number("b")
    assert queue.remove(gone)
    assert not queue.remove(gone) and not queue.move(gone, 1), "it may have begun meanwhile"
    bench.standins.end("a")
    await bench.runs("d")
    assert queue.waiting == ("c",) and queue.runs[0].extent == Extent(images=2)


async def test_a_stopped_run_s_followers_follow_unless_they_are_kept(bench: Bench) -> None:
    bench.queue.stop_after_image()
    await bench.runs("b")
    bench.queue.keep()
    assert (bench.queue.kept, bench.queue.upcoming) == (2, None)
    bench.queue.stop_after_image()
    await bench.rests()
    assert (bench.stopped, bench.queue.waiting) == (["a", "b"], ("c", "d"))


async def test_kept_runs_wait_until_the_queue_goes_on_and_later_ones_pass_them(bench: Bench) -> None:
    bench.queue.keep()
    bench.add("e")
    assert [(one.label, one.kept) for one in bench.queue.runs] == [
        ("b", True), ("c", True), ("d", True), ("e", False),
    ]  # fmt: skip
    bench.standins.end("a")
    await bench.runs("e")
    bench.standins.end("e")
    await bench.rests()
    assert bench.queue.move(bench.number("d"), -1) and bench.queue.waiting == ("b", "d", "c")
    bench.queue.go_on()
    assert bench.queue.kept == 0
    for name in ("b", "d", "c"):
        await bench.runs(name)
        bench.standins.end(name)
    await bench.rests()
    assert bench.queue.waiting == () and bench.problems == []


async def test_the_queue_goes_on_while_a_run_is_in_progress(bench: Bench) -> None:
    bench.queue.keep()
    bench.queue.go_on()
    assert bench.queue.label == "a" and bench.began == ["a"]
    bench.standins.end("a")
    await bench.runs("b")


async def test_dropped_runs_are_gone(bench: Bench) -> None:
    bench.queue.drop()
    bench.queue.stop_after_image()
    await bench.rests()
    bench.queue.go_on()
    assert bench.queue.waiting == () and not bench.queue.busy and bench.began == ["a"]


async def test_a_run_that_breaks_off_leaves_the_kept_ones_kept(bench: Bench) -> None:
    bench.queue.keep()
    bench.standins.end("a", StoreError("the disk is full"))
    await bench.rests()
    assert bench.problems == ["a: the disk is full"]
    assert (bench.began, bench.queue.kept) == (["a"], 3)


async def test_closing_starts_nothing_that_waits(bench: Bench) -> None:
    bench.queue.keep()
    assert await bench.queue.close(LONG_ENOUGH)
    bench.queue.go_on()
    assert bench.queue.waiting == () and not bench.queue.busy and bench.began == ["a"]
