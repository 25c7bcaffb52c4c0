"""A session of a run: sends its plan to the worker, stores results, and yields typed events.

Both front ends call this and nothing beneath it. Whatever happens, what is finished is in the journal.
"""

import asyncio
from collections.abc import AsyncGenerator, Coroutine, Iterable
from contextlib import aclosing, suppress
from functools import partial
from pathlib import Path
from typing import Any

from msgspec import UNSET
from msgspec.structs import replace

from fada_tui.core.errors import ModelLoadError
from fada_tui.core.protocol import Load
from fada_tui.core.records import Run
from fada_tui.images.formats import BURNED_IN
from fada_tui.images.frames import names_dicom
from fada_tui.models.endpoint import is_served
from fada_tui.models.registry import Registry
from fada_tui.runs import controls, opening
from fada_tui.runs.asking.asking import Asking
from fada_tui.runs.consent import NOTHING, Consent
from fada_tui.runs.engines.client import EngineClient
from fada_tui.runs.engines.pool import EnginePool
from fada_tui.runs.engines.serving import NO_ENGINES, Engines, serving_of
from fada_tui.runs.events import AnswerFinished, RunEnded, RunStarted, SessionEvent, Warned
from fada_tui.runs.job import Job
from fada_tui.runs.outcome import EndingError, ended_by
from fada_tui.runs.publish import publish
from fada_tui.runs.server_settings import NO_SERVERS, Servers
from fada_tui.runs.stop_watch import StopWatch
from fada_tui.runs.telemetry import Telemetry, Watched
from fada_tui.runs.worker_client.client import WorkerClient
from fada_tui.runs.worker_client.deadlines import Deadlines
from fada_tui.runs.worker_client.errors import WorkerDiedError, WorkGivenUpError
from fada_tui.runs.worker_client.pool import WorkerPool
from fada_tui.store import folder as runs
from fada_tui.store.lock import RunLock
from fada_tui.store.stop_request import How

STOPPED_BY_OTHERS = "the run was stopped at the request of another program"


