"""Models behind a server, through the real worker and a real HTTP server: answers, faults, stops, keys."""

import importlib.util
import json
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from fada_tui.core.errors import ErrorKind, ModelLoadError
from fada_tui.core.protocol import (
    BegunAgain,
    Cancelled,
    Delta,
    Event,
    Finished,
    Idle,
    Item,
    JournalFailed,
    Load,
    Loaded,
    Started,
    Work,
)
from fada_tui.core.records import Generation, ModelEntry, Result
from fada_tui.images.decode import decode
from fada_tui.runs.worker_client.client import WorkerClient
from fada_tui.runs.worker_client.deadlines import Deadlines
from fada_tui.store import journal
from tests import endpoint_server as served
from tests.conftest import LONG_ENOUGH, in_some_try, wait_for, write_image
from tests.endpoint_server import MODEL, Asked, Behaviour, serving

pytestmark = pytest.mark.worker


QUESTION = "What can you see?"
KEY = "sk-secret-0123456789"


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[WorkerClient]:
    worker = WorkerClient(tmp_path / "worker.log", Deadlines(load=90, first_token=180, token=180))
    yield worker
    await worker.kill()


async def reach(client: WorkerClient, source: str, **fields: object) -> Loaded:
    known = {"name", "api_key_env"}
    entry = ModelEntry(name="tiny", source=source, **{k: v for k, v in fields.items() if k in known})
    rest = {k: v for k, v in fields.items() if k not in known}
    if client.pid is None:
        await client.start()
    command = Load(model=entry, device="auto", trust_remote_code=False, allow_pickle=False, **rest)
    events = [event async for event in client.load(command)]
    assert isinstance(events[-1], Loaded)
    return events[-1]


def work(root: Path, tmp_path: Path, at_once: int = 1, **how: object) -> Work:
    names = sorted(str(path.relative_to(root)) for path in root.rglob("*.png"))
    items = tuple(
        Item(image=Path(name).name, category="A", path=name, question_id="q", question=QUESTION)
        for name in names
    )
    how = {"max_new_tokens": 20, "do_sample": False, "seed": 3} | how
    return Work(
        root=str(root),
        journal=str(tmp_path / "journal.jsonl"),
        generation=Generation(concurrency=at_once, **how),
        items=items,
    )


async def all_of(client: WorkerClient, command: Work) -> list[Event]:
    return [event async for event in client.work(command)]


def results(events: list[Event]) -> dict[str, Result]:
    return {event.result.path: event.result for event in events if isinstance(event, Finished)}


async def only(client: WorkerClient, command: Work) -> tuple[Result, list[Event]]:
    """The first item alone."""
    events = await all_of(client, replace(command, items=command.items[:1]))
    (result,) = results(events).values()
    return result, events


async def test_what_is_sent_and_what_comes_of_it(client: WorkerClient, images: Path, tmp_path: Path) -> None:
    with serving() as server:
        model = (await reach(client, server.source)).model
        assert (model.adapter, model.served, model.device) == ("server", MODEL, None)
        assert model.parameters is model.dtype is model.memory.weights is model.architecture is None
        assert model.load_time and 0 < model.load_time < LONG_ENOUGH
        command = work(images, tmp_path, system_prompt="Be brief.")
        events = await all_of(client, command)
    answered = results(events)
    assert list(answered) == [item.path for item in command.items]
    for asked, (path, result) in zip(server.asked, answered.items(), strict=True):
        whole = decode(images / path)
        assert asked.format == "PNG" and asked.image.mode == "RGB"
        assert asked.image.tobytes() == whole.pixels.tobytes()
        assert result.sha256 == whole.sha256
        body = asked.body
        assert body["model"] == MODEL and body["stream"] is True
        assert body["stream_options"] == {"include_usage": True}
        assert (body["temperature"], body["max_tokens"]) == (0, 20) and "top_p" not in body
        assert 0 <= body["seed"] < 2**31
        assert body["messages"][0] == {"role": "system", "content": "Be brief."}
        assert asked.question == QUESTION
        assert "Authorization" not in asked.headers
        assert result.response == "".join(served.WORDS)
        assert result.finish == "stop" and result.error is None
        assert (result.tokens.prompt, result.tokens.generated) == (321, 4)
        assert result.tokens.per_second == pytest.approx(4 / result.time)
        assert result.tokens.image is None
        timing = result.timing
        assert result.time == timing.generate >= timing.first_token > 0
        assert timing.load > 0 and timing.preprocess > 0
        assert result.prompt.startswith("system: Be brief.\nuser: <image: PNG, 96×64, ")
        assert result.prompt.endswith(f"\n{QUESTION}")
    assert len({asked.body["seed"] for asked in server.asked}) == 4
    streamed = [event for event in events if isinstance(event, Delta) and event.path == command.items[0].path]
    assert "".join(event.text for event in streamed) == "".join(served.WORDS)


