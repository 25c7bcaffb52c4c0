"""Runs with several workers in a time that is made up: played processes beneath the real clients.

The event loop's clock jumps to what happens next, so nothing waits; whoever waits for ever is seen at once.
What happens is drawn by chance from a seed: deaths, silences, models that do not load, images that are the
end of whoever is asked about them, full disks, stops.
"""

import asyncio
import random
import signal
from collections import Counter, deque
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from msgspec import UNSET, Struct
from msgspec.structs import replace

from fada_tui.core.errors import StoreError
from fada_tui.core.protocol import (
    PROTOCOL_VERSION,
    Attach,
    Attached,
    Cancel,
    Cancelled,
    Command,
    Detach,
    Detached,
    DevicesListed,
    Finished,
    Hello,
    Idle,
    Item,
    JournalFailed,
    ListDevices,
    Load,
    Loaded,
    LoadFailed,
    Message,
    Progress,
    Started,
    StopAfterItem,
    Unload,
    Unloaded,
    Work,
    decode_command,
    encode,
)
from fada_tui.core.records import ModelFacts, Plan, Question
from fada_tui.models.registry import load_registry
from fada_tui.runs.asking.asking import Asking
from fada_tui.runs.asking.pieces import Pace
from fada_tui.runs.asking.shared_work import Piece
from fada_tui.runs.events import AnswerFinished, ControlFinished, DeviceLost, RunEnded, SessionEvent
from fada_tui.runs.session import Session
from fada_tui.runs.worker_client.deadlines import Deadlines
from fada_tui.runs.worker_client.pool import WorkerPool
from fada_tui.store import folder as store
from fada_tui.store import journal
from tests import examples
from tests.runs.asking.made_up_time import LONGEST, Loop

QUESTIONS = (Question(id="q1", text="text of q1"), Question(id="q2", text="text of q2"))
PATHS = tuple(f"A/{number:02}.png" for number in range(12))
NO_PLAN = Plan(model=examples.ENTRY, device="cpu")


class Chances(Struct, frozen=True):
    """What may happen in a session."""

    workers: int
    batch: int
    killers: frozenset[str]
    """Paths of images that are the end of whoever is asked."""
    disliked: frozenset[str]
    """Paths of images that are the end of the first worker alone."""
    dies: float
    hangs: float
    load_dies: float
    load_fails: float
    disk_full: float
    control: bool
    listed: bool
    """Whether the workers are those of all GPUs, which the first one lists."""

    @classmethod
    def drawn(cls, by: random.Random) -> "Chances":
        """Draw some."""
        number = by.choice([0, 0, 1, 1, 2, 3, 5])
        return cls(
            workers=by.randint(1, 4),
            batch=by.choice([1, 1, 2, 5]),
            killers=frozenset(by.sample(PATHS, number) if by.random() < 0.5 else PATHS[:number]),
            dies=by.choice([0, 0, 0.02, 0.1]),
            hangs=by.choice([0, 0, 0, 0.02]),
            load_dies=by.choice([0, 0, 0.1, 0.3]),
            load_fails=by.choice([0, 0, 0, 0.2]),
            disk_full=by.choice([0, 0, 0, 0, 0.02]),
            control=by.random() < 0.5,
            disliked=frozenset(by.sample(PATHS, by.choice([0, 0, 0, 1, 4]))),
            listed=by.random() < 0.2,
        )

    @property
    def calm(self) -> bool:
        """Whether nothing happens by chance but what images bring about."""
        ends = self.dies or self.hangs or self.load_dies or self.load_fails
        return not (self.disliked or ends or self.disk_full)


