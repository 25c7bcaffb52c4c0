"""A queue that runs sessions one after another in the front end's event loop.

To stop is to stop the work, not one run of it: what waits is taken off the queue, too, and named to who
asked. A waiting run has no folder yet, so nothing is lost by that.
"""

import asyncio
from collections.abc import Callable
from contextlib import aclosing

from msgspec import Struct

from fada_tui.core.errors import FadaError, reason
from fada_tui.runs.events import SessionEvent
from fada_tui.runs.session import Session
from fada_tui.runs.worker_client.pool import WorkerPool

WRITING_SECONDS = 2.0
"""Part of the time for closing that is reserved for writing a run's files after a worker is killed."""

WARM_SECONDS = 300.0
"""How long the last run's worker keeps its model, for a run that may follow."""


class _Waiting(Struct, frozen=True):
    """A run that has not started."""

    make: Callable[[], Session]
    label: str


class RunQueue:
    """A queue of runs, which starts when a run is added and stops when it is empty.

    Args:
        on_event: called in the event loop with each event of the run that goes on.
        on_problem: called with one line when a run could not begin, or broke off without an end. The next one
            follows.
    """

    def __init__(self, on_event: Callable[[SessionEvent], None], on_problem: Callable[[str], None]) -> None:
        self._on_event = on_event
        self._on_problem = on_problem
        self._waiting: list[_Waiting] = []
        self._current: Session | None = None
        self._label: str | None = None
        self._stop: Callable[[Session], None] | None = None
        self._pool = WorkerPool(WARM_SECONDS)
        self._driver: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def current(self) -> Session | None:
        """The session in progress; `None` also while one is being created."""
        return self._current

    @property
    def label(self) -> str | None:
        """The label of the run in progress or being created."""
        return self._label

    @property
    def busy(self) -> bool:
        """Whether a run is in progress or being created."""
        return self._label is not None

    @property
    def waiting(self) -> tuple[str, ...]:
        """The labels of the waiting runs, in order."""
        return tuple(one.label for one in self._waiting)

    @property
    def worker_pid(self) -> int | None:
        """The process id of the active worker, or of the one kept for the next run."""
        return (self._current.worker_pid if self._current else None) or self._pool.pid

    def add(self, make: Callable[[], Session], label: str) -> None:
        """Put a run at the end of the queue.

        Args:
            make: makes the session when its turn comes; called in a thread, as it reads and writes files.
            label: what the run is called until then. Two may have the same.
        """
        if self._closed:
            return
        self._waiting.append(_Waiting(make, label))
        if self._driver is None or self._driver.done():
            self._driver = asyncio.get_running_loop().create_task(self._drive())

    def remove(self, index: int) -> str:
        """Remove a waiting run and return its label; raises `IndexError` if there is no such run."""
        return self._waiting.pop(index).label

    def stop_after_image(self) -> tuple[str, ...]:
        """Stop once the current image is finished; return the labels of the runs that won't start."""
        return self._ask(Session.stop_after_image)

    def stop_now(self) -> tuple[str, ...]:
        """Stop between two tokens; return the labels of the runs that won't start."""
        return self._ask(Session.stop_now)

    async def close(self, patience: float) -> bool:
        """Stop now, accept no more runs, wait until the files are written, and end the worker.

        A worker that does not stop in time is killed, as its image at hand is not wanted any more. What is
        finished is in the journal whatever happens.

        Args:
            patience: seconds that all of this may take.

        Returns:
            Whether the files are written. If not, they will be when the run is next opened.
        """
        self._closed = True
        self.stop_now()
        if self._driver is None:
            return True
        clock = asyncio.get_running_loop().time
        end = clock() + patience
        done, _ = await asyncio.wait([self._driver], timeout=max(patience - WRITING_SECONDS, 0))
        if not done:
            self._ask(Session.give_up)
            done, _ = await asyncio.wait([self._driver], timeout=min(patience, WRITING_SECONDS))
        await self._pool.close(max(end - clock(), 0))
        return bool(done)

    def _ask(self, stop: Callable[[Session], None]) -> tuple[str, ...]:
        dropped = self.waiting
        self._waiting.clear()
        if self._current is not None:
            stop(self._current)
        elif self.busy:
            self._stop = stop
        return dropped

    async def _drive(self) -> None:
        while self._waiting:
            one = self._waiting.pop(0)
            self._label = one.label
            try:
                await self._run(one)
            except (FadaError, OSError) as error:
                self._on_problem(f"{one.label}: {error}")
            except Exception as error:  # whatever it is, it must not take the waiting runs with it
                self._on_problem(f"{one.label}: unexpected {reason(error, named=True)}")
                _tell_loop(error, f"{one.label}: the run broke off")
            finally:
                self._current = self._label = self._stop = None

    async def _run(self, one: _Waiting) -> None:
        session = await asyncio.to_thread(one.make)
        self._current = session
        if self._stop is not None:
            self._stop(session)
        async with aclosing(session.events(self._pool)) as events:
            async for event in events:
                try:
                    self._on_event(event)
                except Exception as error:  # what is shown of a run must not end it
                    _tell_loop(error, f"{one.label}: the run goes on")


def _tell_loop(error: Exception, message: str) -> None:
    loop = asyncio.get_running_loop()
    loop.call_exception_handler({"message": message, "exception": error})
