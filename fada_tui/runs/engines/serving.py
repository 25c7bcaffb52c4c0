"""What serves a run's model: an engine by one's own settings, kept up while it is asked."""

import asyncio
import os
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing, suppress
from pathlib import Path
from typing import Any, TypeAlias

from msgspec import UNSET
from msgspec.structs import replace

from fada_tui.config.engines import ENGINES, EngineSettings
from fada_tui.core.errors import ErrorKind, ModelLoadError, StoreError, UsageError
from fada_tui.core.file_modes import open_to_append
from fada_tui.core.protocol import Finished, Load, Loaded, Progress, ServerBack, ServerDown
from fada_tui.core.records import ModelEntry, Run
from fada_tui.core.secrets import quoted
from fada_tui.runs.engines import lora_check
from fada_tui.runs.engines.command import engine_command
from fada_tui.runs.engines.engine import LONGEST_SHOWN, STAGE, Coming, Engine
from fada_tui.runs.engines.installed import Installed, find, version_of, written
from fada_tui.runs.engines.launch import EngineCommand
from fada_tui.runs.engines.pool import EnginePool
from fada_tui.runs.events import EngineLog, Warned
from fada_tui.runs.telemetry import Telemetry
from fada_tui.runs.worker_client.client import LoadEvent, WorkEvent
from fada_tui.runs.worker_client.errors import WorkGivenUpError

Engines: TypeAlias = Mapping[str, EngineSettings]
"""One's own settings of engines, by name."""

NO_ENGINES: Engines = {}

KeptUp: TypeAlias = EngineLog | Warned | WorkGivenUpError | StoreError
"""What is told of an engine while it is kept up; an error is the last."""

FRUITLESS_STARTS = 3
"""Starts in sequence after which an engine that does not come up is given up."""

FRUITLESS_ENDS = 5
"""Ends in sequence, with no answer between them, after which it is given up.

An image that an engine does not survive is found before: it is asked about alone.
"""

PORTS = 2
"""Ports that are tried, where something else listens at one."""

NOTICE_SECONDS = 2.0
"""Within which it is noticed here that the engine has ended, when its connections break."""

_LOOK_SECONDS = 0.05

TAKEN_OVER = "fada-tui: engine {} goes on from another run, whose log has how it was loaded\n"

_versions: dict[tuple[Installed, tuple[int, ...]], str | None] = {}
"""By program, and when its files were written. Asking for one takes an engine seconds."""


