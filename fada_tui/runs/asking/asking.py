"""A run's workers asked about its images, then about control pictures: all at once, each in its own loop."""

import asyncio
import os
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import aclosing
from pathlib import Path
from typing import Any, TypeAlias

from msgspec import UNSET
from msgspec.structs import replace

from fada_tui.core.device_list import device_list
from fada_tui.core.errors import ErrorKind, ModelLoadError
from fada_tui.core.protocol import Load
from fada_tui.core.records import Run
from fada_tui.runs.asking.merge import merged
from fada_tui.runs.asking.record import RunRecord
from fada_tui.runs.asking.seats import Seat, only_seat, seats, usable_cores
from fada_tui.runs.asking.shared_work import SharedWork
from fada_tui.runs.asking.worker import AskedWorker
from fada_tui.runs.engines.serving import Serving
from fada_tui.runs.events import LoadProgress, SessionEvent
from fada_tui.runs.job import load_command
from fada_tui.runs.server_settings import Servers, with_settings
from fada_tui.runs.telemetry import Telemetry, Watched
from fada_tui.runs.worker_client.client import WorkerClient
from fada_tui.runs.worker_client.deadlines import Deadlines
from fada_tui.runs.worker_client.errors import WorkerDiedError
from fada_tui.runs.worker_client.pool import WorkerPool
from fada_tui.runs.worker_client.process import threads_are_set
from fada_tui.store.lock import RunLock

CANCEL_PATIENCE = 10.0
"""Seconds that a cancelled worker may take to reach its next token before it is killed."""

FIRST_GPU = "cuda:0"
"""The device of the worker that lists all GPUs."""

NO_GPU = "--devices all: there is no GPU that torch can use{}; --devices cpu*2 makes two workers on the CPU"

NewClient: TypeAlias = Callable[[str, int | None], WorkerClient]
"""Makes the client of a worker: its name, and the most threads that it computes with."""


