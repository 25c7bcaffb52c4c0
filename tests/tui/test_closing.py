"""What closes on the screen ends its work first: nothing looks for a widget that is gone."""

import asyncio
from inspect import CORO_CLOSED, getcoroutinestate
from pathlib import Path

import pytest
from textual.app import ComposeResult
from textual.message import Message
from textual.messages import Prune
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static
from textual.worker import Worker, WorkerState

from fada_tui.tui.closing import OrderlyApp
from fada_tui.tui.widgets.keybar import KeyBar
from tests.tui.dashboard import main_of, make_app, save_run, screen_text, wait_for


class Slow(Widget):
    """Closes after its neighbour is gone, and after the work of the widget around both had time to go on."""

    async def on_unmount(self) -> None:
        await asyncio.wait_for(self.around.went_on.wait(), 60)

    @property
    def around(self) -> "Working":
        assert isinstance(self.parent, Working)
        return self.parent


class Working(Widget):
    """Looks for one of its widgets as soon as that is gone."""

    def __init__(self) -> None:
        super().__init__()
        self.went_on = asyncio.Event()

    def compose(self) -> ComposeResult:
        yield Static("words", id="words")
        yield Slow()

    def on_mount(self) -> None:
        self.work = self.run_worker(self._work())

    async def _work(self) -> None:
        try:
            while self.query("#words"):
                await asyncio.sleep(0)
            self.query_one("#words")
        finally:
            self.went_on.set()


class Around(Screen[None]):
    def compose(self) -> ComposeResult:
        yield Working()


class Late(Message):
    """Heard after its screen was told to close."""


class Beginning(Screen[None]):
    work: Worker[None] | None = None

    def compose(self) -> ComposeResult:
        yield Static("words", id="words")

    def on_late(self) -> None:
        self.work = self.run_worker(self._work)

    async def _work(self) -> None:
        while self.query("#words"):
            await asyncio.sleep(0)
        self.query_one("#words")


async def test_work_ends_before_the_widgets_that_it_is_about_when_a_screen_is_left() -> None:
    app = OrderlyApp[None]()
    async with app.run_test() as pilot:
        screen = Around()
        await app.push_screen(screen)
        work = screen.query_one(Working).work
        screen.dismiss()
        await wait_for(pilot, lambda: not screen.is_attached)
        assert work.state is WorkerState.CANCELLED


async def test_work_ends_before_the_widgets_that_it_is_about_when_the_app_is_left() -> None:
    app = OrderlyApp[None]()
    async with app.run_test():
        screen = Around()
        await app.push_screen(screen)
        work = screen.query_one(Working).work
    assert work.state is WorkerState.CANCELLED


async def test_work_that_a_screen_begins_while_it_closes_ends_likewise() -> None:
    app = OrderlyApp[None]()
    async with app.run_test() as pilot:
        screen = Beginning()
        await app.push_screen(screen)
        screen.post_message(Prune())
        screen.post_message(Late())
        await wait_for(pilot, lambda: not screen.is_attached)
        assert screen.work is not None and screen.work.is_cancelled


async def test_a_worker_that_is_cancelled_before_it_has_begun_has_ended() -> None:
    app = OrderlyApp[None]()
    async with app.run_test() as pilot:
        work = asyncio.sleep(0)
        first = app.run_worker(work, exclusive=True)
        then = app.run_worker(asyncio.sleep(0), exclusive=True)
        await wait_for(pilot, lambda: then.is_finished and first.is_finished)
        assert first.state is WorkerState.CANCELLED and then.state is WorkerState.SUCCESS
        assert getcoroutinestate(work) == CORO_CLOSED


async def test_a_screen_that_ends_closes_itself_once_whatever_is_above_it() -> None:
    app = OrderlyApp[None]()
    ended: list[str | None] = []
    async with app.run_test() as pilot:
        below, ending, above = Screen[None](), Screen[str](), Screen[str]()
        await app.push_screen(below)
        await app.push_screen(ending, ended.append)
        await app.push_screen(above, ended.append)
        ending.dismiss("done")
        assert app.screen is below
        ending.dismiss("again")
        await wait_for(pilot, lambda: not ending.is_attached and not above.is_attached)
        assert ended == [None, "done"] and app.screen is below


@pytest.mark.parametrize("key", ["z", "Q", "m"])
async def test_what_is_drawn_while_a_screen_above_closes_leaves_that_out(
    key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_run(tmp_path)
    save_run(tmp_path, "20260101-000001_other", "other")
    app = make_app(tmp_path)
    drawn: list[str] = []

    def draw(bar: KeyBar) -> None:
        if bar.screen is not main_of(app):
            main_of(app).draw()
            drawn.append(key)

    async with app.run_test(size=(120, 36)) as pilot:
        await wait_for(pilot, lambda: "1 Correct" in screen_text(app))
        await pilot.press(key)
        await wait_for(pilot, lambda: app.screen is not main_of(app) and app.screen.query(KeyBar))
        monkeypatch.setattr(KeyBar, "on_unmount", draw, raising=False)
        await pilot.press("escape")
        await wait_for(pilot, lambda: drawn and app.screen is main_of(app))
