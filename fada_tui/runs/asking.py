"""A worker asked about a run's images, then about control pictures: loaded, lost, replaced."""

import os
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from pathlib import Path

from msgspec.structs import replace

from fada_tui.core.errors import ErrorKind, StoreError
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
from fada_tui.models.endpoint import is_endpoint
from fada_tui.runs import controls, environment
from fada_tui.runs.changed_images import ChangedImages
from fada_tui.runs.events import (
    AnswerFinished,
    AnswerStarted,
    ControlFinished,
    ControlStarted,
    LoadProgress,
    ModelReady,
    SessionEvent,
    Warned,
    WorkerRestarted,
    of_answers,
)
from fada_tui.runs.job import load_command, planned_items, remarks_on, with_left_out, with_loaded
from fada_tui.runs.recovery import lost_result
from fada_tui.runs.server_settings import Servers, with_settings
from fada_tui.runs.stage import Stage
from fada_tui.runs.telemetry import Telemetry, Watched
from fada_tui.runs.worker_client.client import WorkerClient, WorkerDiedError
from fada_tui.runs.worker_client.deadlines import Deadlines
from fada_tui.runs.worker_client.pool import WorkerPool
from fada_tui.store import folder as runs
from fada_tui.store import journal
from fada_tui.store.fold import highest, with_memory
from fada_tui.store.lock import RunLock