async def test_sampling_is_sent_as_asked(client: WorkerClient, images: Path, tmp_path: Path) -> None:
    with serving() as server:
        await reach(client, server.url)  # the only model, unnamed
        command = work(images, tmp_path, do_sample=True, temperature=0.7, top_p=0.9)
        await only(client, command)
    assert (server.asked[0].body["temperature"], server.asked[0].body["top_p"]) == (0.7, 0.9)
    assert server.asked[0].body["model"] == MODEL


async def test_what_no_server_says_is_unknown_and_thoughts_are_no_answer(
    client: WorkerClient, images: Path, tmp_path: Path
) -> None:
    with serving(
        lambda asked: served.stream(counted=False, finish="length", thoughts=("hm ", "well"))
    ) as server:
        await reach(client, server.source)
        result, events = await only(client, work(images, tmp_path))
    assert result.response == "".join(served.WORDS)
    assert result.tokens.prompt is result.tokens.generated is result.tokens.per_second is None
    assert result.finish == "length"
    assert all(event.tokens == 0 for event in events if isinstance(event, Delta))


async def test_events_in_every_form_the_format_allows(
    client: WorkerClient, images: Path, tmp_path: Path
) -> None:
    umlaut = json.dumps(served.piece("Füße"), ensure_ascii=False).encode()
    at = umlaut.index("ü".encode()) + 1  # between the two bytes of a letter
    odd = served.raw(
        b": a comment\r\n\r\nevent: chunk\r\nid: 7\r\ndata:" + umlaut[:at],
        umlaut[at:] + b"\r",
        b"\n\r\nretry: 5\n\n: ping\n\n",
        b'data: {"choices": [{"delta":\ndata:  {"content": " in"}}]}\n\n',
        b'data: {"choices": [], "usage": null}\n\n',
        b'data: {"choices": [{"delta": {}, "finish_reason": "stop"}], "more": {"y": [1]}}\n\n',
        b"data: [DONE]\n\n",
    )
    with serving(lambda asked: odd) as server:
        await reach(client, server.source)
        result, _ = await only(client, work(images, tmp_path))
    assert result.error is None, result.error
    assert result.response == "Füße in"


async def test_several_at_once_and_never_more_than_asked(
    client: WorkerClient, images: Path, tmp_path: Path
) -> None:
    together = threading.Barrier(3)

    def at_the_gate(asked: Asked) -> Behaviour:
        if len(server.asked) <= 3:
            together.wait(LONG_ENOUGH)  # broken, and the answer an error, unless three are in flight
        return served.stream(pace=0.02)

    for number in range(5):
        write_image(images / "C" / f"{number}.png", 10 + number)
    with serving(at_the_gate) as server:
        await reach(client, server.source)
        events = await all_of(client, work(images, tmp_path, at_once=3))
    assert server.peak == 3
    assert len(results(events)) == 9 and not any(one.error for one in results(events).values())
    assert server.connections <= 4
    open_now = most = 0
    for event in events:
        open_now += isinstance(event, Started) - isinstance(event, Finished)
        most = max(most, open_now)
    assert most == 3
    written = [line.result for line in journal.read(tmp_path / "journal.jsonl").lines]
    assert {one.path: one for one in written} == results(events)