class Session:
    """One run, from its first event to its files.

    Args:
        folder: the run's folder.
        lock: held on that folder; released when the session ends.
        run: as it stands in the folder, with its plan.
        deadlines: the worker's.
        registry: the model list, for the page.
        allowed_hosts: servers beside this machine that images may be sent to.
        servers: the settings of servers in force.
        controls_by: loads the run's model to ask about control pictures alone. Then nothing else of the run
            changes.
        engines: the settings of engines in force.
    """

    def __init__(
        self,
        folder: Path,
        lock: RunLock,
        run: Run,
        deadlines: Deadlines,
        registry: Registry,
        allowed_hosts: tuple[str, ...] = (),
        servers: Servers = NO_SERVERS,
        controls_by: Load | None = None,
        engines: Engines = NO_ENGINES,
    ) -> None:
        self.folder = folder
        self._lock = lock
        self._registry = registry
        self.at_hand = at_hand(run)
        """What it finishes, in words, when it is asked to stop."""
        self._telemetry = Telemetry(None if controls_by else folder / runs.TELEMETRY_NAME)
        self._served = is_served(run)
        self._serving = serving_of(run, engines, folder / runs.ENGINE_LOG_NAME, deadlines.load)
        client = partial(EngineClient, self._serving) if self._serving else WorkerClient
        self.only_controls = controls_by is not None
        """Whether nothing of the run changes but what is said about control pictures."""
        self._asking = Asking(
            folder,
            run,
            lock,
            partial(client, folder / runs.LOG_NAME, deadlines, (lock.descriptor,)),
            self._telemetry,
            deadlines,
            allowed_hosts,
            servers,
            controls_by,
            self._serving,
        )
        self._stop_watch = StopWatch(folder, self._asked_to_stop)
        self._tasks: set[asyncio.Task[None]] = set()

    @classmethod
    def new(
        cls,
        job: Job,
        results: Path,
        deadlines: Deadlines,
        registry: Registry,
        allowed_hosts: tuple[str, ...] = (),
        servers: Servers = NO_SERVERS,
        engines: Engines = NO_ENGINES,
    ) -> "Session":
        """Create a run's folder with its plan in it.

        Raises:
            StoreError: the results folder cannot be written.
        """
        opened = opening.new(job, results)
        of_run = (opened.folder, opened.lock, opened.run, deadlines, registry)
        return cls(*of_run, allowed_hosts, servers, engines=engines)

    @classmethod
    def resume(
        cls,
        folder: Path,
        deadlines: Deadlines,
        registry: Registry,
        consent: Consent = NOTHING,
        servers: Servers = NO_SERVERS,
        engines: Engines = NO_ENGINES,
    ) -> tuple["Session", tuple[str, ...]]:
        """Resume an unfinished run: repeat missing results and errors.

        What its file says was allowed allows nothing now: `consent` does.

        Returns:
            The session, and a warning for each thing that was wrong in the journal.

        Raises:
            RunLockedError: another program writes this run.
            StoreError: the run cannot be read or written.
            UsageError: it would send images or further fields to a server, run code or read pickles, and that
                is not allowed; or its engine is not here.
        """
        opened = opening.again(folder, registry, consent, servers, engines)
        of_run = (folder, opened.lock, opened.run, deadlines, registry)
        session = cls(*of_run, consent.hosts, servers, engines=engines)
        return session, opened.warnings

    @classmethod
    def about_controls(
        cls,
        folder: Path,
        load: Load,
        deadlines: Deadlines,
        registry: Registry,
        allowed_hosts: tuple[str, ...] = (),
        servers: Servers = NO_SERVERS,
        engines: Engines = NO_ENGINES,
    ) -> tuple["Session", tuple[str, ...]]:
        """Ask about control pictures with the model of a run that is there: what is missing, and errors.

        Args:
            folder: of the run.
            load: loads its model.
            deadlines: the worker's.
            registry: the model list, for the page.
            allowed_hosts: servers beside this machine that pictures may be sent to.
            servers: the settings of servers in force.
            engines: the settings of engines in force.

        Returns:
            The session, and a warning for each thing that was wrong in the journal. Its events raise the
            error that ends it.

        Raises:
            RunLockedError: another program writes this run.
            StoreError: the run cannot be read or written.
        """
        opened = opening.for_controls(folder)
        of_run = (folder, opened.lock, opened.run, deadlines, registry)
        session = cls(*of_run, allowed_hosts, servers, load, engines)
        return session, opened.warnings

    def stop_after_image(self) -> None:
        """Finish the items in progress, then end; loading is aborted."""
        self._do(self._asking.stop_after_item())

    def stop_now(self) -> None:
        """Stop between two tokens and end; unfinished items are not recorded."""
        self._do(self._asking.stop_now())

    def give_up(self) -> None:
        """End the workers, and an engine, at once; finished results are recorded."""
        if self._serving:
            self._serving.kill()
        self._do(self._asking.give_up_all())

    @property
    def stopping(self) -> bool:
        """Whether nothing more is begun, whoever asked for that."""
        return self._asking.stopping

    @property
    def worker_pid(self) -> int | None:
        """The first worker's process id while it runs."""
        return next(iter(self._asking.pids), None)

    @property
    def watched(self) -> tuple[Watched, ...]:
        """What is to be measured: the run's workers that run, or its engine."""
        return self._asking.watched

    async def events(
        self, pool: WorkerPool | None = None, engines: EnginePool | None = None
    ) -> AsyncGenerator[SessionEvent, None]:
        """Execute the run to its end, yielding events.

        A model that cannot be loaded, or a worker that keeps dying, ends it as a failed run that says why; a
        server that leaves no hope does once nothing was answered, else the run is interrupted and says why.
        Workers of the run before are taken from `pool` if they serve; this one's are left there for the next.
        So is an engine, from and in `engines`; one that does not serve this run is ended first.

        Raises:
            StoreError: the disk does not take the results; what it took stays in the journal.
        """
        failure: EndingError | None = None
        asking, record = self._asking, self._asking.record
        asking.pool = None if self._serving else pool
        answers, pictures = record.answers.left(), record.controls.left()
        try:
            await self._stop_watch.begin()
            await self._make_room(pool, engines)
            yield RunStarted(record.run, self.folder, len(answers), record.answers.total, len(pictures))
            told = names_dicom(item.path for item in answers)
            for warning in (*self._lock.warning(), *([BURNED_IN] if told else [])):
                yield Warned(warning)
            self._telemetry.start()
            if not self.only_controls:
                record.changed.begin()
            try:
                async with aclosing(asking.events()) as asked:
                    async for event in asked:
                        if not told and isinstance(event, AnswerFinished) and event.result.dicom:
                            told = True  # a DICOM file by another name
                            yield Warned(BURNED_IN)
                        yield event
            except (ModelLoadError, WorkerDiedError, WorkGivenUpError) as error:
                failure = error
            run, warnings = await self._finish(failure)
            failed = controls.told(record.controls.failed, record.controls.total)
            if failure and self.only_controls:
                if not asking.loaded:
                    raise ModelLoadError(failure.kind, str(failure))
                warnings = (str(failure), *warnings)
            told_why = (STOPPED_BY_OTHERS,) if self._stop_watch.asked and run.status != "complete" else ()
            for warning in (*told_why, *([failed] if failed else []), *warnings):
                yield Warned(warning)
            yield RunEnded(run, self.folder)
        finally:
            self._telemetry.stop()
            await record.changed.stop()
            await asking.close()
            await self._stop_watch.end()
            self._lock.release()
            if self._serving:
                await self._serving.end()

    async def _make_room(self, workers: WorkerPool | None, engines: EnginePool | None) -> None:
        """End what the run before has left and this one has no use for: it holds memory."""
        if self._serving:
            self._serving.begin(engines, self._telemetry)
            if workers:
                await workers.close()
        elif engines:
            await engines.take(None)

    async def _finish(self, failure: EndingError | None) -> tuple[Run, tuple[str, ...]]:
        self._telemetry.stop()
        await self._asking.record.changed.stop()
        if not failure:
            await self._asking.part()
        await self._asking.close()
        if self._serving and not failure:
            self._serving.give_back()
        return await asyncio.to_thread(self._write_files, failure)

    def _write_files(self, failure: EndingError | None) -> tuple[Run, tuple[str, ...]]:
        self._lock.check()
        run, warnings = runs.settle(self.folder)
        if not self.only_controls:
            run = self._ended(run, failure)
            runs.write_run(self.folder, run)
        run, unread = publish(self.folder, run, self._registry)
        trouble = (self._telemetry.warning,) if self._telemetry.warning else ()
        return run, (*warnings, *unread, *trouble)

    def _ended(self, run: Run, failure: EndingError | None) -> Run:
        """Return a run with its end, the memory it took, and what ended it."""
        memory = run.model.memory
        engine = run.engine
        if not self._served or self._serving:
            memory = self._telemetry.with_peaks(memory, self._asking.record.reserved)
        if engine is not UNSET and (uuids := self._telemetry.engine_gpus):
            engine = replace(engine, gpu_uuids=uuids)
        finished = runs.now() if self._asking.started or run.finished is None else run.finished
        devices = self._asking.record.devices(ended=True) or UNSET
        run = replace(
            run, finished=finished, model=replace(run.model, memory=memory), devices=devices, engine=engine
        )
        return ended_by(failure, run, answered=self._asking.work.stage.controls) if failure else run

    def _asked_to_stop(self, how: How) -> None:
        self.stop_now() if how == "now" else self.stop_after_image()

    def _do(self, works: Iterable[Coroutine[Any, Any, None]]) -> None:
        for work in works:
            task = asyncio.get_running_loop().create_task(_quietly(work))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)


async def _quietly(work: Coroutine[Any, Any, None]) -> None:
    """Await a request to stop, ignoring that the worker may have ended already."""
    with suppress(WorkerDiedError):
        await work


def at_hand(run: Run) -> str:
    """Return, in words, what a run finishes when it is asked to stop: what it has been asked by then."""
    if is_served(run):
        return "what is in flight"
    unit = "image" if run.generation.batch_size in (1, None) else "batch"
    return f"each worker's {unit}" if run.plan and run.plan.devices else f"this {unit}"
