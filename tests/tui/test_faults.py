"""Whatever raises while the dashboard is open, it says so in one line and goes on."""

import asyncio
import errno
import os
import stat
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.app import ComposeResult
from textual.geometry import Size
from textual.pilot import Pilot
from textual.screen import ModalScreen, Screen
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Static

from fada_tui.core.paths import faults_file
from fada_tui.core.secrets import remember
from fada_tui.tui.app import FadaApp
from fada_tui.tui.faults import LARGEST_LOG, TIMES_LOGGED, WRITER, Faults
from fada_tui.tui.screens.help import HelpScreen
from fada_tui.tui.widgets.gpu import GpuPane
from fada_tui.tui.widgets.images import ImageList
from fada_tui.tui.widgets.notice import Notice
from tests.tui.dashboard import main_of, make_app, save_run, screen_text, wait_for

pytestmark = [pytest.mark.faults, pytest.mark.long]

WORDS = "hostile"


def fail(*_: Any) -> Any:
    raise ValueError(WORDS)


async def fail_later() -> None:
    fail()


def in_a_worker(app: FadaApp, _: pytest.MonkeyPatch) -> None:
    main_of(app).run_worker(fail_later())


def in_a_thread_worker(app: FadaApp, _: pytest.MonkeyPatch) -> None:
    main_of(app).run_worker(fail, thread=True)


def in_a_timer(app: FadaApp, _: pytest.MonkeyPatch) -> None:
    main_of(app).set_timer(0.001, fail)


def in_a_call_later(app: FadaApp, _: pytest.MonkeyPatch) -> None:
    main_of(app).call_later(fail)


def in_a_call_of_the_app_s(app: FadaApp, _: pytest.MonkeyPatch) -> None:
    app.call_later(fail)


def after_a_refresh(app: FadaApp, _: pytest.MonkeyPatch) -> None:
    app.query_one(GpuPane).call_after_refresh(fail)


