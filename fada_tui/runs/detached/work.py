"""The queue of a results folder worked through, one run after another, with nobody looking."""

import asyncio
import os
import signal
import time
import traceback
from collections import Counter
from collections.abc import Sequence
from contextlib import aclosing, suppress
from pathlib import Path

from msgspec import UNSET
from msgspec.structs import replace

from fada_tui.core.errors import ErrorKind, FadaError, RunLockedError, reason
from fada_tui.core.records import Run
from fada_tui.models.registry import Registry
from fada_tui.runs.detached.log import Log
from fada_tui.runs.detached.orders import Orders
from fada_tui.runs.engines.pool import EnginePool
from fada_tui.runs.events import (
    DeviceLost,
    RunEnded,
    RunStarted,
    SessionEvent,
    Warned,
    WorkerRestarted,
)
from fada_tui.runs.session import Session
from fada_tui.runs.worker_client.pool import WorkerPool
from fada_tui.store.lock import holder_of
from fada_tui.store.queue_file import QueuedRun, QueueLock, change_queue, read_queue, upcoming

LOOK_SECONDS = 1.0
"""How often it looks whether a run that another program writes is free."""

LOCKED_TRIES = 100
"""How often a run is tried that somebody locks again and again, each time only for a moment."""

WARM_SECONDS = 300.0
"""How long the last run's worker keeps its model while a run is waited for."""


def try_again(queue: Sequence[QueuedRun]) -> tuple[QueuedRun, ...]:
    """Return a queue in which no run has a problem any more: what was in its way may be allowed now."""
    return tuple(replace(one, problem=UNSET) for one in queue)


