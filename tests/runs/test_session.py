"""A session and a worker that does what the test says."""

import os
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from fada_tui.core.errors import ErrorKind, RunLockedError
from fada_tui.core.image_identity import identity_of
from fada_tui.core.protocol import PROTOCOL_VERSION, Delta, Finished, Hello, Idle, Loaded, Work
from fada_tui.core.records import EngineFacts, Failure, FileFacts, ModelFacts, Question, Result
from fada_tui.models.registry import load_registry
from fada_tui.runs import session as sessions
from fada_tui.runs.events import AnswerText, RunEnded, Warned
from fada_tui.runs.session import Session
from fada_tui.runs.worker_client.deadlines import Deadlines
from fada_tui.runs.worker_client.errors import WorkerDiedError
from fada_tui.store import folder as store
from fada_tui.store import journal
from fada_tui.store.lock import LOCK_NAME, RunLock
from tests import examples


class Worker:
    """In the place of a `WorkerClient`."""

    pid = None
    hello: Hello | None = None

    def __init__(self, log: Path, *_: Any, **__: Any) -> None:
        self.folder = log.parent

    async def start(self) -> Hello:
        self.hello = Hello(protocol=PROTOCOL_VERSION, pid=os.getpid(), torch="2", transformers="5", cuda=None)
        return self.hello

    async def load(self, _: object) -> AsyncGenerator[Loaded, None]:
        yield Loaded(model=ModelFacts(name="tiny"))

    async def work(self, command: Work) -> AsyncGenerator[Finished | Idle, None]:
        for item in command.items:
            yield self.write(examples.result(item.path, item.question_id))
        yield Idle()

    async def close(self) -> None: ...

    def write(self, result: Result) -> Finished:
        journal.append(self.folder / journal.JOURNAL_NAME, journal.ResultLine(result=result))
        return Finished(result=result, torch_peak_reserved=None)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a run of two images and two questions."""
    made = tmp_path / "results" / "20260101-000000_tiny"
    made.mkdir(parents=True)
    questions = (Question(id="q1", text="text of q1"), Question(id="q2", text="text of q2"))
    store.write_run(made, examples.run(("A/a.png", "B/b.png"), questions=questions, id=made.name))
    return made


def opened(folder: Path, worker: type[Worker], monkeypatch: pytest.MonkeyPatch) -> Session:
    monkeypatch.setattr(sessions, "WorkerClient", worker)
    registry = load_registry(folder / "none.toml")
    return Session(folder, RunLock(folder), store.read_run(folder), Deadlines(), registry)


async def test_a_worker_s_end_forgets_no_image(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it wrote and did not tell is told; its successor knows what images were asked about."""
    first = examples.result("A/a.png", file=FileFacts(size=1, sha256="a"))
    changed = examples.result(
        "B/b.png",
        "q2",
        response=None,
        file=FileFacts(size=2, sha256="other"),
        error=Failure(kind=ErrorKind.IMAGE_CHANGED, message="b.png was changed"),
    )
    works: list[Work] = []

    class Dying(Worker):
        async def work(self, command: Work) -> AsyncGenerator[Finished | Idle, None]:
            works.append(command)
            if len(works) == 2:
                self.write(examples.result("A/a.png", "q2"))
                yield Idle()
                return
            yield self.write(first)
            self.write(examples.result("B/b.png", file=FileFacts(size=2, sha256="b")))
            self.write(changed)
            raise WorkerDiedError(ErrorKind.WORKER_DIED, "killed")

    events = [event async for event in opened(folder, Dying, monkeypatch).events()]
    (again,) = works[1].items
    assert (again.key, again.asked) == (("A/a.png", "q2"), identity_of(first))
    assert [event.message for event in events if isinstance(event, Warned)] == [
        "b.png was changed; its earlier answers stay, and the run's page lists all such images"
    ]
    (end,) = (event for event in events if isinstance(event, RunEnded))
    assert [(one.path, one.state, one.file) for one in end.run.images_changed] == [
        ("B/b.png", "changed", changed.file)
    ]


async def test_who_lost_the_lock_while_loading_writes_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Slow(Worker):
        async def load(self, _: object) -> AsyncGenerator[Loaded, None]:
            (folder / LOCK_NAME).unlink()
            yield Loaded(model=ModelFacts(name="tiny", adapter="chat"))

    before = (folder / store.RUN_NAME).read_bytes()
    with pytest.raises(RunLockedError, match="unlocked by hand"):
        _ = [event async for event in opened(folder, Slow, monkeypatch).events()]
    assert (folder / store.RUN_NAME).read_bytes() == before


async def test_text_of_thoughts_is_told_as_such(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Thinking(Worker):
        async def work(self, command: Work) -> AsyncGenerator[Delta | Finished | Idle, None]:  # type: ignore[override]
            item = command.items[0]
            for text, thought in (("A heart?", True), ("A head.", False)):
                yield Delta(
                    path=item.path, question_id=item.question_id, text=text, tokens=3, thought=thought
                )
            async for event in super().work(command):
                yield event

    session = opened(folder, Thinking, monkeypatch)
    told = [event async for event in session.events() if isinstance(event, AnswerText)]
    assert [(event.text, event.thought) for event in told] == [("A heart?", True), ("A head.", False)]


@pytest.mark.parametrize(
    ("source", "devices", "batch_size", "said"),
    [
        ("/model", UNSET, 1, "this image"),
        ("/model", UNSET, "auto", "this batch"),
        ("/model", "cpu*2", 1, "each worker's image"),
        ("/model", "cpu*2", 4, "each worker's batch"),
        ("http://127.0.0.1:8000/v1#m", UNSET, 1, "what is in flight"),
    ],
)
def test_what_a_run_finishes_before_it_stops_is_told_as_it_is(
    source: str, devices: Any, batch_size: Any, said: str
) -> None:
    made = examples.run(model=ModelFacts(name="m", source=source))
    plan = replace(made.plan, model=replace(made.plan.model, source=source), devices=devices)
    run = replace(made, plan=plan, generation=replace(made.generation, batch_size=batch_size))
    assert sessions.at_hand(run) == said
    assert sessions.at_hand(replace(run, engine=EngineFacts(name="vllm"))) == "what is in flight"