class Process:
    """In the place of a `WorkerProcess`: does what the real one does, as far as clients see it."""

    chances: Chances
    by: random.Random
    folder: Path
    there: list["Process"]

    def __init__(self) -> None:
        self.pid = None
        self.status: int | None = None
        self._told = asyncio.StreamReader()
        self._commands: asyncio.Queue[Command | None] = asyncio.Queue()
        self._asked_to: set[str] = set()
        self._hung_up = False
        self._gone = asyncio.Event()
        self._life = asyncio.get_running_loop().create_task(self._live())

    @classmethod
    async def started(cls, log: Path, threads: int | None = None) -> "Process":
        await asyncio.sleep(cls.by.choice([0, 0.01, 1]))
        process = cls()
        cls.there.append(process)
        return process

    async def line(self) -> bytes:
        return await self._told.readline()

    def send(self, data: bytes, files: Sequence[int] = ()) -> None:
        if self._hung_up or self.status is not None:
            raise BrokenPipeError
        command = decode_command(data)
        if isinstance(command, StopAfterItem | Cancel):
            self._asked_to.add(type(command).__name__)
        else:
            self._commands.put_nowait(command)

    async def end(self, patience: float = 5.0) -> None:
        self._hung_up = True
        self._commands.put_nowait(None)
        if self.status is None:
            with suppress(TimeoutError):
                async with asyncio.timeout(patience):
                    await self._gone.wait()
            self._end(-signal.SIGKILL)

    def _end(self, status: int) -> None:
        if self.status is None:
            self.status = status
            self._life.cancel()
            self._told.feed_eof()
            self._gone.set()

    def _tell(self, message: Message) -> None:
        self._told.feed_data(encode(message))

    async def _chance(self, of: float = 0.0) -> None:
        """Let some time pass; end the process by chance, or let it be silent for ever."""
        if (pause := self.by.choice([0, 0, 0.001, 0.3, 2])) or self.by.random() < 0.5:
            await asyncio.sleep(pause)
        if self.by.random() < of:
            self._end(-signal.SIGSEGV)
            await asyncio.sleep(0)
        if of and self.by.random() < self.chances.hangs:
            await asyncio.Event().wait()

    async def _live(self) -> None:
        chances = self.chances
        await self._chance(chances.load_dies / 3)
        self._tell(Hello(protocol=PROTOCOL_VERSION, pid=1, torch="2", transformers="5", cuda=None))
        while command := await self._commands.get():
            match command:
                case Attach():
                    self._tell(Attached())
                case Detach():
                    self._tell(Detached())
                case Unload():
                    self._tell(Unloaded(allocated=0))
                case ListDevices():
                    await self._chance(chances.load_dies)
                    names = tuple(f"cuda:{number}" for number in range(chances.workers))
                    self._tell(DevicesListed(names=names, uuids=names))
                case Load():
                    await self._load(command)
                case Work():
                    await self._work(command)
                case _:
                    raise AssertionError(command)
        self._end(0)

    async def _load(self, command: Load) -> None:
        for number in range(self.by.choice([0, 1, 3])):
            await self._chance(self.chances.load_dies / 2)
            self._tell(Progress(stage=self.by.choice(["download", "weights"]), done=number, total=3))
        await self._chance(self.chances.load_dies)
        if self.by.random() < self.chances.load_fails:
            self._tell(LoadFailed(kind="load", message="no room"))
            return
        self._tell(Loaded(model=ModelFacts(name="tiny", source="/nowhere/tiny", device=command.device)))

    async def _work(self, command: Work) -> None:
        items = deque(command.items)
        while items and not self._asked_to:
            size = min(self.chances.batch, command.at_most or self.chances.batch, len(items))
            together = [items.popleft() for _ in range(size)]
            await self._chance(self.chances.dies / 3)
            for item in together:
                self._tell(Started(path=item.path, question_id=item.question_id))
            await self._chance(self.chances.dies)
            killers = self.chances.killers
            if command.device and command.device.endswith(":0"):
                killers |= self.chances.disliked
            if any(item.path in killers for item in together):
                self._end(-signal.SIGKILL)
                await asyncio.sleep(0)
            for item in together:
                await self._chance(self.chances.dies)
                if "Cancel" in self._asked_to:
                    self._tell(Cancelled(path=item.path, question_id=item.question_id))
                elif self.by.random() < self.chances.disk_full:
                    self._tell(JournalFailed(message="the disk is full"))
                    self._asked_to.clear()
                    return
                else:
                    done = self._finished(command, item)
                    if self.by.random() < self.chances.dies:
                        self._end(-signal.SIGKILL)
                        await asyncio.sleep(0)
                    self._tell(done)
        await self._chance(self.chances.dies / 3)
        self._asked_to.clear()
        self._tell(Idle())

    def _finished(self, command: Work, item: Item) -> Finished:
        result = replace(examples.result(item.path, item.question_id), device=command.device or UNSET)
        line = journal.ControlLine if command.control_size else journal.ResultLine
        journal.append(self.folder / journal.JOURNAL_NAME, line(result=result))
        return Finished(result=result, torch_peak_reserved=None)


class Watch:
    """Sees that nobody who could be asked stands idle."""

    def __init__(self, session: Session) -> None:
        self._asking: Asking = session._asking
        self._idle: dict[str, Pace] = {}
        work = self._asking.work
        real = work.next

        async def following(worker: str, pace: Pace) -> Piece | None:
            self._idle[worker] = pace
            try:
                return await real(worker, pace)
            finally:
                del self._idle[worker]

        work.next = following  # type: ignore[method-assign]

    def look(self) -> None:
        """Look while nothing but a clock can go on."""
        work = self._asking.work
        if work._over:
            assert not self._idle, "a worker waits for work that is over"
            return
        waiting = work._waiting
        for name in self._idle:
            assert not work._held[name], "an idle worker holds items"
            avoided = work._avoided(name)
            left = [] if waiting is None else [*waiting._alone, *waiting._images]
            assert all(image[0].path in avoided for image in left), f"{name} is idle with work left"
        assert not self._idle or len(self._idle) < len(work._held), "all workers are idle"


