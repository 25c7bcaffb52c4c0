"""The program on ptys of its own."""

import contextlib
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from textual.pilot import Pilot

from fada_tui.tui.app import FadaApp
from fada_tui.tui.terminal import key_queue
from fada_tui.tui.widgets.notice import Notice
from tests.conftest import LONG_ENOUGH, wait_for
from tests.tui.dashboard import settle
from tests.tui.program import OnPty, worker_of


@pytest.fixture(autouse=True)
def notices_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    """No line passes before it is looked at, however busy the machine is."""
    monkeypatch.setattr(Notice, "SECONDS", 600.0)


@pytest.fixture(autouse=True)
def keys_are_done_with(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pilot goes on once a key has done what it does, not when the process has stood still for a moment."""
    press, pause = Pilot.press, Pilot.pause

    async def pressed(pilot: Pilot[Any], *keys: str) -> None:
        # The dashboard has a queue of what is typed ahead; a bare app has none.
        for part in [keys] if isinstance(pilot.app, FadaApp) else [(key,) for key in keys]:
            await press(pilot, *part)
            await settle(pilot)

    async def paused(pilot: Pilot[Any], delay: float | None = None) -> None:
        await pause(pilot, delay)
        if delay is None:
            await settle(pilot)

    monkeypatch.setattr(Pilot, "press", pressed)
    monkeypatch.setattr(Pilot, "pause", paused)
    # Keys typed ahead wait for what the key before them opens, however long that takes here.
    for name in ("OPENING_SECONDS", "ANSWERING_SECONDS"):
        monkeypatch.setattr(key_queue, name, LONG_ENOUGH / 2)


@pytest.fixture(autouse=True)
def no_worker_stays() -> Iterator[None]:
    """A dashboard's kept worker ends with its process; under Pilot that goes on with the next test."""
    yield
    while worker := worker_of(os.getpid()):
        with contextlib.suppress(psutil.NoSuchProcess):  # it ends just now
            worker.kill()
            worker.wait()


@pytest.fixture(autouse=True)
def no_telemetry_stays() -> Iterator[None]:
    """A dashboard that has closed reads the machine no more."""
    yield
    wait_for(lambda: "telemetry" not in {thread.name for thread in threading.enumerate()})


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., OnPty]]:
    """Starts the program as often as it is called; all are ended after the test."""
    started: list[OnPty] = []

    def begin(*arguments: str | Path, **options: Any) -> OnPty:
        started.append(OnPty(tmp_path, *arguments, **options))
        return started[-1]

    yield begin
    for one in started:
        one.end()
