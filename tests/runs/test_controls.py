"""Control pictures asked about after a run's last answer, by a worker that does what the test says."""

import os
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from fada_tui.core.control import control_keys
from fada_tui.core.errors import ErrorKind, ModelLoadError, RunLockedError, StoreError, UsageError
from fada_tui.core.protocol import (
    PROTOCOL_VERSION,
    Delta,
    Finished,
    Hello,
    Idle,
    Item,
    JournalFailed,
    Load,
    Loaded,
    Started,
    Work,
)
from fada_tui.core.records import Environment, Generation, ModelFacts, Question, Result, Run
from fada_tui.images.opening import MAX_PIXELS
from fada_tui.models.registry import load_registry
from fada_tui.runs import controls
from fada_tui.runs import session as sessions
from fada_tui.runs.events import (
    AnswerFinished,
    AnswerText,
    ControlFinished,
    ControlStarted,
    RunEnded,
    RunStarted,
    SessionEvent,
    Warned,
    WorkerRestarted,
)
from fada_tui.runs.session import Session
from fada_tui.runs.worker_client.deadlines import Deadlines
from fada_tui.runs.worker_client.errors import WorkerDiedError, WorkGivenUpError
from fada_tui.store import folder as store
from fada_tui.store import journal
from fada_tui.store.lock import RunLock
from tests import examples

QUESTIONS = (Question(id="q1", text="text of q1"), Question(id="q2", text="text of q2"))
PATHS = ("A/a.png", "B/b.png", "B/c.png")
SIZES = {"A/a.png": (90, 30), "B/b.png": (10, 50), "B/c.png": (40, 20)}