async def test_stop_finishes_those_in_flight_and_cancel_drops_them(
    client: WorkerClient, images: Path, tmp_path: Path
) -> None:
    for number in range(4):
        write_image(images / "C" / f"{number}.png", 10 + number)
    told = threading.Event()
    with serving(lambda asked: served.stream(until=told)) as server:
        await reach(client, server.source)
        events: list[Event] = []
        async for event in client.work(work(images, tmp_path, at_once=2)):
            events.append(event)
            if isinstance(event, Delta) and event.text and not told.is_set():
                await client.stop_after_item()
                told.set()
        stopped = len(results(events))
        assert 2 <= stopped < 8, "it may begin another before it hears"
        assert stopped == sum(isinstance(event, Started) for event in events)
    with serving(lambda asked: served.hang("A ")) as server:
        await reach(client, server.source)
        events, begun = [], 0.0
        async for event in client.work(work(images, tmp_path, at_once=3)):
            events.append(event)
            if len([e for e in events if isinstance(e, Delta) and e.text]) == 3 and not begun:
                begun = time.monotonic()
                await client.cancel()
        assert time.monotonic() - begun < 60
    assert sum(isinstance(event, Cancelled) for event in events) == 3
    assert isinstance(events[-1], Idle) and not results(events)
    assert len(journal.read(tmp_path / "journal.jsonl").lines) == stopped


@pytest.mark.parametrize("begin", [True, False], ids=["no token", "no answer"])
async def test_cancel_breaks_off_a_wait_at_once(
    client: WorkerClient, images: Path, tmp_path: Path, begin: bool
) -> None:
    with serving(lambda asked: served.hang(begin=begin)) as server:
        await reach(client, server.source)
        begun = 0.0
        async for event in client.work(work(images, tmp_path)):
            if isinstance(event, Delta) and not begun:  # a sign of life: nothing has come yet
                assert event.text == ""
                begun = time.monotonic()
                await client.cancel()
        assert 0 < time.monotonic() - begun < 60


async def test_cancel_breaks_off_a_pause_before_another_try(
    client: WorkerClient, images: Path, tmp_path: Path
) -> None:
    with serving(lambda asked: served.status(429, Retry_After="150")) as server:
        await reach(client, server.source)
        begun = 0.0
        async for event in client.work(work(images, tmp_path)):
            if isinstance(event, BegunAgain):
                assert event.wait >= 150 and "429" in event.reason
                begun = time.monotonic()
                await client.cancel()
        assert 0 < time.monotonic() - begun < 60
        assert len(server.asked) == 1


async def test_what_passes_is_tried_again(client: WorkerClient, images: Path, tmp_path: Path) -> None:
    """Each image meets another trouble at first."""
    troubles = {
        "A/A_001.png": served.status(429, Retry_After="1"),
        "A/A_002.png": served.status(503, b"<html>busy</html>", Content_Type="text/html"),
        "B/B_001.png": served.cut("What ", "is lost"),
        "B/B_002.png": served.cut("no end", politely=True),
    }
    pixels = {name: decode(images / name).pixels.tobytes() for name in troubles}

    def behave(asked: Asked) -> Behaviour:
        name = next(name for name, known in pixels.items() if known == asked.image.tobytes())
        return troubles[name] if asked.times == 1 else served.stream()

    with serving(behave) as server:
        await reach(client, server.source)
        begun = time.monotonic()
        events = await all_of(client, work(images, tmp_path, at_once=4))
        taken = time.monotonic() - begun
    assert {one.response for one in results(events).values()} == {"".join(served.WORDS)}
    again = {event.path: event for event in events if isinstance(event, BegunAgain)}
    assert set(again) == set(troubles)
    assert taken >= again["A/A_001.png"].wait >= 1  # what the server asked for
    assert "503" in again["A/A_002.png"].reason and "web page" in again["A/A_002.png"].reason
    # What had been streamed before the cut is void: what came after is the answer.
    text = ""
    for event in events:
        if isinstance(event, Delta) and event.path == "B/B_001.png":
            text += event.text
        elif isinstance(event, BegunAgain) and event.path == "B/B_001.png":
            assert text and "What is lost".startswith(text)
            text = ""
    assert text == "".join(served.WORDS)
    result = results(events)["A/A_001.png"]
    assert result.time <= taken - 1  # the answer's own time, without the wait for its turn


