"""A session of a run: sends its plan to the worker, stores results, and yields typed events.

Both front ends call this and nothing beneath it. Whatever happens, what is finished is in the journal.
"""

import asyncio
import os
from collections.abc import AsyncGenerator, Coroutine, Sequence
from contextlib import aclosing, suppress
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from fada_tui.core.errors import ErrorKind, ModelLoadError, StoreError
from fada_tui.core.file_names import encode_name
from fada_tui.core.protocol import (
    BegunAgain,
    Delta,
    Finished,
    Hello,
    Item,
    JournalFailed,
    LeftOut,
    Load,
    Loaded,
    Progress,
    ServerBack,
    ServerDown,
    Started,
    Work,
)
from fada_tui.core.records import Result, Run
from fada_tui.images.formats import BURNED_IN
from fada_tui.images.frames import names_dicom
from fada_tui.models.endpoint import is_endpoint
from fada_tui.models.registry import Registry
from fada_tui.runs import environment, opening
from fada_tui.runs.changed_images import ChangedImages
from fada_tui.runs.consent import NOTHING, Consent
from fada_tui.runs.events import (
    AnswerFinished,
    AnswerStarted,
    LoadProgress,
    ModelReady,
    RunEnded,
    RunStarted,
    SessionEvent,
    Warned,
    WorkerRestarted,
    of_answers,
)
from fada_tui.runs.job import Job, load_command, planned_items, remarks_on, with_left_out, with_loaded
from fada_tui.runs.outcome import EndingError, ended_by
from fada_tui.runs.publish import publish
from fada_tui.runs.recovery import Recovery, lost_result
from fada_tui.runs.server_settings import NO_SERVERS, Servers, with_settings
from fada_tui.runs.telemetry import Telemetry
from fada_tui.runs.worker_client.client import WorkerClient, WorkerDiedError, WorkGivenUpError
from fada_tui.runs.worker_client.deadlines import Deadlines
from fada_tui.runs.worker_client.pool import WorkerPool
from fada_tui.store import folder as runs
from fada_tui.store import journal
from fada_tui.store.fold import highest, with_memory
from fada_tui.store.journal import ResultLine
from fada_tui.store.lock import RunLock

