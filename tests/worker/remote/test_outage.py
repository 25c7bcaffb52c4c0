"""A server that is down pauses all requests together; what it answers with the same error ends the work."""

import threading
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from msgspec.structs import replace

from fada_tui.core.errors import ErrorKind
from fada_tui.core.protocol import (
    BegunAgain,
    Cancelled,
    Delta,
    Event,
    Finished,
    Idle,
    ServerBack,
    ServerDown,
    Work,
)
from fada_tui.images.decode import decode
from fada_tui.runs.worker_client.client import WorkerClient
from fada_tui.runs.worker_client.deadlines import Deadlines
from fada_tui.runs.worker_client.errors import WorkGivenUpError
from fada_tui.store import journal
from tests import endpoint_server as served
from tests.conftest import LONG_ENOUGH, in_some_try, write_image
from tests.endpoint_server import Asked, Behaviour, Handler, serving
from tests.server_process import running, said_of
from tests.worker.test_remote import all_of, only, reach, results, work

pytestmark = pytest.mark.worker


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[WorkerClient]:
    worker = WorkerClient(tmp_path / "worker.log", Deadlines(load=90, first_token=180, token=180))
    yield worker
    await worker.kill()


@pytest.fixture
def many(images: Path) -> Path:
    for number in range(8):
        write_image(images / "C" / f"{number}.png", 20 + number)
    return images


async def until_given_up(client: WorkerClient, command: Work) -> tuple[list[Event], WorkGivenUpError]:
    events: list[Event] = []
    with pytest.raises(WorkGivenUpError) as caught:
        async for event in client.work(command):
            events.append(event)  # noqa: PERF401 (those before the error are wanted, too)
    return events, caught.value


def of_type(events: Sequence[Event], kind: type[Event]) -> list[Event]:
    return [event for event in events if isinstance(event, kind)]


async def test_a_server_killed_and_started_again_loses_nothing(
    client: WorkerClient, many: Path, tmp_path: Path
) -> None:
    events: list[Event] = []
    with running(answers=6) as server:
        await reach(client, server.source)
        async for event in client.work(work(many, tmp_path, at_once=4)):
            events.append(event)
            downs = of_type(events, ServerDown)
            if isinstance(event, Finished) and len(results(events)) == 3:
                server.kill()
            elif isinstance(event, ServerDown) and event.asked == 1:
                server.start()
    found = results(events)
    assert {path: one.response for path, one in found.items()} == {
        path: said_of(decode(many / path).pixels) for path in found
    }
    assert len(found) == 12
    assert [event.asked for event in downs][:2] == [0, 1]
    assert "cannot be reached (Connection refused)" in downs[1].message and 200 < downs[0].left <= 300
    assert len(of_type(events, ServerBack)) == 1
    # Those in flight were asked again, and their text until then is void.
    again = [event for event in of_type(events, BegunAgain) if event.server_down]
    assert again and not any(event.wait for event in again)
    assert len(journal.read(tmp_path / "journal.jsonl").lines) == 12


async def test_a_server_that_stays_down_ends_the_work_without_an_error(
    client: WorkerClient, many: Path, tmp_path: Path
) -> None:
    with running(answers=6) as server:
        await reach(client, server.source, server_patience=1.0)
        finished = 0
        with pytest.raises(WorkGivenUpError) as caught:
            async for event in client.work(work(many, tmp_path, at_once=4)):
                finished += isinstance(event, Finished)
                if finished == 2:
                    server.kill()
        assert caught.value.server_down and caught.value.kind == ErrorKind.ENDPOINT_UNREACHABLE
        said = str(caught.value)
        assert said.startswith("asked again for 1 s, in vain: 127.0.0.1:") and "cannot be reached" in said
        assert said.endswith("?")
        written = [line.result for line in journal.read(tmp_path / "journal.jsonl").lines]
        assert 2 <= len(written) < 12 and not any(one.error for one in written)
        # The worker is fit for the next work.
        server.start()
        rest = work(many, tmp_path, at_once=4)
        known = {one.path for one in written}
        rest = replace(rest, items=tuple(item for item in rest.items if item.path not in known))
        assert not any(one.error for one in results(await all_of(client, rest)).values())


@pytest.mark.parametrize(
    ("status", "said", "shown"),
    [
        (502, b"<html>nobody</html>", "web page"),
        pytest.param(503, b"<html>nobody</html>", "web page", marks=pytest.mark.slow),
        pytest.param(504, b"<html>nobody</html>", "web page", marks=pytest.mark.slow),
        (500, {"error": {"message": "InternalServerError: Connection error."}}, "Connection error"),
    ],
)
async def test_one_asks_while_a_proxy_says_that_nobody_is_behind_it(
    client: WorkerClient, many: Path, tmp_path: Path, status: int, said: object, shown: str
) -> None:
    """All wait for the one, and none becomes an error."""
    refused: list[int] = []

    def behave(asked: Asked) -> Behaviour:
        together.wait(LONG_ENOUGH) if len(server.asked) <= 4 else None
        if len(server.asked) < 4 + 3:
            refused.append(server.in_flight)
            kind = "text/html" if isinstance(said, bytes) else "application/json"
            return served.status(status, said, Content_Type=kind)
        return served.stream()

    together = threading.Barrier(4)
    with serving(behave) as server:
        await reach(client, server.source)
        events = await all_of(client, work(many, tmp_path, at_once=4))
    found = results(events)
    assert len(found) == 12 and not any(one.error for one in found.values())
    assert refused[4:] and set(refused[4:]) == {1}
    downs = of_type(events, ServerDown)
    assert f"{status} " in downs[0].message and shown in downs[0].message
    assert [event.asked for event in downs] == list(range(len(downs)))
    assert len(of_type(events, ServerBack)) == 1