class QueueWork:
    """The work through one queue; it ends when no run is ready, or by a signal.

    Args:
        results: the results folder.
        orders: the settings and permissions in force.
        registry: the model list.
        lock: of the queue; released in the end.
        log: told what happens.
    """

    def __init__(self, results: Path, orders: Orders, registry: Registry, lock: QueueLock, log: Log) -> None:
        self._results = results
        self._orders = orders
        self._registry = registry
        self._lock = lock
        self._log = log
        self._pool = WorkerPool(WARM_SECONDS)
        self._engines = EnginePool(WARM_SECONDS)
        self._session: Session | None = None
        self._stops = 0
        self._stopped = asyncio.Event()
        self._waited_for: str | None = None
        self._locked: Counter[str] = Counter()
        """How often a run was found locked when it was to begin."""
        self._tried: set[str] = set()
        """Runs that have had a second try."""

    async def run(self) -> None:
        """Work through the queue.

        Raises:
            StoreError: the queue can no longer be read or written; what is left stays in it.
        """
        loop = asyncio.get_running_loop()
        for told in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(told, self._stop)
        try:
            while not self._stops and await self._next():
                pass
        finally:
            await self._pool.close()
            await self._engines.close()

    async def _next(self) -> bool:
        """Do what is next; return whether to go on."""
        if not self._lock.is_kept:
            self._log.say("the lock of the queue is gone, or another program's: the queue ends here")
            return False
        one = upcoming(await asyncio.to_thread(read_queue, self._results))
        if one is None:
            if not await asyncio.to_thread(self._lock.leave):
                return True
            self._log.say("no run is left to begin: the queue ends")
            return False
        folder = one.folder(self._results)
        if await asyncio.to_thread(_is_gone, folder):
            await self._drop(one, "its folder is gone; it is taken off the queue")
        elif writer := await asyncio.to_thread(_writer, folder):
            await self._wait(one, writer)
        else:
            await self._begin(one, folder)
        return True

    async def _wait(self, one: QueuedRun, writer: str) -> None:
        if self._waited_for != one.run:
            self._waited_for = one.run
            self._log.say(f"{one.run}: waits for {writer}, which writes it")
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_SECONDS):
                await self._stopped.wait()

    async def _begin(self, one: QueuedRun, folder: Path) -> None:
        """Resume a run and see it to its end; what keeps it from that is written beside it in the queue."""
        self._log.renew()
        began = time.monotonic()
        try:
            run = await self._whole(one, folder)
        except RunLockedError as error:
            if await asyncio.to_thread(_writer, folder) is None and not self._was_for_a_moment(one, began):
                await self._keep(one, folder, str(error))
        except (FadaError, OSError) as error:
            await self._keep(one, folder, str(error))
        except Exception as error:  # whatever it is, the others have their turn
            self._log.say(f"{one.run}: broke off by a fault:")
            traceback.print_exception(error)
            await self._keep(one, folder, f"unexpected {reason(error, named=True)}")
        else:
            self._log.say(_ended(run))
            if _lost_its_worker(run) and one.run not in self._tried:
                self._tried.add(one.run)
                self._log.say(f"{one.run}: is tried once more")
            elif not (self._stops and run.status == "interrupted"):
                await self._drop(one)
        finally:
            self._session = None

    def _was_for_a_moment(self, one: QueuedRun, since: float) -> bool:
        """Return whether a run that was locked may have been so for a moment: it is tried again then.

        Whoever judges it, or has just left it, writes its files in between.
        """
        self._locked[one.run] += 1
        return time.monotonic() - since < LOOK_SECONDS and self._locked[one.run] < LOCKED_TRIES

    async def _whole(self, one: QueuedRun, folder: Path) -> Run:
        """Return a run as its session leaves it on disk; raises what keeps it from its end."""
        orders = self._orders
        session, warnings = await asyncio.to_thread(
            Session.resume,
            folder,
            orders.deadlines,
            self._registry,
            orders.consent,
            orders.servers,
            orders.engines,
        )
        self._session = session
        for warning in warnings:
            self._log.say(f"{one.run}: {warning}")
        if self._stops:
            session.stop_after_image()
        run: Run | None = None
        async with aclosing(session.events(self._pool, self._engines)) as events:
            async for event in events:
                self._tell(one, event)
                if isinstance(event, RunEnded):
                    run = event.run
        assert run is not None
        return run

    def _tell(self, one: QueuedRun, event: SessionEvent) -> None:
        match event:
            case RunStarted(remaining=left, total=total):
                self._log.say(f"{one.run}: begins, {left:,} of {total:,} answers to make")
            case Warned(message=message):
                self._log.say(f"{one.run}: {message}")
            case WorkerRestarted(reason=reason, device=device):
                which = f"{device}: " if device else ""
                self._log.say(f"{one.run}: {which}{reason}; another worker takes over")
            case DeviceLost(what_happens=message):
                self._log.say(f"{one.run}: {message}")

    async def _drop(self, one: QueuedRun, why: str | None = None) -> None:
        if why:
            self._log.say(f"{one.run}: {why}")
        await asyncio.to_thread(
            change_queue, self._results, lambda queue: [x for x in queue if x.run != one.run]
        )

    async def _keep(self, one: QueuedRun, folder: Path, problem: str) -> None:
        """Leave a run in the queue with what was wrong, unless its folder is gone."""
        self._log.say(f"{one.run}: {problem}")
        if await asyncio.to_thread(_is_gone, folder):
            return  # dropped when its turn comes, which is next

        def change(queue: tuple[QueuedRun, ...]) -> list[QueuedRun]:
            return [replace(x, problem=problem) if x.run == one.run else x for x in queue]

        await asyncio.to_thread(change_queue, self._results, change)

    def _stop(self) -> None:
        """Stop after the image at hand; the second time at once.

        The queue is let go already, so that another may be launched, which waits for the run at hand.
        """
        self._stops += 1
        self._stopped.set()
        self._lock.release()
        self._log.say("told to stop: what is left stays in the queue")
        if self._session and self._stops == 1:
            self._session.stop_after_image()
        elif self._session:
            self._session.stop_now()


def _is_gone(folder: Path) -> bool:
    return not os.path.lexists(folder)


def _writer(folder: Path) -> str | None:
    """Return which living program writes a run, in words; `None` if none does.

    A worker whose program is gone is no such: it ends by itself, and who takes the lock waits for it.
    """
    holder = holder_of(folder)
    if holder is None or holder.program is None or (holder.is_here and not holder.program_lives):
        return None
    return holder.words


def _lost_its_worker(run: Run) -> bool:
    """Return whether a run failed only since its worker ended, which may be somebody's doing."""
    return run.status == "failed" and run.error is not UNSET and run.error.kind == ErrorKind.WORKER_DIED


def _ended(run: Run) -> str:
    errors = sum(result.error is not None for result in run.results)
    said = f"{run.id}: {run.status}, {len(run.results) - errors:,} answers, {errors:,} errors"
    return said if run.error is UNSET else f"{said}: {run.error.message}"