async def test_what_never_passes_becomes_an_error_and_the_work_goes_on(
    client: WorkerClient, images: Path, tmp_path: Path
) -> None:
    page = served.raw(b"<!doctype html><title>Sign in</title>", kind="text/html")
    troubles = {
        "A/A_001.png": served.raw(b'data: {"choices": [{"delta": {"content": 1}}]}\n\n'),
        "A/A_002.png": page,
        "B/B_001.png": served.raw(b"data: [DONE]\n\n"),
        "B/B_002.png": served.cut("always"),
    }
    pixels = {name: decode(images / name).pixels.tobytes() for name in troubles}
    with serving() as server:
        server.behave = lambda asked: next(
            troubles[name] for name, known in pixels.items() if known == asked.image.tobytes()
        )
        await reach(client, server.source)
        found = results(await all_of(client, work(images, tmp_path, at_once=4)))
    assert all(one.error.kind == ErrorKind.INFERENCE_ERROR for one in found.values())
    assert all(one.response is None and one.time is None and one.finish == "error" for one in found.values())
    said = {path: one.error.message for path, one in found.items()}
    assert all(message.endswith("(tried 6 times)") and "\n" not in message for message in said.values())
    assert "no part of an answer" in said["A/A_001.png"]
    assert "text/html in place of a stream" in said["A/A_002.png"]
    assert "empty answer" in said["B/B_001.png"]
    assert "broke" in said["B/B_002.png"]


@pytest.mark.parametrize(
    ("behaviour", "kind", "said"),
    [
        (served.status(401), ErrorKind.ENDPOINT_REFUSED, "FADA_TUI_API_KEY"),
        (
            served.status(307, b"", Location="http://127.0.0.1:9/v1"),
            ErrorKind.ENDPOINT_REFUSED,
            "not followed",
        ),
        (
            served.status(400, {"object": "error", "message": "the maximum context length is 8 tokens"}),
            ErrorKind.ENDPOINT_REFUSED,
            "lower --max-new-tokens",
        ),
        (
            served.raw(b'data: {"error": {"message": "the prompt is too long", "code": 400}}\n\n'),
            ErrorKind.ENDPOINT_REFUSED,
            "the prompt is too long",
        ),
        (
            served.stream(("half an",), finish="content_filter"),
            ErrorKind.REFUSAL,
            "filter stopped the answer",
        ),
    ],
    ids=["401", "redirect", "context", "error in the stream", "filter"],
)
async def test_what_will_not_pass_is_not_tried_again(
    client: WorkerClient,
    images: Path,
    tmp_path: Path,
    behaviour: Behaviour,
    kind: ErrorKind,
    said: str,
) -> None:
    with serving(lambda asked: behaviour) as server:
        await reach(client, server.source)
        result, events = await only(client, work(images, tmp_path))
        assert len(server.asked) == 1
    assert result.error.kind == kind
    assert said in result.error.message and "\n" not in result.error.message
    assert not any(isinstance(event, BegunAgain) for event in events)