class Worker:
    """In the place of a `WorkerClient`: answers what it is asked."""

    pid = None
    works: list[Work]
    loads: int

    def __init__(self, log: Path, *_: Any, **__: Any) -> None:
        self.folder = log.parent
        self.hello: Hello | None = None

    async def start(self) -> Hello:
        self.hello = Hello(protocol=PROTOCOL_VERSION, pid=os.getpid(), torch="2", transformers="5", cuda=None)
        return self.hello

    async def load(self, _: Load) -> AsyncGenerator[Loaded, None]:
        type(self).loads += 1
        yield Loaded(model=ModelFacts(name="tiny", source="/nowhere/tiny", device="cpu"))

    async def work(self, command: Work) -> AsyncGenerator[Any, None]:
        self.works.append(command)
        for item in command.items:
            yield Started(path=item.path, question_id=item.question_id)
            yield Delta(path=item.path, question_id=item.question_id, text="a", tokens=1)
            yield self.answer(command, item)
        yield Idle()

    def answer(self, command: Work, item: Item) -> Finished:
        width, height = command.control_size or SIZES[item.path]
        return self.write(command, examples.result(item.path, item.question_id, width=width, height=height))

    def write(self, command: Work, result: Result) -> Finished:
        line = journal.ControlLine if command.control_size else journal.ResultLine
        journal.append(self.folder / journal.JOURNAL_NAME, line(result=result))
        return Finished(result=result, torch_peak_reserved=None)

    async def close(self) -> None: ...

    async def kill(self) -> None: ...

    async def stop_after_item(self) -> None: ...


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a run of three images and two questions, with control pictures in its plan."""
    made = tmp_path / "results" / "20260101-000000_tiny"
    made.mkdir(parents=True)
    run = examples.run(PATHS, questions=QUESTIONS, id=made.name)
    store.write_run(made, replace(run, plan=replace(run.plan, control=True)))
    return made


@pytest.fixture
def opened(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[type[Worker]], Session]:
    def opened(worker: type[Worker]) -> Session:
        worker.works, worker.loads = [], 0
        monkeypatch.setattr(sessions, "WorkerClient", worker)
        registry = load_registry(folder / "none.toml")
        return Session.resume(folder, Deadlines(), registry)[0]

    return opened


@pytest.fixture
def again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[type[Worker]], Session]:
    """Opens the run to ask about control pictures alone."""

    def opened(worker: type[Worker]) -> Session:
        worker.works, worker.loads = [], 0
        monkeypatch.setattr(sessions, "WorkerClient", worker)
        load = Load(model=examples.ENTRY, device="cpu", trust_remote_code=False, allow_pickle=False)
        registry = load_registry(folder / "none.toml")
        return Session.about_controls(folder, load, Deadlines(), registry)[0]

    return opened


async def events_of(session: Session) -> list[SessionEvent]:
    return [event async for event in session.events()]


def ended(events: list[SessionEvent]) -> Run:
    (end,) = (event for event in events if isinstance(event, RunEnded))
    return end.run


async def test_they_come_last_with_the_same_worker_and_count_nowhere(
    folder: Path, opened: Callable[[type[Worker]], Session]
) -> None:
    events = await events_of(opened(Worker))
    answers, pictures = Worker.works
    assert Worker.loads == 1
    assert answers.control_size is None and pictures.control_size == (40, 30)
    assert [item.key for item in pictures.items] == [*control_keys(QUESTIONS)]
    assert pictures.generation == answers.generation and pictures.items[1].question == "text of q2"

    begun = next(event for event in events if isinstance(event, RunStarted))
    assert (begun.remaining, begun.total, begun.controls) == (6, 6, 6)
    told = [(event.done, event.total) for event in events if isinstance(event, AnswerFinished)]
    assert told == [(number, 6) for number in range(1, 7)]
    assert [event.what_happens for event in events if isinstance(event, ControlStarted)][:2] == [
        "control pictures 1 of 6",
        "control pictures 2 of 6",
    ]
    assert [event.done for event in events if isinstance(event, ControlFinished)] == [*range(1, 7)]
    assert {event.item.category for event in events if isinstance(event, AnswerText)} == {"A", "B"}
    run = ended(events)
    assert run == store.read_run(folder) and run.status == "complete" and run.plan is UNSET
    assert len(run.results) == 6 and len(run.controls or ()) == 6


async def test_a_stop_in_between_loses_nothing_and_resuming_asks_what_is_missing(
    folder: Path, opened: Callable[[type[Worker]], Session]
) -> None:
    session = opened(Worker)
    events = []
    async with aclosing(session.events()) as told:
        async for event in told:
            events.append(event)
            if isinstance(event, ControlFinished) and event.done == 2:
                session.stop_after_image()
                break
    left = store.read_run(folder)
    assert left.status == "interrupted" and len(left.results) == 6 and len(left.controls or ()) == 2

    run = ended(await events_of(opened(Worker)))
    (work,) = Worker.works
    assert [item.key for item in work.items] == [*control_keys(QUESTIONS)][2:]
    assert work.control_size == (40, 30)
    assert run.status == "complete" and len(run.controls or ()) == 6


async def test_who_stops_before_them_is_asked_nothing_more(
    opened: Callable[[type[Worker]], Session],
) -> None:
    session, events = opened(Worker), list[SessionEvent]()
    async for event in session.events():
        events.append(event)
        if isinstance(event, AnswerFinished) and event.done == 6:
            session.stop_after_image()
    assert len(Worker.works) == 1 and not any(isinstance(event, ControlStarted) for event in events)
    assert ended(events).status == "interrupted"


async def test_a_worker_that_dies_at_them_is_replaced_and_the_deadly_one_is_an_error(
    folder: Path, opened: Callable[[type[Worker]], Session]
) -> None:
    class Deadly(Worker):
        async def work(self, command: Work) -> AsyncGenerator[Any, None]:
            if not command.control_size:
                async for event in super().work(command):
                    yield event
                return
            self.works.append(command)
            for item in command.items:
                yield Started(path=item.path, question_id=item.question_id)
                if item.key == ("control/grey", "q1"):
                    raise WorkerDiedError(ErrorKind.WORKER_DIED, "killed")
                self.answer(command, item)  # written, and never told: it dies before
                if item.key == ("control/black", "q2"):
                    continue
                yield Finished(result=examples.result(item.path, item.question_id), torch_peak_reserved=None)
            yield Idle()

    events = await events_of(opened(Deadly))
    run = ended(events)
    assert sum(isinstance(event, WorkerRestarted) for event in events) == 2
    errors = {one.key: one.error.kind for one in run.controls or () if one.error}
    assert errors == {("control/grey", "q1"): ErrorKind.WORKER_DIED}
    assert len(run.controls or ()) == 6 and run.status == "complete"
    assert run.plan is not UNSET, "resuming tries it again"
    warned = [event.message for event in events if isinstance(event, Warned)]
    assert "1 of 6 answers about control pictures are errors: killed" in warned
    assert not any(one.error for one in run.results)


@pytest.mark.parametrize(
    "error",
    [
        WorkerDiedError(ErrorKind.WORKER_DIED, "killed"),
        WorkGivenUpError(ErrorKind.ENDPOINT_UNREACHABLE, "gone", server_down=True),
        WorkGivenUpError(ErrorKind.ENDPOINT_REFUSED, "no", server_down=False),
    ],
)
async def test_an_end_without_hope_at_them_makes_no_failed_run(
    error: Exception, folder: Path, opened: Callable[[type[Worker]], Session]
) -> None:
    class Ending(Worker):
        async def work(self, command: Work) -> AsyncGenerator[Any, None]:
            if command.control_size:
                raise error
            async for event in super().work(command):
                yield event

    run = ended(await events_of(opened(Ending)))
    assert run.status == "interrupted" and run.error and run.error.message == str(error)
    assert len(run.results) == 6 and run.plan is not UNSET
    assert ended(await events_of(opened(Worker))).status == "complete"


async def test_a_model_that_is_gone_when_only_they_are_missing_makes_no_failed_run(
    folder: Path, opened: Callable[[type[Worker]], Session]
) -> None:
    class Gone(Worker):
        async def load(self, _: Load) -> AsyncGenerator[Loaded, None]:
            raise ModelLoadError(ErrorKind.NOT_FOUND, "no such folder")
            yield

    run = store.read_run(folder)
    store.write_run(
        folder,
        replace(run, results=tuple(examples.result(p, q.id) for p in PATHS for q in QUESTIONS)),
    )
    run = ended(await events_of(opened(Gone)))
    assert run.status == "interrupted" and run.error and run.error.kind == ErrorKind.NOT_FOUND
    assert not run.fruitless


async def test_a_full_disk_at_them_leaves_what_is_written(
    folder: Path, opened: Callable[[type[Worker]], Session]
) -> None:
    class Full(Worker):
        async def work(self, command: Work) -> AsyncGenerator[Any, None]:
            async for event in super().work(command):
                if command.control_size and isinstance(event, Finished):
                    yield event
                    yield JournalFailed(message="cannot write: the disk is full")
                    return
                yield event

    with pytest.raises(StoreError, match="full"):
        await events_of(opened(Full))
    left = store.read_run(folder)
    assert len(left.results) == 6 and len(left.controls or ()) == 1 and left.status == "interrupted"


def complete(folder: Path) -> Run:
    """A run that was made without control pictures and is complete."""
    made = replace(
        store.read_run(folder),
        plan=UNSET,
        status="complete",
        finished="2026-01-01T00:00:00Z",
        model=ModelFacts(name="tiny", source="/nowhere/tiny", device="cuda:0"),
        environment=Environment(python="3.11"),
        generation=Generation(max_new_tokens=9),
        results=tuple(
            examples.result(path, question.id, width=SIZES[path][0], height=SIZES[path][1])
            for path in PATHS
            for question in QUESTIONS
        ),
    )
    store.write_run(folder, made)
    return store.read_run(folder)


async def test_asked_about_alone_they_change_nothing_else_of_a_run(
    folder: Path, again: Callable[[type[Worker]], Session]
) -> None:
    before = complete(folder)
    events = await events_of(again(Worker))
    (work,) = Worker.works
    assert work.control_size == (40, 30) and work.generation == before.generation
    after = ended(events)
    assert len(after.controls or ()) == 6
    scored = replace(after, controls=UNSET, looking=UNSET, scoring=UNSET, results=())
    assert scored == replace(before, results=())
    assert [one.key for one in after.results] == [one.key for one in before.results]
    begun = next(event for event in events if isinstance(event, RunStarted))
    assert (begun.remaining, begun.controls) == (0, 6)

    await events_of(again(Worker))
    assert not Worker.works and not Worker.loads, "nothing is missing"


async def test_alone_they_are_stopped_and_gone_on_with(
    folder: Path, again: Callable[[type[Worker]], Session]
) -> None:
    complete(folder)
    session = again(Worker)
    async for event in session.events():
        if isinstance(event, ControlFinished) and event.done == 4:
            break
    session._lock.release()
    part = store.read_run(folder)
    assert part.status == "complete" and part.plan is UNSET and len(part.controls or ()) == 4
    run = ended(await events_of(again(Worker)))
    assert len(Worker.works[0].items) == 2 and len(run.controls or ()) == 6


async def test_alone_a_model_that_is_gone_is_an_error_and_no_change(
    folder: Path, again: Callable[[type[Worker]], Session]
) -> None:
    class Gone(Worker):
        async def load(self, _: Load) -> AsyncGenerator[Loaded, None]:
            raise ModelLoadError(ErrorKind.NOT_FOUND, "no such folder")
            yield

    complete(folder)
    with pytest.raises(ModelLoadError, match="no such folder"):
        await events_of(again(Gone))
    after = store.read_run(folder)
    assert after.status == "complete" and after.controls is UNSET and after.error is UNSET


def test_a_locked_run_is_refused(folder: Path, again: Callable[[type[Worker]], Session]) -> None:
    complete(folder)
    lock = RunLock(folder)
    try:
        with pytest.raises(RunLockedError):
            again(Worker)
    finally:
        lock.release()


def test_a_run_that_does_not_say_how_it_was_made_is_refused(folder: Path) -> None:
    run = complete(folder)
    controls.check(run)
    for unknown in (
        replace(run, environment=Environment()),
        replace(run, generation=Generation()),
        replace(run, model=replace(run.model, source=None)),
    ):
        with pytest.raises(UsageError, match="does not say by which model and settings") as refused:
            controls.check(unknown)
        assert "\n" not in str(refused.value)
    served = replace(run.model, source="http://127.0.0.1:1/v1#m")
    controls.check(replace(run, model=served, environment=Environment(python="3.11")))


def test_the_size_is_the_median_of_the_images_each_counted_once(folder: Path) -> None:
    run = complete(folder)
    assert controls.control_size(run, controls.sizes_of(run.results)) == (40, 30)
    assert controls.control_size(run, {}) == controls.USUAL_SIZE
    huge = examples.result("A/a.png", width=10**6, height=MAX_PIXELS)
    assert controls.sizes_of([huge, examples.result("B/b.png")]) == {}
    made = examples.result("control/black", width=7, height=5)
    assert controls.control_size(replace(run, controls=(made,)), {"A/a.png": (40, 30)}) == (7, 5)