class Serving:
    """A run's engine.

    Args:
        name: which one.
        engines: one's own settings of engines.
        concurrency: requests at once; `None`: as many as it takes.
        log: file that it prints to.
        silence: seconds that it may be silent while it loads.
    """

    def __init__(
        self, name: str, engines: Engines, concurrency: int | None, log: Path, silence: float
    ) -> None:
        self._name = name
        self._engines = engines
        self._concurrency = concurrency
        self._log = log
        self._silence = silence
        self._engine: Engine | None = None
        self._pool: EnginePool | None = None
        self._telemetry: Telemetry | None = None
        self._load: Load | None = None
        self._checked = False
        """Whether it was up once, with all that it is to serve."""
        self._fruitless = 0
        """Ends of the engine since the last answer."""

    @property
    def command(self) -> EngineCommand:
        """How it was started; it must be up."""
        assert self._engine is not None
        return self._engine.command

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""
        return self._engine.pid if self._engine else None

    def begin(self, pool: EnginePool | None, telemetry: Telemetry) -> None:
        """Take note of where an engine may be taken from, and left, and of who knows the machine's GPUs."""
        self._pool, self._telemetry = pool, telemetry

    async def up(self, load: Load) -> AsyncGenerator[Coming, None]:
        """Have the engine serve a model, unless it does; yield what is told of it meanwhile.

        Args:
            load: loads the model in a worker, as a run has it.

        Raises:
            ModelLoadError: it is not there, cannot do what is asked for, or does not come up.
            StoreError: its log cannot be written.
        """
        if self._checked and self._engine and self._engine.runs and self._engine.ready:
            return
        yield Progress(stage=STAGE, done=0, total=None)
        self._load = load
        if self._engine is None:
            asking = asyncio.ensure_future(self._wanted(load))
            async with aclosing(_while(asking)) as waiting:
                async for event in waiting:
                    yield event
            command = asking.result()
            self._engine = await self._pool.take(command) if self._pool else None
            if self._engine:
                self._engine.write_to(self._log)
                await asyncio.to_thread(_note, self._log, TAKEN_OVER.format(self._engine.pid))
                self._checked = True
                return
            self._engine = _engine(command)
        tries = 0
        while not (self._engine.runs and self._engine.ready):
            try:
                async with aclosing(self._engine.start(self._log, self._silence)) as starting:
                    async for event in starting:
                        yield event
            except ModelLoadError:
                tries += 1
                if tries == PORTS or self._checked or not self._engine.port_was_taken:
                    raise
                await self._engine.end()
                self._engine = _engine(self.command)
        answers = []
        for probe in lora_check.probes(self.command):
            answering = asyncio.ensure_future(self._engine.answer_to(probe))
            async with aclosing(_while(answering)) as waiting:
                async for event in waiting:
                    yield event
            answers.append(answering.result())
        lora_check.check(self.command, load.model.name, answers)
        self._checked = True

    def asked(self) -> Load:
        """Return the command that has a worker ask the engine, in place of loading the model."""
        assert self._load is not None and self._engine is not None
        model = self._load.model
        return replace(
            self._load,
            model=ModelEntry(
                name=model.name,
                source=f"{self._engine.url}#{self.command.served_name}",
                longest_edge=model.longest_edge,
            ),
            device="cpu",
            trust_remote_code=False,
            allow_pickle=False,
            allowed_hosts=(),
            headers={"Authorization": f"Bearer {self._engine.key}"},
            lora_sha256={},
            # While it is started again, however long that takes: `beside` says when there is no hope.
            server_patience=self._load.server_patience + FRUITLESS_ENDS * self._silence,
        )

    def recorded(self, run: Run) -> Run:
        """Return a run that says what serves it, and with how many requests at once."""
        generation = replace(run.generation, concurrency=self.command.slots)
        return replace(run, engine=self.command.facts, generation=generation)

    def changed(self, run: Run) -> str | None:
        """Return what to tell of a run whose answers so far were made by another version of the engine."""
        was, is_now = run.engine, self.command.facts
        if was is UNSET or not was.command or not run.results or was.label == is_now.label:
            return None
        return f"the answers so far were made by {was.label}, those that follow are made by {is_now.label}"

    async def reached(self, loading: AsyncGenerator[LoadEvent, None]) -> AsyncGenerator[LoadEvent, None]:
        """Yield what a worker tells of reaching the engine, as what is known of the run's model.

        Raises:
            ModelLoadError: it cannot be asked; says so if it has ended.
        """
        try:
            async with aclosing(loading):
                async for event in loading:
                    yield self._told(event) if isinstance(event, Loaded) else event
        except ModelLoadError as error:
            if self._engine is None or self._engine.runs:
                raise
            message = f"{self._engine.last_words}; {self._log} has more"
            raise ModelLoadError(ErrorKind.LOAD, message) from error

    def _told(self, loaded: Loaded) -> Loaded:
        """Return what the worker says of the engine as what is known of the run's model."""
        assert self._load is not None and self._engine is not None
        known = self.command.model or loaded.model
        model = replace(
            loaded.model,
            source=self._load.model.source,
            revision=known.revision,
            lora=known.lora,
            adapter=None,
            architecture=known.architecture,
            parameters=known.parameters,
            dtype=known.dtype,
            device=known.device,
            license=known.license,
            load_time=self._engine.load_time,
        )
        return replace(loaded, model=model)

    async def beside(self, work: AsyncGenerator[WorkEvent, None]) -> AsyncGenerator[WorkEvent, None]:
        """Yield the events of a work that asks the engine, and start it again where it ends meanwhile.

        Raises:
            StoreError: it ended, and its log cannot be written.
            WorkGivenUpError: it ends again and again, with no answer in between.
        """
        told: asyncio.Queue[KeptUp] = asyncio.Queue()
        keeping = asyncio.create_task(self._keep_up(told))
        working: asyncio.Task[WorkEvent] | None = None
        telling = asyncio.create_task(told.get())
        paused = False
        try:
            while True:
                working = working or asyncio.ensure_future(anext(work))
                await asyncio.wait({working, telling}, return_when=asyncio.FIRST_COMPLETED)
                if telling.done():
                    event, telling = telling.result(), asyncio.create_task(told.get())
                    if isinstance(event, WorkGivenUpError | StoreError):
                        raise event
                    yield event
                if working.done():
                    try:
                        done = working.result()
                    except StopAsyncIteration:
                        return
                    working = None
                    if isinstance(done, Finished) and done.result.error is None:
                        self._fruitless = 0
                    if isinstance(done, ServerDown):
                        paused = paused or await self._only_pauses()
                    if not isinstance(done, ServerDown | ServerBack) or paused:
                        yield done
                    paused = paused and not isinstance(done, ServerBack)
        finally:
            for task in (keeping, telling, working):
                if task:
                    task.cancel()
            await asyncio.gather(keeping, telling, *([working] if working else []), return_exceptions=True)

    async def _only_pauses(self) -> bool:
        """Return whether an engine that is not reached is there: of one that has ended, more is told."""
        end = time.monotonic() + NOTICE_SECONDS
        while not self._fruitless and self._engine and self._engine.ready and self._engine.runs:
            if time.monotonic() >= end:
                return True
            await asyncio.sleep(_LOOK_SECONDS)
        return False

    def give_back(self) -> None:
        """Leave the engine to the next run, if it serves."""
        if self._pool and self._engine and self._checked and self._engine.ready and self._engine.runs:
            self._pool.keep(self._engine)
            self._engine = None

    def kill(self) -> None:
        """Have the engine killed at once."""
        if self._engine:
            self._engine.kill()

    async def end(self) -> None:
        """End the engine, unless it was given back."""
        engine, self._engine = self._engine, None
        if engine:
            await engine.end()

    async def _keep_up(self, told: "asyncio.Queue[KeptUp]") -> None:
        """Start the engine again whenever it ends or hangs; tell what happens, and what ends that."""
        engine = self._engine
        assert engine is not None
        starts = 0
        while True:
            why = await engine.gone()
            self._fruitless += 1
            if starts >= FRUITLESS_STARTS or self._fruitless >= FRUITLESS_ENDS:
                message = f"{why}; it was started again {starts or self._fruitless - 1} times in vain"
                told.put_nowait(
                    WorkGivenUpError(
                        ErrorKind.ENDPOINT_UNREACHABLE, f"{message}; {self._log} has more", server_down=True
                    )
                )
                return
            told.put_nowait(Warned(f"{why}; it is started again"))
            starts += 1
            try:
                async with aclosing(engine.start(self._log, self._silence)) as starting:
                    async for event in starting:
                        if isinstance(event, EngineLog):
                            told.put_nowait(event)
                starts = 0
                told.put_nowait(Warned(f"the engine is up again after {engine.load_time or 0:.0f} s"))
            except ModelLoadError:
                continue
            except StoreError as error:
                told.put_nowait(error)
                return

    async def _wanted(self, load: Load) -> EngineCommand:
        """Return how it is started; asks the engine for its version and reads files.

        Raises:
            ModelLoadError: the engine is not there, or cannot do what is asked for.
        """
        try:
            installed = find(self._name, self._engines, os.environ)
            known = installed, written(installed)
            if known not in _versions:
                _versions[known] = await version_of(installed)
            version, slots = _versions[known], self._concurrency
            return await asyncio.to_thread(
                lambda: engine_command(installed, version, load, concurrency=slots, card=self._has_card())
            )
        except UsageError as error:
            raise ModelLoadError(ErrorKind.LOAD, str(error)) from error

    def _has_card(self) -> bool:
        """Return whether there is a GPU here; may wait for the driver."""
        return self._telemetry is not None and bool(self._telemetry.gpus)