async def test_a_silent_server_meets_the_deadlines_of_each_request(
    client: WorkerClient, images: Path, tmp_path: Path
) -> None:
    """The others in flight go on, and so does the worker."""
    first, second, *_ = work(images, tmp_path).items
    pixels = {item.path: decode(images / item.path).pixels.tobytes() for item in (first, second)}

    def behave(asked: Asked) -> Behaviour:
        if asked.image.tobytes() == pixels[first.path]:
            return served.hang()
        if asked.image.tobytes() == pixels[second.path]:
            return served.hang("It ", "is")
        return served.stream(pace=0.1)

    with serving(behave) as server:
        await reach(client, server.source, first_token_timeout=2.0, token_timeout=1.0)
        pid = client.pid

        async def ask() -> None:
            found = results(await all_of(client, work(images, tmp_path, at_once=4)))
            assert client.pid == pid
            assert found[first.path].error.kind == found[second.path].error.kind == ErrorKind.TIMEOUT
            early, late = (found[one.path].error.message for one in (first, second))
            assert "no first token within 2 s; raise --first-token-timeout" in early
            assert "silent for 1 s in mid-answer; raise --token-timeout" in late
            assert sum(one.error is None for one in found.values()) == 2

        await in_some_try(ask)


async def test_a_slow_first_token_outlives_the_workers_own_deadline(images: Path, tmp_path: Path) -> None:
    """While the server thinks, the worker gives signs of life."""
    with serving(lambda asked: served.stream(first=3.5)) as server:

        async def ask() -> None:
            client = WorkerClient(tmp_path / "worker.log", Deadlines(load=90, first_token=2, token=2))
            try:
                await reach(client, server.source)
                result, events = await only(client, work(images, tmp_path))
            finally:
                await client.kill()
            assert result.error is None and result.timing.first_token >= 3.5
            assert sum(isinstance(event, Delta) and not event.text for event in events) >= 4

        await in_some_try(ask)


async def test_an_orphan_finishes_what_is_in_flight(images: Path, tmp_path: Path) -> None:
    for number in range(4):
        write_image(images / "C" / f"{number}.png", 10 + number)
    client = WorkerClient(tmp_path / "worker.log", Deadlines())
    orphaned = threading.Event()
    with serving(lambda asked: served.stream(until=orphaned)) as server:
        await reach(client, server.source)
        async for event in client.work(work(images, tmp_path, at_once=2)):
            if isinstance(event, Delta) and event.text:
                wait_for(lambda: server.in_flight == 2)
                client._process.hang_up()  # what the kernel does when the program dies
                orphaned.set()
                break
        assert client._process and await client._process.wait() == 0
    assert 2 <= len(journal.read(tmp_path / "journal.jsonl").lines) < 8


async def test_a_full_disk_stops_all_that_is_in_flight(
    client: WorkerClient, images: Path, tmp_path: Path
) -> None:
    with serving(lambda asked: served.stream() if len(server.asked) == 1 else served.hang("A ")) as server:
        await reach(client, server.source)
        command = replace(work(images, tmp_path, at_once=3), journal="/dev/full")
        events = await all_of(client, command)
    assert isinstance(events[-1], JournalFailed) and "No space left" in events[-1].message
    assert not results(events)


async def refused(client: WorkerClient, source: str, **fields: object) -> ModelLoadError:
    with pytest.raises(ModelLoadError) as caught:
        await reach(client, source, **fields)
    assert "\n" not in str(caught.value)
    return caught.value


