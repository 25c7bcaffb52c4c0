"""One worker of a run: loads the model, answers what it is handed, and is replaced when it dies."""

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Protocol

from fada_tui.core.errors import ErrorKind, ModelLoadError, StoreError
from fada_tui.core.protocol import (
    BegunAgain,
    Delta,
    DevicesListed,
    Finished,
    Hello,
    JournalFailed,
    LeftOut,
    Load,
    Loaded,
    Progress,
    ServerBack,
    ServerDown,
    Started,
)
from fada_tui.core.records import Failure, Result
from fada_tui.runs.asking.pieces import Pace
from fada_tui.runs.asking.record import RunRecord
from fada_tui.runs.asking.seats import Seat
from fada_tui.runs.asking.shared_work import Piece, SharedWork
from fada_tui.runs.events import (
    AnswerStarted,
    ControlStarted,
    DeviceLost,
    DeviceReady,
    EngineLog,
    LoadProgress,
    SessionEvent,
    Warned,
    WorkerRestarted,
    of_answers,
)
from fada_tui.runs.recovery import FRUITLESS_RESTARTS, Recovery, lost_result
from fada_tui.runs.stage import Stage
from fada_tui.runs.telemetry import Telemetry, Watched
from fada_tui.runs.worker_client.client import WorkerClient
from fada_tui.runs.worker_client.errors import WorkerDiedError
from fada_tui.runs.worker_client.pool import WorkerPool
from fada_tui.store import journal

LOADING = "weights"
"""Stage of loading from which nothing more is downloaded."""


class Crew(Protocol):
    """What a worker knows of the others of its run."""

    pool: WorkerPool | None
    """Where a process may be taken from."""

    @property
    def loaded(self) -> int:
        """How many workers have the model."""

    async def turn_to_load(self, seat: Seat) -> None:
        """Wait until the worker of this place may load the model."""

    def go_on_loading(self) -> None:
        """Have the others load the model, too: all that had to be downloaded is there."""

    def note_workers(self) -> None:
        """Record which processes there are."""

    def note_engine(self) -> None:
        """Have an engine measured that has been started since."""

    def give_up(self, seat: Seat, error: ModelLoadError | WorkerDiedError) -> int:
        """Give a worker up; return how many are left. Raises the first such error if there are none."""

    async def finish(self) -> None:
        """End the workers that still load the model, since nothing is left to ask."""