CANCEL_PATIENCE = 10.0
"""Seconds that a cancelled worker may take to reach its next token before it is killed."""


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
    ) -> None:
        self.folder = folder
        self._deadlines = deadlines
        self._allowed_hosts = allowed_hosts
        self._servers = servers
        self._lock = lock
        self._run = run
        self._registry = registry
        self.in_batches = run.generation.batch_size not in (1, None)
        self._client = WorkerClient(folder / runs.LOG_NAME, deadlines, keep_open=(lock.descriptor,))
        self._telemetry = Telemetry(folder / runs.TELEMETRY_NAME)
        self._journal = folder / journal.JOURNAL_NAME
        self._items = planned_items(run)
        self._total = len(self._items) or len(run.results)
        self._done = {result.key for result in run.results if result.error is None}
        self._tried = {result.key for result in run.results if result.error is not None}
        self._errors = 0
        self._changed = ChangedImages(self._journal, run)
        self._recovery = Recovery()
        self._served = is_endpoint(run.model.source)
        self._reserved: int | None = run.model.memory.torch_peak_reserved
        self._stopping = self._working = False
        self._pool: WorkerPool | None = None
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
    ) -> "Session":
        """Create a run's folder with its plan in it.

        Raises:
            StoreError: the results folder cannot be written.
        """
        opened = opening.new(job, results)
        return cls(opened.folder, opened.lock, opened.run, deadlines, registry, allowed_hosts, servers)

    @classmethod
    def resume(
        cls,
        folder: Path,
        deadlines: Deadlines,
        registry: Registry,
        consent: Consent = NOTHING,
        servers: Servers = NO_SERVERS,
    ) -> tuple["Session", tuple[str, ...]]:
        """Resume an unfinished run: repeat missing results and errors.

        What its file says was allowed allows nothing now: `consent` does.

        Returns:
            The session, and a warning for each thing that was wrong in the journal.

        Raises:
            RunLockedError: another program writes this run.
            StoreError: the run cannot be read or written.
            UsageError: it would send images or further fields to a server, run code or read pickles, and that
                is not allowed.
        """
        opened = opening.again(folder, registry, consent, servers)
        session = cls(folder, opened.lock, opened.run, deadlines, registry, consent.hosts, servers)
        return session, opened.warnings

    def stop_after_image(self) -> None:
        """Finish the items in progress, then end; loading is aborted."""
        self._stopping = True
        self._do(self._client.stop_after_item() if self._working else self._client.kill())

    def stop_now(self) -> None:
        """Stop between two tokens and end; unfinished items are not recorded."""
        self._stopping = True
        self._do(self._cancel() if self._working else self._client.kill())

    def give_up(self) -> None:
        """End the worker at once; finished results are recorded."""
        self._stopping = True
        self._do(self._client.kill())

    @property
    def worker_pid(self) -> int | None:
        """The worker's process id while it runs."""
        return self._client.pid

    def _asked_to_stop(self) -> bool:
        return self._stopping

    async def events(self, pool: WorkerPool | None = None) -> AsyncGenerator[SessionEvent, None]:
        """Execute the run to its end, yielding events.

        A model that cannot be loaded, or a worker that keeps dying, ends it as a failed run that says why; a
        server that leaves no hope does once nothing was answered, else the run is interrupted and says why.
        A worker of the run before is taken from `pool` if it serves; this one's is left there for the next.

        Raises:
            StoreError: the disk does not take the results; what it took stays in the journal.
        """
        failure: EndingError | None = None
        self._pool = pool
        try:
            yield RunStarted(self._run, self.folder, len(self._remaining()), self._total)
            told = names_dicom(item.path for item in self._remaining())
            for warning in (*self._lock.warning(), *([BURNED_IN] if told else [])):
                yield Warned(warning)
            self._telemetry.start()
            self._changed.begin()
            try:
                async with aclosing(self._answers()) as answers:
                    async for event in answers:
                        if not told and isinstance(event, AnswerFinished) and event.result.dicom:
                            told = True  # a DICOM file by another name
                            yield Warned(BURNED_IN)
                        yield event
            except (ModelLoadError, WorkerDiedError, WorkGivenUpError) as error:
                failure = error
            run, warnings = await self._finish(failure)
            for warning in warnings:
                yield Warned(warning)
            yield RunEnded(run, self.folder)
        finally:
            self._telemetry.stop()
            await self._changed.stop()
            await self._client.close()
            self._lock.release()

    async def _answers(self) -> AsyncGenerator[SessionEvent, None]:
        loaded = False
        while self._remaining() and not self._asked_to_stop():
            try:
                if not loaded:
                    async with aclosing(self._load()) as loading:
                        async for event in loading:
                            yield event
                    loaded = True
                    if changed := await self._changed.looked():
                        yield Warned(changed)
                remaining = self._remaining()
                suspects = self._recovery.suspects(remaining)
                async with aclosing(self._work(suspects or remaining, alone=bool(suspects))) as working:
                    async for event in working:
                        yield event
            except WorkerDiedError as error:
                if self._asked_to_stop():
                    return
                if not loaded:
                    raise
                loaded = False
                for event in self._after_death(error):
                    yield event

    async def _load(self) -> AsyncGenerator[SessionEvent, None]:
        yield LoadProgress("start", 0, None)
        command = with_settings(load_command(self._run), self._servers, os.environ)
        command = replace(self._deadlines.told(command), allowed_hosts=self._allowed_hosts)
        hello = await self._worker(command)
        self._telemetry.watch(self._client.pid)
        async with aclosing(self._client.load(command)) as loading:
            async for event in loading:
                match event:
                    case Progress(stage=stage, done=done, total=total):
                        yield LoadProgress(stage, done, total)
                    case Loaded():
                        self._telemetry.watch(self._client.pid, event.gpu_uuid)
                        for remark in remarks_on(self._run, event):
                            yield Warned(remark)
                        self._record_model(hello, event)
                        yield ModelReady(
                            self._run.model, self._run.questions, len(self._remaining()), self._total
                        )

    async def _worker(self, command: Load) -> Hello:
        """Get a worker for this model: the one that was kept if it is suitable, else a new one."""
        kept = self._pool.take() if self._pool else None
        hello = await self._client.take_over(kept, command) if kept else None
        if hello is None and not self._asked_to_stop():
            hello = await self._client.start()
        if hello is None or self._asked_to_stop():  # before there was a process to end
            raise WorkerDiedError(ErrorKind.WORKER_DIED, "the run was stopped")
        self._lock.note_worker(hello.pid)
        return hello

    async def _work(self, items: Sequence[Item], *, alone: bool) -> AsyncGenerator[SessionEvent, None]:
        """Have items answered; `alone`: one at a time, whatever the run allows."""
        by_key = {item.key: item for item in items}
        work = Work(
            root=self._run.dataset.root or "",
            journal=encode_name(str(self._journal.absolute())),
            generation=self._run.generation,
            items=tuple(map(self._changed.with_asked, items)),
            at_most=1 if alone else None if self._served else self._recovery.at_most,
        )
        self._working = True
        try:
            async with aclosing(self._client.work(work)) as working:
                async for event in working:
                    match event:
                        case Started():
                            self._telemetry.begin()
                            item = by_key[event.path, event.question_id]
                            self._recovery.began(item)
                            yield AnswerStarted(item)
                        case Delta() | BegunAgain() | ServerDown() | ServerBack():
                            yield of_answers(event, by_key)
                        case LeftOut():
                            self._record_left_out(event.fields)
                            yield Warned(event.message)
                        case Finished(result=result):
                            self._recovery.finished(result.key)
                            self._reserved = highest(self._reserved, event.torch_peak_reserved)
                            for told in self._finished(result):
                                yield told
                        case JournalFailed(message=message):
                            raise StoreError(message)
        finally:
            self._working = False

    def _after_death(self, error: WorkerDiedError) -> list[SessionEvent]:
        """Collect the results of the dead worker, and decide what happens to its unfinished items."""
        events: list[SessionEvent] = [WorkerRestarted(str(error))]
        written = [line.result for line in journal.read(self._journal).lines if isinstance(line, ResultLine)]
        for result in written:
            if result.key not in self._done:
                events.extend(self._finished(result))
        given_up = self._recovery.died(self._done)
        if self._recovery.hopeless:
            raise error
        for item in given_up:
            failed = lost_result(item, error.kind, str(error))
            journal.append(self._journal, ResultLine(result=failed))
            events.extend(self._finished(failed))
        return events

    def _finished(self, result: Result) -> list[SessionEvent]:
        """Count a result of the journal, record its memory and what has become of its image."""
        self._done.add(result.key)
        self._errors += result.error is not None
        if not self._served:  # what this machine uses says nothing of a model elsewhere
            seen = self._telemetry.peaks()
            line = journal.MemoryLine(path=result.path, question_id=result.question_id, memory=seen)
            journal.append(self._journal, line, durable=False)
            result = with_memory(result, seen)
        changed = self._changed.take(result)
        finished = AnswerFinished(result, len(self._done), self._errors, self._total)
        return [finished, *([Warned(changed)] if changed else [])]

    def _record_model(self, hello: Hello, loaded: Loaded) -> None:
        self._lock.check()
        where = environment.describe(hello, self._telemetry.gpus, self._telemetry.driver)
        self._run = with_loaded(self._run, loaded, where)
        self._items = planned_items(self._run)
        self._total = len(self._items)
        runs.write_run(self.folder, self._run)

    def _record_left_out(self, fields: tuple[str, ...]) -> None:
        self._lock.check()
        self._run = with_left_out(self._run, fields)
        runs.write_run(self.folder, self._run)

    async def _finish(self, failure: EndingError | None) -> tuple[Run, tuple[str, ...]]:
        self._telemetry.stop()
        await self._changed.stop()
        if self._pool and not failure and (kept := await self._client.part()):
            self._pool.keep(kept)
        await self._client.close()
        return await asyncio.to_thread(self._write_files, failure)

    def _write_files(self, failure: EndingError | None) -> tuple[Run, tuple[str, ...]]:
        self._lock.check()
        run, warnings = runs.settle(self.folder)
        memory = run.model.memory
        if not self._served:
            memory = self._telemetry.with_peaks(memory, self._reserved)
        finished = runs.now() if self._client.hello or run.finished is None else run.finished
        run = replace(run, finished=finished, model=replace(run.model, memory=memory))
        if failure:
            run = ended_by(failure, run)
        runs.write_run(self.folder, run)
        run, unread = publish(self.folder, run, self._registry)
        trouble = (self._telemetry.warning,) if self._telemetry.warning else ()
        return run, (*warnings, *unread, *trouble)

    def _remaining(self) -> list[Item]:
        """Return the items without an answer; those that a server failed on come last, so that all get on."""
        left = [item for item in self._items if item.key not in self._done]
        return sorted(left, key=lambda item: item.key in self._tried) if self._served else left

    async def _cancel(self) -> None:
        await self._client.cancel()
        await asyncio.sleep(CANCEL_PATIENCE)
        if self._working:
            await self._client.kill()

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(_quietly(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _quietly(work: Coroutine[Any, Any, None]) -> None:
    """Await a request to stop, ignoring that the worker may have ended already."""
    with suppress(WorkerDiedError):
        await work