class Silent:
    """In the place of `Telemetry`."""

    gpus: tuple[Any, ...] = ()
    driver = warning = gpu_problem = None
    engine_gpus: tuple[str, ...] = ()

    def __init__(self, *_: Any) -> None: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...
    def watch(self, *_: Any) -> None: ...
    def begin(self, *_: Any) -> None: ...
    def peaks(self, *_: Any) -> Any:
        return examples.result().memory

    def with_peaks(self, known: Any, *_: Any) -> Any:
        return known


class Played(Struct):
    """What a session came to."""

    status: str
    stopped: bool
    lost: int


async def session_of(folder: Path, chances: Chances, by: random.Random, pool: WorkerPool | None) -> Played:
    """Play one session of a run, and check what must be true of every one."""
    deadlines = Deadlines(load=90, first_token=30, token=10)
    session = Session.resume(folder, deadlines, load_registry(folder / "none"))[0]
    watch = Watch(session)
    loop = asyncio.get_running_loop()
    assert isinstance(loop, Loop)
    loop.jumps.on_jump = watch.look
    loop.jumps.limit = loop.time() + LONGEST
    before = {one.key for one in store.read_run(folder).results if one.error is None}
    told: list[tuple[str, tuple[str, str]]] = []
    events: list[SessionEvent] = []
    stop_at = by.randint(1, 80) if by.random() < 0.4 else 0
    leave_at = by.randint(1, 80) if by.random() < 0.1 else 0
    stop_after = by.uniform(0, 40) if by.random() < 0.2 else 0
    stops = [session.stop_after_image, session.stop_now, session.give_up]
    stopped = bool(stop_at or stop_after or leave_at)
    timer = loop.call_later(stop_after, by.choice(stops)) if stop_after else None
    failed = None
    stream = session.events(pool)
    try:
        async for event in stream:
            events.append(event)
            if isinstance(event, AnswerFinished | ControlFinished):
                told.append((type(event).__name__, event.result.key))
            if len(events) == stop_at:
                by.choice(stops)()
            if len(events) == leave_at:
                break
            if by.random() < 0.02:
                await asyncio.sleep(by.choice([0, 1, 20]))
    except StoreError as error:
        failed = error
    finally:
        await stream.aclose()
        if timer:
            timer.cancel()
    loop.jumps.on_jump = lambda: None
    kept = {id(one.process) for one in pool._kept.values()} if pool else set()
    assert all(one.status is not None for one in Process.there if id(one) not in kept), "a process is left"
    assert max(Counter(told).values(), default=1) == 1, "a result is told twice"
    written = journal.read(folder / journal.JOURNAL_NAME).lines
    run, warnings = store.settle(folder)
    assert not warnings, warnings
    done = {one.key for one in run.results}
    assert {key for kind, key in told if kind == "AnswerFinished"} <= done, "what was told is not there"
    assert before <= {one.key for one in run.results if one.error is None}, "an answer is lost"
    ended = [event.run for event in events if isinstance(event, RunEnded)]
    assert ended or failed or leave_at, "it ends with no word"
    status = ended[0].status if ended else "cut off"
    if status == "complete":
        assert len(run.results) == len(PATHS) * len(QUESTIONS) and not written
    lost = sum(isinstance(event, DeviceLost) for event in events)
    if chances.calm and not stopped:
        errors = {one.path for one in run.results if one.error}
        assert status == "complete" and errors == chances.killers, (status, errors, chances)
        assert not lost, "a device is given up for what images did"
    return Played(status, stopped, lost)


async def play(seed: int, root: Path) -> list[Played]:
    """Play a run to its end in as many sessions as that takes."""
    by = random.Random(seed)
    chances = Chances.drawn(by)
    folder = root / "results" / f"20260101-{seed:06}_tiny"
    folder.mkdir(parents=True)
    run = examples.run(PATHS, questions=QUESTIONS, id=folder.name)
    devices = "all" if chances.listed else f"cpu*{chances.workers}"
    plan = replace(
        run.plan or Plan(model=examples.ENTRY, device="cpu"), devices=devices, control=chances.control
    )
    store.write_run(folder, replace(run, plan=plan))
    Process.chances, Process.by, Process.folder, Process.there = chances, by, folder, []
    pool = WorkerPool() if by.random() < 0.5 else None
    played: list[Played] = []
    while len(played) < 12:
        played.append(await session_of(folder, chances, by, pool))
        if played[-1].status == "complete":
            break
    if pool:
        await pool.close()
    assert all(one.status is not None for one in Process.there), "a process is left"
    lines = [one.key for one in store.read_run(folder).results]
    assert len(lines) == len(set(lines))
    return played