class Asking:
    """A run's questions put to its model, stage by stage, by one worker or by several in turn.

    Args:
        folder: the run's folder.
        run: as it stands there.
        lock: held on that folder.
        client: the run's worker.
        telemetry: measures meanwhile.
        deadlines: the worker's.
        allowed_hosts: servers beside this machine that images may be sent to.
        servers: the settings of servers in force.
        controls_by: loads the model to ask about control pictures alone.
    """

    def __init__(
        self,
        folder: Path,
        run: Run,
        lock: RunLock,
        client: WorkerClient,
        telemetry: Telemetry,
        deadlines: Deadlines,
        allowed_hosts: tuple[str, ...],
        servers: Servers,
        controls_by: Load | None,
    ) -> None:
        self.run = run
        """With the facts of its model, once that is loaded."""
        self.stopping = self.working = False
        self.pool: WorkerPool | None = None
        """Where a worker may be taken from."""
        self.reserved: int | None = run.model.memory.torch_peak_reserved
        """The most bytes that torch's allocator held."""
        self._folder = folder
        self._lock = lock
        self._client = client
        self._telemetry = telemetry
        self._deadlines = deadlines
        self._allowed_hosts = allowed_hosts
        self._servers = servers
        self._by = controls_by
        self._journal = folder / journal.JOURNAL_NAME
        self._served = is_endpoint(run.model.source)
        self._sizes = controls.sizes_of(run.results)
        self.loaded = False
        """Whether a worker has the model."""
        self.changed = ChangedImages(self._journal, run)
        about_controls = controls.control_items(run) if controls_by else controls.wanted_items(run)
        self.answers = Stage(() if controls_by else planned_items(run), run.results, errors_last=self._served)
        self.controls = Stage(about_controls, run.controls or (), controls=True, errors_last=self._served)
        self.stage = self.answers
        """The one at hand."""

    def stopped(self) -> bool:
        """Return whether nothing further is to be begun."""
        return self.stopping

    async def events(self) -> AsyncGenerator[SessionEvent, None]:
        """Ask about the images, then with the same worker about control pictures."""
        for stage in (self.answers, self.controls):
            self.stage = stage
            async with aclosing(self._asked(stage)) as asked:
                async for event in asked:
                    yield event

    async def _asked(self, stage: Stage) -> AsyncGenerator[SessionEvent, None]:
        while stage.left() and not self.stopped():
            try:
                if not self.loaded:
                    async with aclosing(self._load()) as loading:
                        async for event in loading:
                            yield event
                    self.loaded = True
                    if changed := await self.changed.looked():
                        yield Warned(changed)
                left = stage.left()
                suspects = stage.recovery.suspects(left)
                async with aclosing(self._work(stage, suspects or left, alone=bool(suspects))) as working:
                    async for event in working:
                        yield event
            except WorkerDiedError as error:
                if self.stopped():
                    return
                if not self.loaded:
                    raise
                self.loaded = False
                for event in self._after_death(stage, error):
                    yield event

    async def _load(self) -> AsyncGenerator[SessionEvent, None]:
        yield LoadProgress("start", 0, None)
        command = self._by or load_command(self.run)
        command = with_settings(command, self._servers, os.environ)
        command = replace(self._deadlines.told(command), allowed_hosts=self._allowed_hosts)
        hello = await self._worker(command)
        self._watch()
        async with aclosing(self._client.load(command)) as loading:
            async for event in loading:
                match event:
                    case Progress(stage=stage, done=done, total=total):
                        yield LoadProgress(stage, done, total)
                    case Loaded():
                        self._watch(event.gpu_uuids)
                        for remark in remarks_on(self.run, event):
                            yield Warned(remark)
                        yield self._ready(hello, event)

    def _watch(self, gpu_uuids: tuple[str, ...] = ()) -> None:
        if (pid := self._client.pid) is not None:
            self._telemetry.watch(Watched(pid, "", gpu_uuids))

    async def _worker(self, command: Load) -> Hello:
        """Get a worker for this model: the one that was kept if it is suitable, else a new one."""
        kept = self.pool.take("") if self.pool else None
        hello = await self._client.take_over(kept, command) if kept else None
        if hello is None and not self.stopped():
            hello = await self._client.start()
        if hello is None or self.stopped():  # before there was a process to end
            raise WorkerDiedError(ErrorKind.WORKER_DIED, "the run was stopped")
        self._lock.note_workers(hello.pid)
        return hello

    async def _work(
        self, stage: Stage, items: Sequence[Item], *, alone: bool
    ) -> AsyncGenerator[SessionEvent, None]:
        """Have items answered; `alone`: one at a time, whatever the run allows."""
        by_key = {item.key: item for item in items}
        work = Work(
            root=self.run.dataset.root or "",
            journal=encode_name(str(self._journal.absolute())),
            generation=self.run.generation,
            items=tuple(items if stage.controls else map(self.changed.with_asked, items)),
            at_most=1 if alone else None if self._served else stage.recovery.at_most,
            control_size=controls.control_size(self.run, self._sizes) if stage.controls else None,
        )
        self.working = True
        try:
            async with aclosing(self._client.work(work)) as working:
                async for event in working:
                    match event:
                        case Started():
                            self._telemetry.begin()
                            item = by_key[event.path, event.question_id]
                            stage.recovery.began(item)
                            if stage.controls:
                                yield ControlStarted(item, len(stage.done) + 1, stage.total)
                            else:
                                yield AnswerStarted(item)
                        case Delta() if stage.controls:
                            pass
                        case Delta() | BegunAgain() | ServerDown() | ServerBack():
                            yield of_answers(event, by_key)
                        case LeftOut():
                            self._record_left_out(event.fields)
                            yield Warned(event.message)
                        case Finished(result=result):
                            stage.recovery.finished(result.key)
                            self.reserved = highest(self.reserved, event.torch_peak_reserved)
                            for told in self._finished(stage, result):
                                yield told
                        case JournalFailed(message=message):
                            raise StoreError(message)
        finally:
            self.working = False

    def _after_death(self, stage: Stage, error: WorkerDiedError) -> list[SessionEvent]:
        """Collect the results of the dead worker, and decide what happens to its unfinished items."""
        events: list[SessionEvent] = [WorkerRestarted(str(error))]
        for result in stage.untold(journal.read(self._journal).lines):
            events.extend(self._finished(stage, result))
        given_up = stage.recovery.died(stage.done)
        if stage.recovery.hopeless:
            raise error
        for item in given_up:
            failed = lost_result(item, error.kind, str(error))
            journal.append(self._journal, stage.line(failed))
            events.extend(self._finished(stage, failed))
        return events

    def _finished(self, stage: Stage, result: Result) -> list[SessionEvent]:
        """Count a result of the journal; of an image, record its memory and what has become of it."""
        stage.take(result)
        if stage.controls:
            return [ControlFinished(result, len(stage.done), stage.total)]
        self._sizes |= controls.sizes_of([result])
        if not self._served:  # what this machine uses says nothing of a model elsewhere
            seen = self._telemetry.peaks()
            line = journal.MemoryLine(path=result.path, question_id=result.question_id, memory=seen)
            journal.append(self._journal, line, durable=False)
            result = with_memory(result, seen)
        changed = self.changed.take(result)
        finished = AnswerFinished(result, len(stage.done), len(stage.failed), stage.total)
        return [finished, *([Warned(changed)] if changed else [])]

    def _ready(self, hello: Hello, loaded: Loaded) -> ModelReady:
        """Record the model, unless the run's results are of it already."""
        if self._by:
            model = replace(loaded.model, name=self.run.model.name)
            return ModelReady(model, self.run.questions, 0, self.answers.total)
        self._record_model(hello, loaded)
        answers = self.answers
        left, run = len(answers.left()), self.run
        return ModelReady(run.model, run.questions, left, answers.total, run.classes)

    def _record_model(self, hello: Hello, loaded: Loaded) -> None:
        self._lock.check()
        where = environment.describe(hello, self._telemetry.gpus, self._telemetry.driver)
        self.run = with_loaded(self.run, loaded, where)
        self.answers.items = planned_items(self.run)
        self.controls.items = controls.wanted_items(self.run)
        runs.write_run(self._folder, self.run)

    def _record_left_out(self, fields: tuple[str, ...]) -> None:
        if self._by:
            return
        self._lock.check()
        self.run = with_left_out(self.run, fields)
        runs.write_run(self._folder, self.run)