async def test_a_server_that_is_not_there_or_serves_another(client: WorkerClient) -> None:
    down = await refused(client, f"http://127.0.0.1:{served.unused_port()}/v1#x")
    assert down.kind == ErrorKind.ENDPOINT_UNREACHABLE
    assert "cannot be reached" in str(down) and "is the server running" in str(down)
    with serving() as server:
        server.models = ("one", "two:latest")
        several = await refused(client, server.url)
        assert several.kind == ErrorKind.NOT_FOUND
        assert "serves one, two:latest; say which, as in URL#NAME" in str(several)
        assert (await reach(client, f"{server.url}#two")).model.served == "two"
        server.models = ()
        assert "serves nothing" in str(await refused(client, server.url))
        server.listing = lambda handler: served.reply(handler, 200, b"<html>", Content_Type="text/html")
        assert "is no list of models: check the URL" in str(await refused(client, server.url))
        server.listing = lambda handler: served.reply(handler, 401, {"error": "who are you?"})
        wanted = await refused(client, server.url)
        assert wanted.kind == ErrorKind.ENDPOINT_REFUSED
        assert "who are you?; it wants a key: put it into FADA_TUI_API_KEY" in str(wanted)
        server.listing = lambda handler: served.reply(handler, 404, {"detail": "Not Found"})
        assert "check the URL" in str(await refused(client, server.url))


async def test_a_server_that_still_loads_is_waited_for(client: WorkerClient) -> None:
    with serving() as server:
        busy = iter((True, True))

        def listing(handler: served.Handler) -> None:
            if next(busy, False):
                served.reply(handler, 503, {"error": {"message": "Loading model"}})
            else:
                served.reply(handler, 200, {"data": [{"id": MODEL}]})

        server.listing = listing
        assert (await reach(client, server.url)).model.served == MODEL


async def test_no_byte_goes_to_a_host_that_nobody_allowed(client: WorkerClient) -> None:
    """A name that resolves to this machine is still another host: what counts is what was agreed to."""
    with serving() as server:
        named = server.source.replace("127.0.0.1", "hospital.example")
        assert "--allow-host hospital.example" in str(await refused(client, named))
        assert "--allow-host" in str(await refused(client, server.source.replace("127.0.0.1", "0.0.0.0")))
        other = await refused(client, named, allowed_hosts=("elsewhere.example", "hospital.example:1"))
        assert "--allow-host hospital.example" in str(other)
        assert server.connections == 0


