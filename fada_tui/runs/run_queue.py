"""A queue that runs sessions one after another in the front end's event loop.

To stop is to stop the run in progress. What becomes of those that wait is said apart: they follow, unless
they are kept, and then wait until the queue goes on, or dropped. A waiting run has no folder yet, so nothing
on disk is lost by that; a run that is added later passes those that are kept.

Whoever hands the runs over to another process `hold`s the queue first. That may be done in any thread, as a
stalled terminal blocks the event loop; all else is for the loop's thread alone.
"""

import asyncio
import threading
from collections.abc import Callable, Mapping
from contextlib import aclosing
from pathlib import Path
from typing import NamedTuple, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from fada_tui.core.errors import FadaError, reason
from fada_tui.runs.engines.pool import EnginePool
from fada_tui.runs.events import RunEnded, SessionEvent
from fada_tui.runs.session import Session
from fada_tui.runs.telemetry.readings import Watched
from fada_tui.runs.worker_client.pool import WorkerPool

WRITING_SECONDS = 2.0
"""Part of the time for closing that is reserved for writing a run's files after a worker is killed."""

WARM_SECONDS = 300.0
"""How long the last run's worker or engine keeps its model, for a run that may follow."""


class Extent(Struct, frozen=True):
    """How much a run will do, as far as is known."""

    images: int = 0
    questions: int = 0
    answers: int = 0
    """That are left to make."""
    seconds: float | None = None
    """Expected for them, by earlier runs."""


UNKNOWN = Extent()

Make: TypeAlias = Callable[[], Session]
"""Makes a run's session; called in a thread, as it reads and writes files."""


class Written(NamedTuple):
    """A run that is on disk and has not started."""

    folder: Path
    make: Make


class WaitingRun(Struct, frozen=True):
    """A run that has not started."""

    number: int
    """Which it is, wherever it moves in the queue."""
    make: Make
    label: str
    extent: Extent
    kept: bool = False
    """Whether it waits until the queue goes on, not for its turn."""
    write: Callable[[], Written] | None = None
    """Writes the run to disk without starting it; called in a thread. `None` where it is there."""
    folder: Path | None = None
    """Its folder, where there is one."""


class BegunRun:
    """A run whose turn has come.

    Args:
        run: as it waited.
    """

    def __init__(self, run: WaitingRun) -> None:
        self.label = run.label
        self._make = run.make
        self._folder = run.folder
        self._known = threading.Event()

    def make(self) -> Session:
        """Make its session."""
        try:
            session = self._make()
            self._folder = session.folder
            return session
        finally:
            self._known.set()

    def folder(self, patience: float) -> Path | None:
        """Return its folder; blocks while that is being made.

        Args:
            patience: seconds to wait at most.

        Returns:
            `None` if it has none: it could not be made, or not in time.
        """
        if self._folder is None:
            self._known.wait(patience)
        return self._folder


class Held(Struct, frozen=True):
    """What there is in a queue that is held."""

    begun: BegunRun | None
    """The run that goes on, or is being created."""
    waiting: tuple[WaitingRun, ...]


