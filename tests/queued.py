"""Stand-ins for the sessions of a queue: what is tested needs no model and no worker."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

from fada_tui.runs.events import Warned
from fada_tui.runs.session import Session


class Standin:
    """A session that goes on until it is ended, or asked to stop."""

    worker_pid = None
    watched = ()
    at_hand = "this image"
    stopping = False
    folder = Path("nowhere")

    def __init__(self, name: str, began: list[str], stopped: list[str]) -> None:
        self.name = name
        self.over = asyncio.Event()
        self.fails: Exception | None = None
        self._began = began
        self._stopped = stopped

    async def events(self, *_: object) -> AsyncIterator[Warned]:
        """Begin, and go on until the end."""
        self._began.append(self.name)
        yield Warned(message=self.name)
        await self.over.wait()
        if self.fails:
            raise self.fails

    def stop_after_image(self) -> None:
        """End, as a session does that is asked to."""
        self._stopped.append(self.name)
        self.over.set()

    stop_now = give_up = stop_after_image


class Standins:
    """Sessions by their names, and what became of them."""

    def __init__(self) -> None:
        self.began: list[str] = []
        self.stopped: list[str] = []
        self.made: dict[str, Standin] = {}

    def make(self, name: str) -> Session:
        """Make one, as a queue asks for it."""
        self.made[name] = Standin(name, self.began, self.stopped)
        return cast("Any", self.made[name])

    def end(self, name: str, error: Exception | None = None) -> None:
        """Let one end, or break off."""
        self.made[name].fails = error
        self.made[name].over.set()