async def test_a_host_that_was_allowed_is_reached_but_gets_no_key_in_the_clear(
    client: WorkerClient, images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """0.0.0.0 is no address of this machine's own, though the system connects it to this machine."""
    with serving() as server:
        elsewhere = server.source.replace("127.0.0.1", "0.0.0.0")
        monkeypatch.setenv("MINE", KEY)
        said = str(await refused(client, elsewhere, allowed_hosts=("0.0.0.0",), api_key_env="MINE"))
        assert "not sent to 0.0.0.0" in said and KEY not in said
        assert server.connections == 0
        await reach(client, elsewhere, allowed_hosts=("0.0.0.0",))
        result, _ = await only(client, work(images, tmp_path))
        assert result.error is None and server.connections > 0


async def test_a_key_is_sent_and_said_to_nobody_else(
    client: WorkerClient, images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FADA_TUI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-openai")
    monkeypatch.setenv("MY_KEY", "sk-of-mine")

    def telltale(asked: Asked) -> Behaviour:
        word = asked.headers.get("Authorization", "")
        if len(server.asked) == 1:
            return served.status(401, {"error": {"message": f"{word} is no key of ours"}})
        return (
            served.raw(b'data: {"error": "' + word.encode() + b'"}\n\n')
            if len(server.asked) == 2
            else served.stream(("your ", word))
        )

    with serving(telltale) as server:
        await reach(client, server.source)
        found = results(await all_of(client, work(images, tmp_path)))
        assert {asked.headers["Authorization"] for asked in server.asked} == {f"Bearer {KEY}"}
        assert "[key] is no key of ours; check the key" in found["A/A_001.png"].error.message
        assert found["A/A_002.png"].response == "your Bearer [key]"
        await reach(client, server.source, api_key_env="MY_KEY")
        await only(client, work(images, tmp_path))
        assert server.asked[-1].headers["Authorization"] == "Bearer sk-of-mine"
        unset = await refused(client, server.source, api_key_env="NO_SUCH_KEY")
        assert "NO_SUCH_KEY, which is not set" in str(unset)
    for file in (tmp_path / "worker.log", tmp_path / "journal.jsonl"):
        text = file.read_text()
        assert KEY not in text and "sk-of" not in text
    assert "401" in (tmp_path / "worker.log").read_text()


async def test_headers_and_thoughts_go_through_the_worker(
    client: WorkerClient, images: Path, tmp_path: Path
) -> None:
    answer = served.stream(("It is ", KEY), thoughts=("hm ", KEY))
    with serving(lambda asked: answer) as server:
        await reach(client, server.source, headers={"X-Tenant": KEY})
        result, events = await only(client, work(images, tmp_path))
        assert server.asked[0].headers["X-Tenant"] == KEY
    assert (result.response, result.thoughts.text) == ("It is [key]", "hm [key]")
    deltas = [event for event in events if isinstance(event, Delta)]
    assert "".join(event.text for event in deltas if event.thought) == "hm [key]"
    assert KEY not in (tmp_path / "journal.jsonl").read_text()


@pytest.mark.parametrize("before", [270, 281, 290, 65_519])
async def test_no_part_of_a_key_is_left_where_a_server_s_words_are_cut(
    before: int, client: WorkerClient, images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its words are cut to 300 characters, and its body, of which white space goes, to 64 KiB."""
    key = "sk-proj-8Fq2ZxT0vLwMmNd7YcQ"
    monkeypatch.setenv("FADA_TUI_API_KEY", key)
    filler = ("." if before < 300 else " ") * (before - 9)

    def answer(asked: Asked) -> Behaviour:
        match len(server.asked):
            case 1:
                return served.status(401, f"{filler}no key is {key}".encode(), Content_Type="text/plain")
            case 2:
                return served.raw(b"data: {}\n\n", kind=f"text/{key}")
            case 3:
                return served.raw(b"HTTP", kind=f"text/x; {filler[:200]}{key}")
            case _:
                return served.stream(("It is ", key[:7], key[7:12], f"{key[12:]}, they say", "."))

    with serving(answer) as server:
        server.models = (MODEL, f"of {key}")
        await reach(client, server.source)
        events = await all_of(client, replace(work(images, tmp_path), items=work(images, tmp_path).items[:1]))
        events += await all_of(client, work(images, tmp_path))
        server.models = (f"of {key}",)

        async def reach_another() -> None:
            (remark,) = (await reach(client, f"{server.url}#other")).remarks
            assert "it lists of [key]" in remark

        await in_some_try(reach_another)
        assert (await reach(client, server.url)).model.served == "of [key]"
    told = [repr(event) for event in events] + [
        (tmp_path / name).read_text() for name in ("worker.log", "journal.jsonl")
    ]
    left = {key[at : at + 6] for at in range(len(key) - 5)}
    assert not [piece for text in told for piece in left if piece.lower() in text.lower()]
    streamed = "".join(event.text for event in events if isinstance(event, Delta))
    assert "It is [key], they say." in streamed


async def test_a_proxy_for_the_network_does_not_see_this_machine(
    client: WorkerClient, images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving() as proxy, serving() as server:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        await reach(client, server.source)
        result, _ = await only(client, work(images, tmp_path))
        assert result.error is None
        assert proxy.connections == 0


@pytest.mark.skipif(importlib.util.find_spec("socksio") is not None, reason="SOCKS can be used")
async def test_a_proxy_that_lacks_its_package_is_told(
    client: WorkerClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://user:secret@127.0.0.1:9")
    error = await refused(client, "http://hospital.example/v1#m", allowed_hosts=("hospital.example",))
    assert error.kind == ErrorKind.ENDPOINT_UNREACHABLE
    assert "pip install socksio" in str(error) and "secret" not in str(error)