class AskedWorker:
    """A worker of a run, as long as the run lasts: its process may be replaced.

    Args:
        seat: its place.
        client: speaks with its process.
        command: loads the model there.
        record: of the run.
        work: what is left to ask.
        telemetry: measures it.
        crew: the run's workers.
    """

    def __init__(
        self,
        seat: Seat,
        client: WorkerClient,
        command: Load,
        record: RunRecord,
        work: SharedWork,
        telemetry: Telemetry,
        crew: Crew,
    ) -> None:
        self.seat = seat
        self.client = client
        self.working = self.loaded = False
        self._command = command
        self._record = record
        self._work = work
        self._telemetry = telemetry
        self._crew = crew
        self._hello: Hello | None = None
        self._gpu_uuids: tuple[str, ...] = ()
        self._recoveries: dict[int, Recovery] = {}
        """By `id` of the stage."""
        self._stage: Stage | None = None
        self._has_loaded = False
        self._deaths = 0
        """In sequence while it loaded the model again."""
        size = record.run.generation.batch_size
        self._pace = Pace(size if isinstance(size, int) else 1)
        work.join(seat.name)

    @property
    def watched(self) -> tuple[Watched, ...]:
        """Its process, to be measured; empty if there is none."""
        pid = self.client.pid
        return () if pid is None else (Watched(pid, self.seat.name, self._gpu_uuids),)

    @property
    def _name(self) -> str | None:
        return self.seat.name or None

    async def list_devices(self) -> DevicesListed:
        """Ask which GPUs there are. Raises `WorkerDiedError`."""
        await self._started()
        return await self.client.list_devices()

    async def events(self) -> AsyncGenerator[SessionEvent, None]:
        """Answer pieces of the work until none is left; yield what happens.

        Raises:
            ModelLoadError: no worker can load the model; that of the first one.
            StoreError: the disk does not take the results.
            WorkerDiedError: no worker stays alive; that of the first one.
            WorkGivenUpError: a server leaves no hope.
        """
        await self._crew.turn_to_load(self.seat)
        while not self._work.is_over():
            try:
                if not self.loaded:
                    async with aclosing(self._load()) as loading:
                        async for event in loading:
                            yield event
                if (piece := await self._work.next(self.seat.name, self._pace)) is None:
                    break
                async with aclosing(self._ask(piece)) as asking:
                    async for event in asking:
                        yield event
            except (ModelLoadError, WorkerDiedError) as error:
                if self._work.is_over():
                    return
                for told in self._after_death(error) if isinstance(error, WorkerDiedError) else ():
                    yield told
                if self._is_hopeless(error):
                    yield await self._given_up(error)
                    return
        await self._crew.finish()

    async def _load(self) -> AsyncGenerator[SessionEvent, None]:
        if not self._crew.loaded:
            yield LoadProgress("start", 0, None)
        hello = await self._started()
        async with aclosing(self.client.load(self._command)) as loading:
            async for event in loading:
                self._crew.note_engine()
                match event:
                    case Progress(stage=stage, done=done, total=total):
                        if stage == LOADING:
                            self._crew.go_on_loading()
                        if not self._crew.loaded:
                            yield LoadProgress(stage, done, total)
                    case EngineLog() | Warned():
                        yield event
                    case Loaded():
                        for told in self._ready(hello, event):
                            yield told
                        self._crew.go_on_loading()
        if changed := await self._record.looked():
            yield Warned(changed)

    async def _started(self) -> Hello:
        """Get a process for this model: the one that was kept if it is suitable, else a new one."""
        if self._hello is not None:
            return self._hello
        kept = self._crew.pool.take(self.seat.name) if self._crew.pool else None
        hello = await self.client.take_over(kept, self._command) if kept else None
        if hello is None and not self._work.is_over():
            hello = await self.client.start()
        if hello is None or self._work.is_over():  # before there was a process to end
            raise WorkerDiedError(ErrorKind.WORKER_DIED, "the run was stopped")
        self._hello = hello
        self._crew.note_workers()
        return hello

    def _ready(self, hello: Hello, loaded: Loaded) -> list[SessionEvent]:
        """Record the model; tell of it if no other worker has it yet."""
        events = self._record.loaded(self.seat, hello, loaded, first=not self._crew.loaded)
        self.loaded = self._has_loaded = True
        self._gpu_uuids = loaded.gpu_uuids
        self._crew.note_workers()
        if self._name:
            ready, time_taken = self._crew.loaded, loaded.model.load_time
            events.append(
                DeviceReady(self._name, time_taken, ready, self._work.workers, gpu_uuids=loaded.gpu_uuids)
            )
        return [*events, *self._record.dependence()]

    async def _ask(self, piece: Piece) -> AsyncGenerator[SessionEvent, None]:
        """Have a piece answered; what is not is given back, unless the worker dies."""
        stage = self._stage = piece.stage
        recovery = self._recovery(stage)
        by_key = {item.key: item for item in piece.items}
        begun, made = time.monotonic(), 0
        self.working = True
        try:
            command = self._record.work(piece, self.seat, recovery.at_most, self._pace.together)
            async with aclosing(self.client.work(command)) as working:
                async for event in working:
                    match event:
                        case EngineLog() | Warned():
                            self._crew.note_engine()
                            yield event
                        case Started():
                            if not self._record.served:
                                self._telemetry.begin(self.seat.name)
                            item = by_key[event.path, event.question_id]
                            recovery.began(item)
                            if stage.controls:
                                yield ControlStarted(item, len(stage.done) + 1, stage.total)
                            else:
                                yield AnswerStarted(item, self._name)
                        case Delta() if stage.controls:
                            pass
                        case Delta() | BegunAgain() | ServerDown() | ServerBack():
                            yield of_answers(event, by_key)
                        case LeftOut():
                            self._record.left_out(event.fields)
                            yield Warned(event.message)
                        case Finished(result=result):
                            made += 1
                            recovery.finished(result.key)
                            self._pace.made(result.together)
                            self._record.measured(self.seat, result, event.torch_peak_reserved)
                            for told in self._finished(stage, result):
                                yield told
                        case JournalFailed(message=message):
                            raise StoreError(message)
        finally:
            self.working = False
        self._pace.took(made, time.monotonic() - begun)
        self._work.give_back(self.seat.name)

    def _after_death(self, error: WorkerDiedError) -> list[SessionEvent]:
        """Collect the results of the dead process, and decide what happens to its unfinished items."""
        was_loaded, self.loaded, self._hello = self.loaded, False, None
        self._record.unloaded(self.seat)
        self._crew.note_workers()
        stage = self._stage
        if not was_loaded or stage is None:
            self._deaths += 1
            return [] if self._is_hopeless(error) else [WorkerRestarted(str(error), self._name)]
        self._deaths = 0
        held = self._work.held(self.seat.name)
        events: list[SessionEvent] = []
        for result in list(stage.untold(journal.read(self._record.journal).lines, held)):
            events += self._finished(stage, result)
        recovery = self._recovery(stage)
        for item in recovery.died(stage.done, others_work=self._work.workers > 1):
            self._work.finished(self.seat.name, item.key)
            events += self._record.given_up(stage, self.seat, lost_result(item, error.kind, str(error)))
        self._work.give_back(self.seat.name, recovery.suspects(list(held.values())))
        return events if self._is_hopeless(error) else [WorkerRestarted(str(error), self._name), *events]

    def _is_hopeless(self, error: ModelLoadError | WorkerDiedError) -> bool:
        """Return whether another process would not help: the first could not load the model, or all died."""
        if isinstance(error, ModelLoadError) or not self._has_loaded:
            return True
        recovery = self._recoveries.get(id(self._stage))
        return self._deaths >= FRUITLESS_RESTARTS or (recovery is not None and recovery.hopeless)

    async def _given_up(self, error: ModelLoadError | WorkerDiedError) -> DeviceLost:
        """Leave what is left to the others; raises the first one's error if there are none."""
        self.loaded = False
        self._record.lost(self.seat, Failure(kind=error.kind, message=str(error)))
        self._work.give_back(self.seat.name)
        left = self._crew.give_up(self.seat, error)
        await self.client.close()
        self._crew.note_workers()
        return DeviceLost(self.seat.name, str(error), left)

    def _finished(self, stage: Stage, result: Result) -> list[SessionEvent]:
        self._work.finished(self.seat.name, result.key)
        return self._record.finished(stage, self.seat, result)

    def _recovery(self, stage: Stage) -> Recovery:
        return self._recoveries.setdefault(id(stage), Recovery(stage.tries, self.seat.name))
