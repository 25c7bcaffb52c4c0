"""A run with several workers that do what the test says: who is asked what, who dies, who is given up."""

import asyncio
import sys
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Collection
from contextlib import aclosing
from pathlib import Path
from typing import Any, ClassVar

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from fada_tui.config.engines import EngineSettings
from fada_tui.core.errors import ErrorKind, ModelLoadError, UsageError
from fada_tui.core.protocol import (
    PROTOCOL_VERSION,
    DevicesListed,
    Finished,
    Hello,
    Idle,
    Load,
    Loaded,
    Progress,
    Started,
    Work,
)
from fada_tui.core.records import (
    EngineFacts,
    Failure,
    Generation,
    ModelFacts,
    ModelMemory,
    Question,
    Run,
    RunDevice,
)
from fada_tui.models.registry import load_registry
from fada_tui.runs import session as sessions
from fada_tui.runs.asking.asking import NO_GPU
from fada_tui.runs.engines.launch import EngineCommand
from fada_tui.runs.engines.pool import EnginePool
from fada_tui.runs.events import (
    AnswerFinished,
    AnswerStarted,
    ControlFinished,
    DeviceLost,
    DeviceReady,
    ModelReady,
    RunEnded,
    RunStarted,
    SessionEvent,
    Warned,
    WorkerRestarted,
)
from fada_tui.runs.session import Session
from fada_tui.runs.worker_client.deadlines import Deadlines
from fada_tui.runs.worker_client.errors import WorkerDiedError
from fada_tui.runs.worker_client.pool import WorkerPool
from fada_tui.store import folder as store
from fada_tui.store import journal
from fada_tui.store.fold import fold
from tests import examples

QUESTIONS = (Question(id="q1", text="text of q1"), Question(id="q2", text="text of q2"))
PATHS = tuple(f"A/{number:02}.png" for number in range(12))


class Worker:
    """In the place of a `WorkerClient`."""

    pid = None
    gpus: ClassVar[tuple[str, ...]] = ()
    all: ClassVar[dict[str, "Worker"]] = {}
    works: ClassVar[list[tuple[str, Work]]] = []
    others_loaded: ClassVar[asyncio.Event]

    def __init__(self, log: Path, _: Deadlines, __: tuple[int, ...], name: str, threads: int | None) -> None:
        self.folder, self.name, self.threads = log.parent, name, threads
        self.loads: list[Load] = []
        self.ended = asyncio.Event()
        self.all[name] = self

    async def start(self) -> Hello:
        return Hello(protocol=PROTOCOL_VERSION, pid=1, torch="2", transformers="5", cuda=None)

    async def list_devices(self) -> DevicesListed:
        return DevicesListed(names=self.gpus, uuids=self.gpus, problem=None if self.gpus else "no driver")

    async def load(self, command: Load) -> AsyncGenerator[Any, None]:
        self.loads.append(command)
        model = ModelFacts(name="tiny", source="/nowhere/tiny", device=command.device, load_time=1.0)
        uuids = (f"GPU-{self.name}",) if command.device != "cpu" else ()
        yield Loaded(model=model, gpu_uuids=uuids)

    async def work(self, command: Work) -> AsyncGenerator[Any, None]:
        self.works.append((self.name, command))
        for item in command.items:
            yield Started(path=item.path, question_id=item.question_id)
            await asyncio.sleep(0)
            yield self.write(command, item.path, item.question_id)
        yield Idle()

    def write(self, command: Work, path: str, question: str) -> Finished:
        result = replace(examples.result(path, question), device=command.device or UNSET)
        line = journal.ControlLine if command.control_size else journal.ResultLine
        journal.append(self.folder / journal.JOURNAL_NAME, line(result=result))
        return Finished(result=result, torch_peak_reserved=None)

    async def close(self) -> None:
        self.ended.set()

    async def kill(self) -> None:
        self.ended.set()

    async def stop_after_item(self) -> None: ...