class RunQueue:
    """A queue of runs, which starts when a run is added and rests when none is left but those that are kept.

    Args:
        on_event: called in the event loop with each event of the run that goes on.
        on_problem: called with one line when a run could not begin, or broke off without an end. The next one
            follows.
    """

    def __init__(self, on_event: Callable[[SessionEvent], None], on_problem: Callable[[str], None]) -> None:
        self._on_event = on_event
        self._on_problem = on_problem
        self._waiting: list[WaitingRun] = []
        self._added = 0
        self._current: Session | None = None
        self._begun: BegunRun | None = None
        self._lock = threading.Lock()
        """Of which runs wait, and which one has begun."""
        self._held = False
        self._stop: Callable[[Session], None] | None = None
        self._pool = WorkerPool(WARM_SECONDS)
        self._engines = EnginePool(WARM_SECONDS)
        self._driver: asyncio.Task[None] | None = None
        self._closed = False
        self._ended = False
        """The run in progress has been told as ended, and is only put away."""

    @property
    def current(self) -> Session | None:
        """The session in progress; `None` also while one is being created."""
        return self._current

    @property
    def label(self) -> str | None:
        """The label of the run in progress or being created."""
        return None if self._begun is None else self._begun.label

    @property
    def busy(self) -> bool:
        """Whether a run is in progress or being created."""
        return self._begun is not None

    @property
    def at_work(self) -> bool:
        """Whether there is such a run, and it has not been told that it has ended."""
        return self.busy and not self._ended

    @property
    def waiting(self) -> tuple[str, ...]:
        """The labels of the waiting runs, in order."""
        return tuple(one.label for one in self._waiting)

    @property
    def runs(self) -> tuple[WaitingRun, ...]:
        """The waiting runs, in order."""
        return tuple(self._waiting)

    @property
    def upcoming(self) -> WaitingRun | None:
        """The run that follows by itself; `None` where none waits, or all that wait are kept."""
        return next((one for one in self._waiting if not one.kept), None)

    def has(self, folder: Path) -> bool:
        """Whether the run of a folder waits, or its turn has come."""
        begun = self._begun is not None and self._begun.folder(0) == folder
        return begun or any(one.folder == folder for one in self._waiting)

    @property
    def kept(self) -> int:
        """How many runs wait until the queue goes on."""
        return sum(one.kept for one in self._waiting)

    @property
    def worker_pid(self) -> int | None:
        """The process id of the active worker, or of the one kept for the next run."""
        return (self._current.worker_pid if self._current else None) or self._pool.pid

    @property
    def watched(self) -> tuple[Watched, ...]:
        """What is active, or kept for the next run: workers, or an engine."""
        return (self._current.watched if self._current else ()) or self._pool.watched or self._engines.watched

    def add(
        self,
        make: Make,
        label: str,
        extent: Extent = UNKNOWN,
        *,
        write: Callable[[], Written] | None = None,
        folder: Path | None = None,
    ) -> None:
        """Put a run at the end of the queue.

        Args:
            make: makes the session when its turn comes.
            label: what the run is called until then. Two may have the same.
            extent: how much it will do.
            write: writes a new run to disk without starting it; called in a thread.
            folder: of a run that is there.
        """
        if self._closed:
            return
        with self._lock:
            self._added += 1
            run = WaitingRun(self._added, make, label, extent, write=write, folder=folder)
            self._waiting.append(run)
        self._start()

    def remove(self, number: int) -> bool:
        """Take a waiting run off the queue; return whether it was waiting still."""
        with self._lock:
            place = None if self._held else self._place(number)
            if place is not None:
                del self._waiting[place]
            return place is not None

    def move(self, number: int, step: int) -> bool:
        """Move a waiting run so many places down, or up; return whether it moved."""
        with self._lock:
            place = None if self._held else self._place(number)
            if place is None or not 0 <= place + step < len(self._waiting):
                return False
            self._waiting.insert(place + step, self._waiting.pop(place))
            return True

    def keep(self) -> None:
        """Let no waiting run start before the queue goes on."""
        with self._lock:
            self._waiting = [replace(one, kept=True) for one in self._waiting]

    def drop(self) -> None:
        """Take all waiting runs off the queue."""
        with self._lock:
            self._waiting.clear()

    def go_on(self) -> None:
        """Let the runs that were kept follow, too."""
        if not self._closed:
            with self._lock:
                self._waiting = [replace(one, kept=False) for one in self._waiting]
            self._start()

    def hold(self) -> Held:
        """Let nothing begin, move or be taken off until it is released; may be called in any thread."""
        with self._lock:
            self._held = True
            return Held(self._begun, tuple(self._waiting))

    def release(self, written: Mapping[int, Written] | None = None) -> None:
        """Go on after `hold`.

        Args:
            written: what is on disk by now of the waiting runs, by their numbers.
        """
        with self._lock:
            self._held = False
            self._waiting = [_on_disk(one, (written or {}).get(one.number)) for one in self._waiting]
        self._start()

    def stop_after_image(self) -> None:
        """Stop the run in progress once the current image is finished."""
        self._ask(lambda session: session.stop_after_image())

    def stop_now(self) -> None:
        """Stop the run in progress between two tokens."""
        self._ask(lambda session: session.stop_now())

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
        self.drop()
        self.stop_now()
        if self._driver is None:
            return True
        clock = asyncio.get_running_loop().time
        end = clock() + patience
        done, _ = await asyncio.wait([self._driver], timeout=max(patience - WRITING_SECONDS, 0))
        if not done:
            self._ask(lambda session: session.give_up())
            done, _ = await asyncio.wait([self._driver], timeout=min(patience, WRITING_SECONDS))
        await self._pool.close(max(end - clock(), 0))
        await self._engines.close(max(end - clock(), 0))
        return bool(done)

    def _start(self) -> None:
        if self.upcoming is not None and (self._driver is None or self._driver.done()):
            self._driver = asyncio.get_running_loop().create_task(self._drive())

    def _place(self, number: int) -> int | None:
        return next((place for place, one in enumerate(self._waiting) if one.number == number), None)

    def _ask(self, stop: Callable[[Session], None]) -> None:
        if self._current is not None:
            stop(self._current)
        elif self.busy:
            self._stop = stop

    async def _drive(self) -> None:
        while (one := self._next()) is not None:
            try:
                await self._run(one)
            except (FadaError, OSError) as error:
                self._on_problem(f"{one.label}: {error}")
            except Exception as error:  # whatever it is, it must not take the waiting runs with it
                self._on_problem(f"{one.label}: unexpected {reason(error, named=True)}")
                _tell_loop(error, f"{one.label}: the run broke off")
            finally:
                self._current = self._begun = self._stop = None
                self._ended = False

    def _next(self) -> BegunRun | None:
        with self._lock:
            one = None if self._held else self.upcoming
            if one is not None:
                self._waiting.remove(one)
                self._begun = BegunRun(one)
            return self._begun

    async def _run(self, one: BegunRun) -> None:
        session = await asyncio.to_thread(one.make)
        self._current = session
        if self._stop is not None:
            self._stop(session)
        async with aclosing(session.events(self._pool, self._engines)) as events:
            async for event in events:
                self._ended = isinstance(event, RunEnded)
                try:
                    self._on_event(event)
                except Exception as error:  # what is shown of a run must not end it
                    _tell_loop(error, f"{one.label}: the run goes on")


def _on_disk(run: WaitingRun, written: Written | None) -> WaitingRun:
    if written is None:
        return run
    return replace(run, make=written.make, folder=written.folder, write=None)


def _tell_loop(error: Exception, message: str) -> None:
    loop = asyncio.get_running_loop()
    loop.call_exception_handler({"message": message, "exception": error})
