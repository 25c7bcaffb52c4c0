"""A session that another program asks to stop."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from pathlib import Path

import pytest

from fada_tui.core.protocol import Finished, Idle, Started, Work
from fada_tui.runs import stop_watch
from fada_tui.runs.events import AnswerStarted, RunEnded, SessionEvent, Warned
from fada_tui.runs.session import STOPPED_BY_OTHERS, Session
from fada_tui.store import stop_request
from tests import examples
from tests.runs.test_session import Worker, folder, opened

__all__ = ["folder"]


class Stoppable(Worker):
    """Answers the first item once it is asked to stop."""

    def __init__(self, log: Path, *rest: object, **more: object) -> None:
        super().__init__(log)
        self.told = asyncio.Event()
        self.asked: list[str] = []

    async def work(self, command: Work) -> AsyncGenerator[Started | Finished | Idle, None]:  # type: ignore[override]
        item = command.items[0]
        yield Started(path=item.path, question_id=item.question_id)
        await self.told.wait()
        if self.asked == ["item"]:
            yield self.write(examples.result(item.path, item.question_id))
        yield Idle()

    async def stop_after_item(self) -> None:
        self.asked.append("item")
        self.told.set()

    async def cancel(self) -> None:
        self.asked.append("now")
        self.told.set()

    async def kill(self) -> None: ...


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(stop_watch, "LOOK_SECONDS", 0.01)
    yield


async def _events(session: Session, how: stop_request.How) -> AsyncIterator[SessionEvent]:
    async for event in session.events():
        if isinstance(event, AnswerStarted):
            stop_request.ask(session.folder, how)
        yield event


@pytest.mark.parametrize(("how", "answers"), [("image", 1), ("now", 0)])
async def test_a_run_stops_when_another_program_asks(
    folder: Path, monkeypatch: pytest.MonkeyPatch, how: stop_request.How, answers: int
) -> None:
    session = opened(folder, Stoppable, monkeypatch)
    seen = [event async for event in _events(session, how)]
    *_, warned, ended = seen
    assert warned == Warned(STOPPED_BY_OTHERS)
    assert isinstance(ended, RunEnded)
    assert (len(ended.run.results), ended.run.status) == (answers, "interrupted")
    assert session.stopping
    assert stop_request.asked(folder) is None


async def test_a_later_request_to_stop_now_counts(folder: Path) -> None:
    heard: list[str] = []
    changed = asyncio.Event()

    def stop(how: stop_request.How) -> None:
        heard.append(how)
        changed.set()

    stop_request.ask(folder, "now")  # of an earlier session
    watch = stop_watch.StopWatch(folder, stop)
    await watch.begin()
    assert stop_request.asked(folder) is None
    for how in ("image", "now"):
        stop_request.ask(folder, how)  # type: ignore[arg-type]
        await changed.wait()
        changed.clear()
    await watch.end()
    await watch.end()
    assert heard == ["image", "now"]
    assert stop_request.asked(folder) is None