Opened = Callable[..., Session]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a run of twelve images and two questions."""
    made = tmp_path / "results" / "20260101-000000_tiny"
    made.mkdir(parents=True)
    store.write_run(made, examples.run(PATHS, questions=QUESTIONS, id=made.name))
    return made


@pytest.fixture
def opened(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Opened:
    def opened(worker: type[Worker], devices: str = "cpu*2", *, control: bool = False, **of: Any) -> Session:
        worker.all, worker.works = {}, []
        monkeypatch.setattr(sessions, "WorkerClient", worker)
        run = store.read_run(folder)
        store.write_run(folder, replace(run, plan=replace(run.plan, devices=devices, control=control), **of))
        return Session.resume(folder, Deadlines(), load_registry(folder / "none.toml"))[0]

    return opened


async def events_of(session: Session) -> list[SessionEvent]:
    return [event async for event in session.events()]


def ended(events: list[SessionEvent]) -> Run:
    (end,) = (event for event in events if isinstance(event, RunEnded))
    return end.run


def of(events: list[SessionEvent], kind: type[Any]) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


def check_complete(events: list[SessionEvent]) -> None:
    """Every result is there, in its place, and told once."""
    run = ended(events)
    assert run.status == "complete" and [one.key for one in run.results] == [
        (path, question.id) for path in PATHS for question in QUESTIONS
    ]
    told = Counter(event.result.key for event in of(events, AnswerFinished))
    assert told == Counter(one.key for one in run.results)
    assert sorted(event.done for event in of(events, AnswerFinished)) == list(range(1, 25))


async def test_the_work_is_shared_and_each_result_says_where_it_was_made(opened: Opened) -> None:
    events = await events_of(opened(Worker, control=True))
    check_complete(events)
    run = ended(events)
    made = Counter(one.device for one in run.results)
    assert set(made) == {"cpu:0", "cpu:1"} and min(made.values()) > 4
    assert [(one.name, one.load_time, one.gpu) for one in run.devices or ()] == [
        ("cpu:0", 1.0, None),
        ("cpu:1", 1.0, None),
    ]
    assert run.model.device == "cpu"
    assert len(of(events, ModelReady)) == 1
    assert [(one.device, one.ready, one.of) for one in of(events, DeviceReady)] == [
        ("cpu:0", 1, 2),
        ("cpu:1", 2, 2),
    ]
    began = {event.item.key: event.device for event in of(events, AnswerStarted)}
    assert began == {one.key: one.device for one in run.results}
    for _, work in Worker.works:  # an image's questions stay together
        asked = Counter(item.path for item in work.items)
        assert set(asked.values()) <= {2, 3} and (len(asked) == 1 or len(work.items) <= 24 / 4)
    for name in made:
        first = next(work for one, work in Worker.works if one == name)
        assert len(first.items) <= 2 < first.expected <= 24, "the first piece is small, and others follow"
    last = max(place for place, (_, work) in enumerate(Worker.works) if not work.control_size)
    first = min(place for place, (_, work) in enumerate(Worker.works) if work.control_size)
    assert last < first and len(run.controls or ()) == 6
    assert len(of(events, ControlFinished)) == 6 and {one.device for one in run.controls or ()} == set(made)
    assert not of(events, Warned)


async def test_the_only_device_of_a_list_is_asked_all_at_once(opened: Opened) -> None:
    events = await events_of(opened(Worker, "cpu*1"))
    check_complete(events)
    assert [name for name, _ in Worker.works] == ["cpu:0"]
    assert Worker.all["cpu:0"].threads is None, "it has all cores"


async def test_a_worker_that_dies_gives_its_piece_back_and_is_started_again(opened: Opened) -> None:
    class Dying(Worker):
        died = 0

        async def work(self, command: Work) -> AsyncGenerator[Any, None]:
            if self.name == "cpu:1" and Dying.died < 2:
                Dying.died += 1
                self.works.append((self.name, command))
                item = command.items[0]
                yield Started(path=item.path, question_id=item.question_id)
                self.write(command, item.path, item.question_id)  # written and not told
                raise WorkerDiedError(ErrorKind.WORKER_DIED, "killed")
            async for event in super().work(command):
                yield event

    events = await events_of(opened(Dying))
    check_complete(events)
    assert [(one.device, one.reason) for one in of(events, WorkerRestarted)] == [("cpu:1", "killed")] * 2
    assert len(Dying.all["cpu:1"].loads) == 3 and len(Dying.all["cpu:0"].loads) == 1
    assert len(of(events, ModelReady)) == 1, "the other had the model all the time"
    assert not of(events, DeviceLost)


async def test_what_a_worker_died_on_in_a_batch_is_asked_one_at_a_time(opened: Opened) -> None:
    class Fragile(Worker):
        async def work(self, command: Work) -> AsyncGenerator[Any, None]:
            if not self.works:
                self.works.append((self.name, command))
                for item in command.items:
                    yield Started(path=item.path, question_id=item.question_id)
                raise WorkerDiedError(ErrorKind.WORKER_DIED, "killed by SIGKILL")
            async for event in super().work(command):
                yield event

    check_complete(await events_of(opened(Fragile, generation=Generation(batch_size=4))))
    (_, first), *later = Fragile.works
    lost = {item.key for item in first.items}
    assert len(lost) == 4 and first.at_most is None
    alone = [work for _, work in later if lost & {item.key for item in work.items}]
    assert {item.key for work in alone for item in work.items} == lost
    assert {work.at_most for work in alone} == {1}
    assert all(work.at_most != 1 for _, work in later if work not in alone)


async def test_an_item_that_kills_whoever_is_asked_becomes_an_error(opened: Opened) -> None:
    deadly = (PATHS[5], "q2")
    killed: list[str] = []

    class Dying(Worker):
        async def work(self, command: Work) -> AsyncGenerator[Any, None]:
            async for event in super().work(command):
                if isinstance(event, Finished) and event.result.key == deadly:
                    raise AssertionError
                yield event
                if isinstance(event, Started) and (event.path, event.question_id) == deadly:
                    killed.append(self.name)
                    raise WorkerDiedError(ErrorKind.WORKER_DIED, "killed")

    events = await events_of(opened(Dying))
    run = ended(events)
    assert len(killed) == 2 and run.status == "complete" and len(run.results) == 24
    (error,) = (one for one in run.results if one.error)
    assert error.key == deadly and error.device == killed[-1]


@pytest.mark.parametrize(("devices", "images", "asked"), [("cpu*2", 1, 8), ("cpu*3", 1, 8), ("cpu*2", 3, 2)])
async def test_no_device_is_given_up_for_images_that_kill_whoever_is_asked(
    opened: Opened, devices: str, images: int, asked: int
) -> None:
    deadly = PATHS[4 : 4 + images]
    questions = tuple(Question(id=f"q{number}", text="?") for number in range(asked))

    class Dying(Worker):
        async def work(self, command: Work) -> AsyncGenerator[Any, None]:
            for item in command.items:
                yield Started(path=item.path, question_id=item.question_id)
                await asyncio.sleep(0)
                if item.path in deadly:
                    raise WorkerDiedError(ErrorKind.WORKER_DIED, "killed")
                yield self.write(command, item.path, item.question_id)
            yield Idle()

    events = await asyncio.wait_for(events_of(opened(Dying, devices, questions=questions)), 60)
    run = ended(events)
    assert run.status == "complete" and len(run.results) == len(PATHS) * asked
    assert [one.path for one in run.results if one.error] == [path for path in deadly for _ in questions]
    assert not of(events, DeviceLost) and not any(one.error for one in run.devices or ())


async def test_a_device_whose_workers_keep_dying_is_given_up_and_the_other_finishes(
    folder: Path, opened: Opened
) -> None:
    class Dying(Worker):
        async def work(self, command: Work) -> AsyncGenerator[Any, None]:
            if self.name == "cpu:0":
                item = command.items[0]
                yield Started(path=item.path, question_id=item.question_id)
                raise WorkerDiedError(ErrorKind.WORKER_DIED, "fell off the bus")
            async for event in super().work(command):
                yield event

    events = await events_of(opened(Dying))
    check_complete(events)
    (lost,) = of(events, DeviceLost)
    assert (lost.device, lost.left) == ("cpu:0", 1)
    assert lost.what_happens == "cpu:0 is given up, the other device goes on: fell off the bus"
    run = ended(events)
    assert run.devices and run.devices[0].error and run.devices[0].error.message == "fell off the bus"
    assert run.devices[1].error is UNSET and not any(one.error for one in run.results)
    assert run == store.read_run(folder)


async def test_where_the_model_cannot_be_loaded_is_left_out(opened: Opened) -> None:
    class Small(Worker):
        async def load(self, command: Load) -> AsyncGenerator[Any, None]:
            if self.name == "cuda:0":
                raise ModelLoadError(ErrorKind.OUT_OF_MEMORY, "no room on cuda:0")
            async for event in super().load(command):
                yield event

    events = await events_of(opened(Small, "0,1"))
    check_complete(events)
    run = ended(events)
    assert {one.device for one in run.results} == {"cuda:1"} and run.model.device == "cuda:1"
    assert [(one.name, bool(one.error)) for one in run.devices or ()] == [("cuda:0", True), ("cuda:1", False)]
    assert Small.all["cuda:0"].ended.is_set()


@pytest.mark.parametrize("last", ["cuda:0", "cuda:1"])
async def test_the_facts_of_the_model_are_those_of_the_first_device_whichever_is_ready_last(
    opened: Opened, last: str
) -> None:
    class Slow(Worker):
        async def load(self, command: Load) -> AsyncGenerator[Any, None]:
            yield Progress(stage="weights", done=0, total=None)  # from here on the others load, too
            if self.name == last:
                await self.others_loaded.wait()
            async for event in super().load(command):
                yield event
            self.others_loaded.set()

    Slow.others_loaded = asyncio.Event()
    events = await asyncio.wait_for(events_of(opened(Slow, "0,1")), 60)
    check_complete(events)
    run = ended(events)
    assert run.model.device == "cuda:0"
    assert [(one.name, one.gpu_uuid) for one in run.devices or ()] == [
        ("cuda:0", "GPU-cuda:0"),
        ("cuda:1", "GPU-cuda:1"),
    ]
    ready = of(events, DeviceReady)
    assert [(one.device == last, one.ready) for one in ready] == [(False, 1), (True, 2)]


async def test_a_device_that_was_given_up_and_serves_the_resumed_run_is_so_no_more(
    folder: Path, opened: Opened
) -> None:
    why = Failure(kind=ErrorKind.OUT_OF_MEMORY, message="no room")
    gone = RunDevice(name="cpu:1", error=why, memory=ModelMemory(worker_rss_peak=7))
    store.write_run(folder, replace(store.read_run(folder), devices=(gone,)))
    run = ended(await events_of(opened(Worker)))
    assert [(one.name, one.error) for one in run.devices or ()] == [("cpu:0", UNSET), ("cpu:1", UNSET)]
    assert (run.devices or ())[1].memory.worker_rss_peak == 7, "what it took before was taken"


async def test_where_no_device_serves_the_run_fails_with_the_first_reason(opened: Opened) -> None:
    class Broken(Worker):
        async def load(self, command: Load) -> AsyncGenerator[Any, None]:
            raise ModelLoadError(ErrorKind.OUT_OF_MEMORY, f"no room on {self.name}")
            yield

    events = await events_of(opened(Broken, "0,1,2"))
    run = ended(events)
    assert run.status == "failed" and run.error and run.error.message == "no room on cuda:0"
    assert [one.left for one in of(events, DeviceLost)] == [2, 1]


async def test_room_is_made_before_anything_is_loaded(opened: Opened) -> None:
    """What other devices' workers of the run before hold could be where this one's go."""
    done: list[object] = []

    class Loading(Worker):
        async def load(self, command: Load) -> AsyncGenerator[Any, None]:
            done.append("load")
            async for event in super().load(command):
                yield event

        async def part(self) -> None: ...

    class Pool(WorkerPool):
        async def make_room(self, names: Collection[str]) -> None:
            done.append(list(names))

    class Engines(EnginePool):
        async def take(self, command: EngineCommand | None) -> None:
            done.append(("engine", command))

    session = opened(Loading)
    check_complete([event async for event in session.events(Pool(), Engines())])
    assert done == [("engine", None), ["cpu:0", "cpu:1"], "load", "load"]


async def test_an_engine_s_run_ends_kept_workers_before_it_begins(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[bool] = []

    class Pool(WorkerPool):
        async def close(self, patience: float | None = None) -> None:
            closed.append(True)

    monkeypatch.setenv("PATH", str(folder))
    store.write_run(folder, replace(store.read_run(folder), engine=EngineFacts(name="vllm")))
    registry = load_registry(folder / "none.toml")
    for _ in range(2):  # refused before anything begins, and open to whoever has it
        with pytest.raises(UsageError, match="vllm is not here"):
            Session.resume(folder, Deadlines(), registry)
    own = {"vllm": EngineSettings(command=(sys.executable,))}
    session, _ = Session.resume(folder, Deadlines(), registry, engines=own)
    async with aclosing(session.events(Pool(), EnginePool())) as events:
        assert isinstance(await anext(events), RunStarted)
        assert closed == [True], "what they hold is for the engine"


async def test_all_means_what_the_worker_finds(opened: Opened) -> None:
    class Four(Worker):
        gpus = ("cuda:0", "cuda:1", "cuda:2")

    events = await events_of(opened(Four, "all"))
    check_complete(events)
    assert set(Four.all) == set(Four.gpus)
    assert {one.device for one in ended(events).results} == set(Four.gpus)


async def test_all_of_no_gpus_is_refused_with_what_to_do(opened: Opened) -> None:
    run = ended(await events_of(opened(Worker, "all")))
    assert run.status == "failed" and run.error
    assert run.error.message == NO_GPU.format(" (no driver)") and "--devices cpu*2" in run.error.message


async def test_a_stop_reaches_all_and_nothing_more_is_begun(folder: Path, opened: Opened) -> None:
    session = opened(Worker)
    events: list[SessionEvent] = []
    async for event in session.events():
        events.append(event)
        if len(of(events, AnswerFinished)) == 3:
            session.stop_after_image()
    run = ended(events)
    assert run.status == "interrupted" and 3 <= len(run.results) < 12 and run.plan is not UNSET
    again = await events_of(opened(Worker))
    assert ended(again).status == "complete" and len(ended(again).results) == 24
    asked = [item.key for _, work in Worker.works for item in work.items]
    assert len(asked) == len(set(asked)) == 24 - len(run.results)


async def test_who_still_loads_when_all_is_answered_is_not_waited_for(opened: Opened) -> None:
    class Slow(Worker):
        async def load(self, command: Load) -> AsyncGenerator[Any, None]:
            if self.name == "cpu:1":
                await self.ended.wait()
                raise WorkerDiedError(ErrorKind.WORKER_DIED, "killed")
            async for event in super().load(command):
                yield event

    events = await asyncio.wait_for(events_of(opened(Slow)), 60)
    check_complete(events)
    assert not of(events, DeviceLost) and not of(events, WorkerRestarted)
    assert [(one.name, one.load_time) for one in ended(events).devices or ()] == [
        ("cpu:0", 1.0),
        ("cpu:1", None),
    ]


async def test_a_silent_worker_ends_alone(opened: Opened) -> None:
    """Its piece is answered by the other once the deadline has ended it."""

    class Silent(Worker):
        silences = 0

        async def work(self, command: Work) -> AsyncGenerator[Any, None]:
            if self.name == "cpu:1" and not Silent.silences:
                Silent.silences += 1
                item = command.items[0]
                yield Started(path=item.path, question_id=item.question_id)
                while sum(name == "cpu:0" for name, _ in self.works) < 3:
                    await asyncio.sleep(0)
                raise WorkerDiedError(ErrorKind.TIMEOUT, "no sign of life")
            async for event in super().work(command):
                yield event

    events = await events_of(opened(Silent))
    check_complete(events)
    assert [one.reason for one in of(events, WorkerRestarted)] == ["no sign of life"]


@pytest.mark.parametrize(
    ("devices", "batch", "dtype", "said"),
    [
        ("cpu*2", 4, "bfloat16", ["answers made in batches in bfloat16 may depend on the number of devices"]),
        ("cpu*2", 4, "float32", []),
        ("cpu*2", 1, "bfloat16", []),
        ("cpu*1", 4, "bfloat16", []),
        ("0,cpu*1", 1, "bfloat16", ["the devices are of different kinds (an unknown GPU, the CPU)"]),
    ],
)
async def test_it_is_said_once_where_answers_could_depend_on_the_devices(
    opened: Opened, devices: str, batch: int, dtype: str, said: list[str]
) -> None:
    class Typed(Worker):
        async def load(self, command: Load) -> AsyncGenerator[Any, None]:
            async for event in super().load(command):
                yield replace(event, model=replace(event.model, dtype=dtype))

    generation = Generation(max_new_tokens=5, batch_size=batch)
    events = await events_of(opened(Typed, devices, generation=generation))
    check_complete(events)
    assert [one.message[: len(each)] for one, each in zip(of(events, Warned), said, strict=True)] == said


async def test_folding_the_journal_in_the_middle_keeps_who_made_what(folder: Path, opened: Opened) -> None:
    session = opened(Worker)
    async for event in session.events():
        if isinstance(event, AnswerFinished) and event.done == 5:
            lines = journal.read(folder / journal.JOURNAL_NAME).lines
            half = fold(store.read_run(folder), lines)
            assert half.devices and {one.device for one in half.results} <= {"cpu:0", "cpu:1"}


async def test_an_image_that_is_everybody_s_end_is_waited_for_by_nobody(opened: Opened) -> None:
    """One question is one worker's end, another one the other's: both are asked again."""
    deadly = {"cpu:0": (PATHS[3], "q1"), "cpu:1": (PATHS[3], "q2")}
    died: list[str] = []

    class Dying(Worker):
        async def work(self, command: Work) -> AsyncGenerator[Any, None]:
            own = deadly[self.name]
            for item in command.items:
                if item.key == own and died.count(self.name) < 1:
                    died.append(self.name)
                    yield Started(path=item.path, question_id=item.question_id)
                    raise WorkerDiedError(ErrorKind.WORKER_DIED, "killed")
                yield Started(path=item.path, question_id=item.question_id)
                yield self.write(command, item.path, item.question_id)
            yield Idle()

    check_complete(await asyncio.wait_for(events_of(opened(Dying)), 60))


async def test_a_worker_that_dies_while_it_loads_the_model_again_is_tried_again(opened: Opened) -> None:
    class Dying(Worker):
        async def load(self, command: Load) -> AsyncGenerator[Any, None]:
            self.loads.append(command)
            if self.name == "cpu:1" and len(self.loads) in (2, 3):
                raise WorkerDiedError(ErrorKind.WORKER_DIED, "killed while loading")
            yield Loaded(model=ModelFacts(name="tiny", device="cpu"))

        async def work(self, command: Work) -> AsyncGenerator[Any, None]:
            if self.name == "cpu:1" and len(self.loads) == 1:
                raise WorkerDiedError(ErrorKind.WORKER_DIED, "killed")
            while self.name == "cpu:0" and len(self.all["cpu:1"].loads) < 4:
                await asyncio.sleep(0)
            async for event in super().work(command):
                yield event

    events = await asyncio.wait_for(events_of(opened(Dying)), 60)
    check_complete(events)
    reasons = [one.reason for one in of(events, WorkerRestarted)]
    assert reasons == ["killed", "killed while loading", "killed while loading"]
    assert not of(events, DeviceLost) and {one.device for one in ended(events).results} == set(Dying.all)


async def test_a_worker_that_dies_while_it_loads_for_the_first_time_is_given_up(opened: Opened) -> None:
    class Dying(Worker):
        async def load(self, command: Load) -> AsyncGenerator[Any, None]:
            if self.name == "cpu:1":
                raise WorkerDiedError(ErrorKind.WORKER_DIED, "killed: memory ran out")
            async for event in super().load(command):
                yield event

        async def work(self, command: Work) -> AsyncGenerator[Any, None]:
            while "cpu:1" in self.all and not self.all["cpu:1"].ended.is_set():
                await asyncio.sleep(0)
            async for event in super().work(command):
                yield event

    events = await asyncio.wait_for(events_of(opened(Dying)), 60)
    check_complete(events)
    assert [(one.device, one.reason, one.left) for one in of(events, DeviceLost)] == [
        ("cpu:1", "killed: memory ran out", 1)
    ]
    assert not of(events, WorkerRestarted)