@pytest.mark.parametrize("how", ["cancel", "stop_after_item"])
async def test_stopping_ends_a_pause_at_once(
    client: WorkerClient, many: Path, tmp_path: Path, how: str
) -> None:
    with serving(lambda asked: served.status(503, Retry_After="150")) as server:
        await reach(client, server.source)
        begun, events = 0.0, []
        async for event in client.work(work(many, tmp_path, at_once=3)):
            events.append(event)
            if isinstance(event, ServerDown):
                begun = time.monotonic()
                await getattr(client, how)()
        assert 0 < time.monotonic() - begun < 60
    assert isinstance(events[-1], Idle) and not results(events)
    assert len(of_type(events, Cancelled)) == 3


async def test_only_the_image_that_brings_the_server_down_becomes_an_error(
    client: WorkerClient, images: Path, tmp_path: Path
) -> None:
    """It crashes on one image, and is down until it has been asked once more."""
    deadly = decode(images / "A" / "A_002.png").pixels.tobytes()
    down, lock = [0], threading.Lock()

    def listing(handler: Handler) -> None:
        served.reply(handler, 503 if down[0] else 200, {"data": [{"id": served.MODEL}]})

    def crash(handler: Handler, asked: Asked) -> None:
        down[0] = 1
        handler.sever()

    def behave(asked: Asked) -> Behaviour:
        with lock:
            if down[0]:
                down[0] -= 1
                return served.status(503)
        return crash if asked.image.tobytes() == deadly else served.stream()

    with serving(behave) as server:
        server.listing = listing
        await reach(client, server.source)
        events = await all_of(client, work(images, tmp_path, at_once=4))
    found = results(events)
    error = found.pop("A/A_002.png").error
    assert error and "the server was lost each time" in error.message
    assert len(found) == 3 and not any(one.error for one in found.values())


async def test_five_errors_alike_end_the_work(client: WorkerClient, many: Path, tmp_path: Path) -> None:
    with serving(lambda asked: served.status(401)) as server:
        await reach(client, server.source)
        events, error = await until_given_up(client, work(many, tmp_path, at_once=1))
        assert len(server.asked) == 5
    assert not error.server_down and error.kind == ErrorKind.ENDPOINT_REFUSED
    assert str(error).startswith("5 errors alike in sequence end the run: ") and "401" in str(error)
    written = [line.result for line in journal.read(tmp_path / "journal.jsonl").lines]
    assert len(written) == 5 == len(of_type(events, Finished))


async def test_an_answer_between_errors_lets_the_work_go_on(
    client: WorkerClient, many: Path, tmp_path: Path
) -> None:
    with serving(lambda asked: served.status(400) if len(server.asked) % 5 else served.stream()) as server:
        await reach(client, server.source)
        found = results(await all_of(client, work(many, tmp_path, at_once=1)))
    assert sum(one.error is not None for one in found.values()) == 10 and len(found) == 12


async def test_images_that_cannot_be_read_are_no_fault_of_the_server(
    client: WorkerClient, many: Path, tmp_path: Path
) -> None:
    for path in (many / "C").iterdir():
        path.write_bytes(b"no image")
    with serving() as server:
        await reach(client, server.source)
        found = results(await all_of(client, work(many, tmp_path, at_once=1)))
    assert sum(one.error is not None for one in found.values()) == 8 and len(found) == 12


async def test_a_404_on_the_first_request_ends_the_work(
    client: WorkerClient, images: Path, tmp_path: Path
) -> None:
    with serving(lambda asked: served.status(404, {"error": "no such model"})) as server:
        await reach(client, server.source)
        events, error = await until_given_up(client, work(images, tmp_path, at_once=1))
        assert len(server.asked) == 1
        assert "no such model" in str(error) and error.kind == ErrorKind.ENDPOINT_REFUSED
        assert not results(events) and len(of_type(events, Cancelled)) == 1
        server.behave = lambda asked: served.status(404) if len(server.asked) == 3 else served.stream()
        found = results(await all_of(client, work(images, tmp_path, at_once=1)))
        assert sum(one.error is not None for one in found.values()) == 1 and len(found) == 4


async def test_signs_of_life_outlast_the_workers_own_deadline(images: Path, tmp_path: Path) -> None:
    async def ask() -> None:
        client = WorkerClient(tmp_path / "worker.log", Deadlines(load=90, first_token=2, token=2))
        try:
            with serving(
                lambda asked: served.status(503, Retry_After="4") if asked.times == 1 else served.stream()
            ) as server:
                await reach(client, server.source)
                _, events = await only(client, work(images, tmp_path))
        finally:
            await client.kill()
        assert not any(one.error for one in results(events).values())
        assert any(isinstance(event, Delta) for event in events)

    await in_some_try(ask)