def in_a_message_handler(app: FadaApp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(main_of(app).workspace.review, "stay", fail)
    app.query_one(ImageList).post_message(ImageList.Highlighted(None))


def in_a_task(app: FadaApp, _: pytest.MonkeyPatch) -> None:
    task = asyncio.get_running_loop().create_task(fail_later())
    task.add_done_callback(lambda _: None)
    del task


def in_a_callback_of_the_loop(app: FadaApp, _: pytest.MonkeyPatch) -> None:
    asyncio.get_running_loop().call_soon(fail)


def in_a_thread(app: FadaApp, _: pytest.MonkeyPatch) -> None:
    threading.Thread(target=fail, name="pictures").start()


def in_drawing(app: FadaApp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(GpuPane, "render_line", fail)
    app.query_one(GpuPane).refresh()


def in_the_layout(app: FadaApp, monkeypatch: pytest.MonkeyPatch) -> None:
    app.query_one(GpuPane).mount(Unmeasurable())


class Unmeasurable(Static):
    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return int(fail())


PLACES: tuple[Callable[[FadaApp, pytest.MonkeyPatch], None], ...] = (
    in_a_worker,
    in_a_thread_worker,
    in_a_timer,
    in_a_call_later,
    in_a_call_of_the_app_s,
    after_a_refresh,
    in_a_message_handler,
    in_a_task,
    in_a_callback_of_the_loop,
    in_a_thread,
    in_drawing,
    in_the_layout,
)


def notice(app: FadaApp) -> str:
    """The line of the fault, also beneath another one: what is said in opening may come after it."""
    said = main_of(app).query_one(Notice)
    return next((one.text for one in (said._standing, *said._passing) if WORDS in one.text), "")


async def answers_keys(pilot: Pilot[Any]) -> None:
    """See that keys, dialogs and the image list still work."""
    app = pilot.app
    await pilot.press("question_mark")
    await wait_for(pilot, lambda: isinstance(app.screen, HelpScreen))
    await pilot.press("escape")
    await wait_for(pilot, lambda: not isinstance(app.screen, HelpScreen))


@pytest.mark.parametrize("bring_about", PLACES, ids=lambda place: place.__name__)
async def test_the_dashboard_goes_on_and_says_so(
    tmp_path: Path, bring_about: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    save_run(tmp_path)
    app = make_app(tmp_path)
    async with app.run_test(size=(120, 36)) as pilot:
        await wait_for(pilot, lambda: "Question 1" in screen_text(app))
        await pilot.press("v")  # the gauges stand among the lists
        with monkeypatch.context() as patched:
            bring_about(app, patched)
            line = await wait_for(pilot, lambda: WORDS in notice(app) and notice(app))
        assert "unexpected ValueError" in line and "\n" not in line
        assert "details in" in line
        await answers_keys(pilot)
        assert app.is_running and main_of(app).is_running
        assert main_of(app).workspace.review.run is not None
    log = faults_file().read_text()
    assert "Traceback" in log and WORDS in log
    assert stat.S_IMODE(faults_file().stat().st_mode) == 0o600


class BrokenCompose(ModalScreen[None]):
    def compose(self) -> ComposeResult:
        yield Static("half of it")
        fail()


class BrokenMount(ModalScreen[None]):
    def on_mount(self) -> None:
        fail()


class BrokenChild(Screen[None]):
    BINDINGS = [("escape", "dismiss", "Back")]  # noqa: RUF012

    def compose(self) -> ComposeResult:
        yield BrokenWidget()


class BrokenWidget(Widget):
    def compose(self) -> ComposeResult:
        fail()
        yield Static("never")


@pytest.mark.parametrize("screen", [BrokenCompose, BrokenMount])
async def test_a_dialog_that_cannot_open_closes(tmp_path: Path, screen: type[Screen[None]]) -> None:
    app = make_app(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        asked: list[object] = []

        async def ask() -> None:
            asked.append(await app.push_screen_wait(screen()))

        main_of(app).run_worker(ask())
        await wait_for(pilot, lambda: WORDS in notice(app) and app.screen is main_of(app) and asked)
        assert asked == [None]
        await answers_keys(pilot)


async def test_a_screen_with_a_broken_part_can_be_left(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        app.push_screen(BrokenChild())
        await wait_for(pilot, lambda: WORDS in notice(app))
        await wait_for(pilot, lambda: WORDS in screen_text(app))  # it covers the notice: a toast says it
        await pilot.press("escape")
        await wait_for(pilot, lambda: app.screen is main_of(app))


async def test_a_pane_that_fails_at_each_drawing_shows_words_until_it_is_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_app(tmp_path)
    drawn = 0

    def draw(*_: Any) -> Strip:
        nonlocal drawn
        drawn += 1
        return Strip(fail())

    async with app.run_test(size=(120, 36)) as pilot:
        images = app.query_one(ImageList)
        await wait_for(pilot, lambda: main_of(app).workspace.review.gallery)
        with monkeypatch.context() as patched:
            patched.setattr(ImageList, "render_line", draw)
            for _ in range(10):
                images.refresh()
                await pilot.pause()
            await wait_for(pilot, lambda: "cannot be drawn" in screen_text(app))
            settled = drawn
            await pilot.pause(0.3)
            assert drawn <= settled + 2, "it is drawn again by itself"
        assert faults_file().read_text().count("Traceback") == TIMES_LOGGED
        images.refresh()
        await wait_for(pilot, lambda: "cannot be drawn" not in screen_text(app))


async def test_a_fault_before_the_first_frame_ends_the_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    app = make_app(tmp_path)
    monkeypatch.setattr(main_of_class(), "compose", fail)
    with pytest.raises(ValueError, match=WORDS):
        async with app.run_test():
            pass
    assert isinstance(app.fault, ValueError)
    assert "Traceback" not in "".join(capsys.readouterr())


def main_of_class() -> type[Screen[None]]:
    from fada_tui.tui.main_screen import MainScreen

    return MainScreen


def test_a_log_keeps_its_size_and_no_key(tmp_path: Path) -> None:
    told: list[str] = []
    log = tmp_path / "new" / "faults.log"
    faults = Faults(log, told.append)
    remember(["sk-" + "a" * 30])
    faults.take(ValueError("sk-" + "a" * 30 + "\x1b]0;x\x07\nline"), "here")
    assert told == [
        f"here: unexpected ValueError: [key]\\x1b]0;x\\x07 line in an unknown place; details in {log}"
    ]
    text = log.read_text()
    assert "aaa" not in text and "\x1b" not in text
    log.write_bytes(b"x" * (LARGEST_LOG + 1))
    faults.take(KeyError("other"))
    assert log.stat().st_size < 5000
    assert (tmp_path / "new" / "faults.old.log").stat().st_size > LARGEST_LOG


def test_a_fault_that_comes_again_and_again_is_told_some_times(tmp_path: Path) -> None:
    told: list[str] = []
    faults = Faults(tmp_path / "faults.log", told.append)
    for _ in range(1000):
        faults.take(ValueError("x"))
    assert len(told) == TIMES_LOGGED


def test_a_fault_is_told_though_nothing_can_be_written(tmp_path: Path) -> None:
    told: list[str] = []
    os.mkfifo(tmp_path / "faults.log")
    Faults(tmp_path / "faults.log", told.append).take(ValueError("x"))
    (tmp_path / "file").touch()
    Faults(tmp_path / "file" / "faults.log", told.append).take(ValueError("x"))
    assert told == ["unexpected ValueError: x in an unknown place"] * 2


@pytest.mark.parametrize(
    ("name", "error", "is_fault"),
    [
        (WRITER, OSError(errno.EIO, "gone"), False),
        (WRITER, ValueError("odd"), True),
        ("another", OSError(errno.EIO, "a disk"), True),
    ],
)
def test_a_terminal_that_has_hung_up_is_no_fault(
    name: str, error: Exception, is_fault: bool, tmp_path: Path
) -> None:
    told: list[str] = []
    hook = Faults(tmp_path / "faults.log", told.append).of_threads(lambda call, *given: call(*given))
    hook(threading.ExceptHookArgs((type(error), error, None, threading.Thread(name=name))))
    assert bool(told) == (tmp_path / "faults.log").exists() == is_fault