class Asking:
    """A run's questions put to its model by one worker, or by several.

    Args:
        folder: the run's folder.
        run: as it stands there.
        lock: held on that folder.
        new_client: makes the client of a worker.
        telemetry: measures meanwhile.
        deadlines: the workers'.
        allowed_hosts: servers beside this machine that images may be sent to.
        servers: the settings of servers in force.
        controls_by: loads the model to ask about control pictures alone.
        serving: the engine that answers in place of a model in a worker.
    """

    def __init__(
        self,
        folder: Path,
        run: Run,
        lock: RunLock,
        new_client: NewClient,
        telemetry: Telemetry,
        deadlines: Deadlines,
        allowed_hosts: tuple[str, ...],
        servers: Servers,
        controls_by: Load | None,
        serving: Serving | None = None,
    ) -> None:
        self.stopping = False
        self.pool: WorkerPool | None = None
        """Where workers may be taken from."""
        self.record = RunRecord(folder, run, lock, telemetry, controls_by, serving)
        self.work = SharedWork(self.record.answers, self.record.controls)
        self.started = self.has_loaded = False
        """Whether any worker was ever up, and whether any ever had the model."""
        self._lock = lock
        self._new_client = new_client
        self._telemetry = telemetry
        self._deadlines = deadlines
        self._allowed_hosts = allowed_hosts
        self._servers = servers
        self._by = controls_by
        self._workers: list[AskedWorker] = []
        self._may_load = asyncio.Event()
        self._serving = serving
        self._first_error: ModelLoadError | WorkerDiedError | None = None

    @property
    def loaded(self) -> int:
        """How many workers have the model."""
        return sum(worker.loaded for worker in self._workers)

    @property
    def watched(self) -> tuple[Watched, ...]:
        """What is to be measured: the workers that run, or the engine that answers in their place."""
        if self._serving:
            pid = self._serving.pid
            return () if pid is None else (Watched(pid, is_engine=True),)
        return tuple(watched for worker in self._workers for watched in worker.watched)

    @property
    def pids(self) -> tuple[int, ...]:
        """The process ids of the workers that run."""
        return tuple(worker.client.pid for worker in self._workers if worker.client.pid is not None)

    async def events(self) -> AsyncGenerator[SessionEvent, None]:
        """Ask about the images, then with the same workers about control pictures.

        Raises:
            ModelLoadError: the model cannot be loaded on any device, or there is none.
            StoreError: the disk does not take the results.
            WorkerDiedError: no worker stays alive.
            WorkGivenUpError: a server leaves no hope.
        """
        if not self.work.begin() or self.work.is_over():
            return
        plan = self.record.run.plan
        listed = UNSET if self._by or plan is UNSET else plan.devices
        if listed is UNSET:
            places: tuple[Seat, ...] = (only_seat(self._command("").device),)
        else:
            names = device_list(listed)
            if not names:
                yield LoadProgress("start", 0, None)
                names = await self._gpus()
                if self.work.is_over():
                    return
            cores = None if threads_are_set() else usable_cores()
            places = seats(names, len({item.path for item in self.work.stage.left()}), cores)
        if self.pool:
            await self.pool.make_room([place.name for place in places])
        self._workers += [self._worker(place) for place in places[len(self._workers) :]]
        self.record.begin(places)
        async with aclosing(merged([worker.events() for worker in self._workers])) as events:
            async for event in events:
                yield event

    async def turn_to_load(self, seat: Seat) -> None:
        """Wait until the worker of this place may load: the first one downloads all that others need."""
        if seat.name != self._workers[0].seat.name:
            await self._may_load.wait()

    def go_on_loading(self) -> None:
        """Have the others load the model, too."""
        self._may_load.set()

    def note_workers(self) -> None:
        """Record which processes there are: in the run's lock, and for telemetry."""
        self.started = True
        self.has_loaded = self.has_loaded or self.loaded > 0
        if pids := self.pids:
            self._lock.note_workers(*pids)
        self._telemetry.watch(*self.watched)

    def note_engine(self) -> None:
        """Have an engine measured that has been started since."""
        self._telemetry.watch(*self.watched)

    def give_up(self, seat: Seat, error: ModelLoadError | WorkerDiedError) -> int:
        """Give a worker up; return how many are left. Raises the first such error if there are none."""
        self._first_error = self._first_error or error
        left = self.work.leave(seat.name)
        self._may_load.set()
        if not left:
            raise self._first_error
        return left

    async def finish(self) -> None:
        """End the workers that still load the model, since nothing is left to ask."""
        self._may_load.set()
        await asyncio.gather(*(worker.client.kill() for worker in self._workers if not worker.loaded))

    def stop_after_item(self) -> list[Coroutine[Any, Any, None]]:
        """Hand out nothing further; return what has items in progress finished, and ends who still loads."""
        self._stop()
        at_work = [worker.client.stop_after_item() for worker in self._workers if worker.working]
        return at_work + [worker.client.kill() for worker in self._workers if not worker.loaded]

    def stop_now(self) -> list[Coroutine[Any, Any, None]]:
        """Likewise, but items in progress are not finished."""
        self._stop()
        at_work = [_cancel(worker) for worker in self._workers if worker.working]
        return at_work + [worker.client.kill() for worker in self._workers if not worker.loaded]

    def give_up_all(self) -> list[Coroutine[Any, Any, None]]:
        """Hand out nothing further; return what ends all workers at once."""
        self._stop()
        return [worker.client.kill() for worker in self._workers]

    async def part(self) -> None:
        """Leave the workers that are idle and have the model to the next run."""
        if self.pool:
            for kept in await asyncio.gather(*(worker.client.part() for worker in self._workers)):
                if kept:
                    self.pool.keep(kept)

    async def close(self) -> None:
        """End all workers that are left."""
        await asyncio.gather(*(worker.client.close() for worker in self._workers))

    def _stop(self) -> None:
        self.stopping = True
        self.work.stop()
        self._may_load.set()

    async def _gpus(self) -> tuple[str, ...]:
        """Return the GPUs that torch can use, as the worker of the first one says."""
        worker = self._worker(Seat(FIRST_GPU, FIRST_GPU))
        self._workers.append(worker)
        try:
            listed = await worker.list_devices()
        except WorkerDiedError:
            if self.work.is_over():
                return ()
            raise
        if not listed.names:
            why = f" ({listed.problem})" if listed.problem else ""
            raise ModelLoadError(ErrorKind.LOAD, NO_GPU.format(why))
        return listed.names

    def _worker(self, seat: Seat) -> AskedWorker:
        client = self._new_client(seat.name, seat.threads)
        command = replace(self._command(seat.device), threads=seat.threads, shares=seat.shares)
        return AskedWorker(seat, client, command, self.record, self.work, self._telemetry, self)

    def _command(self, device: str) -> Load:
        """Return the command that loads the model; `device` in place of the plan's, if any."""
        command = self._by or load_command(self.record.run)
        command = with_settings(command, self._servers, os.environ)
        command = replace(self._deadlines.told(command), allowed_hosts=self._allowed_hosts)
        return replace(command, device=device) if device else command


async def _cancel(worker: AskedWorker) -> None:
    await worker.client.cancel()
    await asyncio.sleep(CANCEL_PATIENCE)
    if worker.working:
        await worker.client.kill()
