"""Runs on several workers of the CPU, made by real ones: who dies when, and what is told."""

import os
import random
import signal
from collections import Counter
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

from fada_tui.config.settings import Settings
from fada_tui.core.records import Run
from fada_tui.models.registry import load_registry
from fada_tui.runs.events import AnswerFinished, AnswerStarted, DeviceReady, RunEnded, SessionEvent
from fada_tui.runs.planning import jobs
from fada_tui.runs.session import Session
from fada_tui.runs.worker_client.deadlines import Deadlines
from fada_tui.runs.worker_client.pool import WorkerPool

REGISTRY = load_registry(Path("no models.toml"))
DEADLINES = Deadlines(load=600, first_token=600, token=600)
"""The machine may be busy, and tests let workers stand still."""

ASKED: dict[str, Any] = {
    "question": ("Which structures are there?", "Is it a brain?"),
    "dtype": "float32",
    "max_new_tokens": 6,
    "limit": 12,
}

Happens = Callable[[Session, SessionEvent], None]


def new(results: Path, devices: str | None, **settings: Any) -> Session:
    """A new run's session."""
    (job,), _ = jobs(Settings(devices=devices, **ASKED | settings), REGISTRY, None)
    return Session.new(job, results, DEADLINES, REGISTRY)


def resumed(folder: Path) -> Session:
    """A session that goes on with a run."""
    return Session.resume(folder, DEADLINES, REGISTRY)[0]


async def events_of(
    session: Session, happens: Happens | None = None, pool: WorkerPool | None = None
) -> list[SessionEvent]:
    """Go on with a run to its end; return its events, of which `happens` hears first."""
    seen = []
    async with aclosing(session.events(pool)) as events:
        async for event in events:
            seen.append(event)
            if happens:
                happens(session, event)
    return seen


def run_of(events: list[SessionEvent]) -> Run:
    """The run as it ended."""
    return next(event.run for event in events if isinstance(event, RunEnded))


def answers(run: Run) -> dict[tuple[str, str], str | None]:
    """What was answered, by result."""
    return {one.key: one.response for one in run.results}


def told(events: list[SessionEvent]) -> Counter[tuple[str, str]]:
    """How often each result was told."""
    return Counter(event.result.key for event in events if isinstance(event, AnswerFinished))


def pids(session: Session) -> dict[str, int]:
    """The workers that run, by their devices."""
    return {worker.name: worker.pid for worker in session.watched}


class WaitForAll:
    """Lets the first worker stand still from its first item until the last one is there.

    So all of them have something to do, however slowly one starts.

    Args:
        count: of the workers.
    """

    def __init__(self, count: int = 2) -> None:
        self.count = count
        self._ready = 0
        self._stopped: int | None = None

    def __call__(self, session: Session, event: SessionEvent) -> None:
        """Take an event."""
        if self.all_there:
            return
        if isinstance(event, DeviceReady):
            self._ready = event.ready
            if self.all_there and self._stopped:
                os.kill(self._stopped, signal.SIGCONT)
        if isinstance(event, AnswerStarted) and self._stopped is None and not self.all_there:
            self._stopped = pids(session)[event.device or ""]
            os.kill(self._stopped, signal.SIGSTOP)

    @property
    def all_there(self) -> bool:
        """Whether all of them are there."""
        return self._ready >= self.count


class Kills:
    """Kills one worker at a time, at random, but each only after it has answered since it was started.

    Args:
        seed: of chance.
        times: how often.
        every: answers between two, at most.
    """

    def __init__(self, seed: int, times: int, every: int) -> None:
        self.left = times
        self.killed: list[str] = []
        self._chance = random.Random(seed)
        self._every = every
        self._answered: set[str] = set()
        self._next = self._chance.randint(1, every)

    def __call__(self, session: Session, event: SessionEvent) -> None:
        """Take an event."""
        if isinstance(event, AnswerFinished):
            self._answered.add(str(event.result.device))
            self._next -= 1
        due = self._next <= 0 and isinstance(event, AnswerStarted | AnswerFinished)
        alive = sorted(self._answered & pids(session).keys())
        if self.left and due and alive:
            name = self._chance.choice(alive)
            os.kill(pids(session)[name], signal.SIGKILL)
            self._answered.discard(name)
            self.killed.append(name)
            self.left -= 1
            self._next = self._chance.randint(1, self._every)