async def _while(task: "asyncio.Future[Any]") -> AsyncGenerator[Coming, None]:
    """Yield signs of life until a task is done; who stops a run meanwhile ends it and waits for no engine."""
    seconds = 0
    try:
        while not (await asyncio.wait({task}, timeout=1.0))[0]:
            seconds += 1
            yield Progress(stage=STAGE, done=seconds, total=None)
    finally:
        task.cancel()
        await asyncio.wait({task})


def _note(log: Path, line: str) -> None:
    with suppress(OSError), open_to_append(log) as file:
        file.write(line.encode())


def _engine(command: EngineCommand) -> Engine:
    try:
        return Engine(command)
    except OSError as error:
        message = f"no port is free for the engine: {error.strerror}"
        raise ModelLoadError(ErrorKind.LOAD, message) from error


def check_here(run: Run, engines: Engines) -> None:
    """Raise `UsageError` if the engine that answers a run is not on this machine; starts nothing."""
    if run.engine is UNSET:
        return
    if run.engine.name not in ENGINES:
        known = ", ".join(ENGINES)
        raise UsageError(
            f"{run.id} is answered by {quoted(run.engine.name, LONGEST_SHOWN)}, which this version does not "
            f"know: its engines are {known}"
        )
    find(run.engine.name, engines, os.environ)


def serving_of(run: Run, engines: Engines, log: Path, silence: float) -> Serving | None:
    """Return the engine that answers a run, not started yet; `None` for a run that none answers.

    Args:
        run: as it is recorded; of its engine's command nothing is taken.
        engines: one's own settings of engines.
        log: file that it prints to.
        silence: seconds that it may be silent while it loads.
    """
    if run.engine is UNSET:
        return None
    return Serving(run.engine.name, engines, run.generation.concurrency or None, log, silence)
