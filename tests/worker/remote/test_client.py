"""The worker's client against a real HTTP server: answers, ends, bounds, times."""

import json
import time
from typing import Any

import pytest

from fada_tui.core.errors import ErrorKind
from fada_tui.worker.remote.errors import ServerFault, ServerRefusal
from tests import endpoint_server as served
from tests.endpoint_server import Asked, Behaviour, piece, serving
from tests.worker.remote.asking import client_of

TEXT = "".join(served.WORDS)
ANSWER = {"choices": [{"message": {"role": "assistant", "content": TEXT}, "finish_reason": "stop"}]}


LINES = b"".join(
    json.dumps(one).encode() + b"\n"
    for one in (piece("A fetal "), piece("head, seen in "), piece("an axial plane.", "stop"))
)


def data(*events: object) -> bytes:
    """Return events as one stream's bytes."""
    return b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in events)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (json.dumps(ANSWER).encode(), "application/json"),
        (json.dumps(ANSWER, indent=1).encode(), "application/json"),
        (json.dumps(ANSWER).encode() + b"\n", "text/event-stream"),
        (data(ANSWER), "text/event-stream"),
        (data(piece(TEXT), piece(finish="stop")) + b"data: [DONE]\n\n", "text/plain; charset=utf-8"),
        (data(piece(TEXT), piece(finish="stop")), "application/x-ndjson"),
        (b"\xef\xbb\xbf: hello\n\n" + data(piece(TEXT), piece(finish="stop")), "application/octet-stream"),
        (LINES, "text/json"),
    ],
    ids=["json", "indented", "as events", "an event", "text", "ndjson", "a byte order mark", "lines"],
)  # fmt: skip
@pytest.mark.parametrize("size", [7, 100_000])
def test_a_body_is_judged_by_what_it_holds(body: bytes, kind: str, size: int) -> None:
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    with serving(lambda asked: served.raw(*parts, kind=kind)) as server:
        client = client_of(server.source)
        answered = client.ask()
    assert answered.response == TEXT and answered.finish == "stop"
    assert "".join(client.texts) == TEXT and not client.again


@pytest.mark.parametrize(
    ("value", "said", "error"),
    [
        ({"error": {"message": "no room", "code": 400}}, "no room", ServerRefusal),
        ({"error": {"message": "no room", "code": "422"}}, "no room", ServerRefusal),
        ({"object": "error", "message": "image input is not supported"}, "sees no images", ServerRefusal),
        ({"error": "the engine died"}, "the engine died", ServerFault),
        ({"error": "rate limit exceeded: too many tokens per minute"}, "per minute", ServerFault),
        ({"error": {"message": "busy", "code": 503}}, "503 Service Unavailable: busy", ServerFault),
    ],
    ids=str,
)
@pytest.mark.parametrize("streamed", [False, True])
def test_an_error_inside_a_success(value: Any, said: str, error: type, streamed: bool) -> None:
    behaviour = served.raw(data(piece("A "), value)) if streamed else served.status(200, value)
    with serving(lambda asked: behaviour) as server:
        with pytest.raises(error, match=said):
            client_of(server.source).ask()
        assert len(server.asked) == (1 if error is ServerRefusal else 6)


def test_a_field_that_is_named_in_mid_answer_is_not_left_out() -> None:
    """What has been passed on of the answer would be followed by another one."""
    late = served.raw(data(piece("A "), {"error": {"message": "seed is not supported", "code": 400}}))
    with serving(lambda asked: late) as server:
        client = client_of(server.source)
        with pytest.raises(ServerRefusal, match="seed is not supported"):
            client.ask()
        assert len(server.asked) == 1 and not client.left_out


@pytest.mark.parametrize(
    ("events", "kind", "said", "times"),
    [
        ([piece(refusal="I cannot "), piece(refusal="look.", finish="stop")], ErrorKind.REFUSAL,
         "the model refused to answer: I cannot look.", 1),
        ([piece("half", "content_filter")], ErrorKind.REFUSAL, "its filter stopped the answer", 1),
        ([piece("half", "abort")], ErrorKind.INFERENCE_ERROR, "broke the answer off (finish", 6),
        ([piece("half", "cancelled")], ErrorKind.INFERENCE_ERROR, "broke the answer off (finish", 6),
        ([piece("half", "insufficient_system_resource")], ErrorKind.INFERENCE_ERROR,
         "failed in mid-answer", 6),
        ([piece("half", "content-filter")], ErrorKind.REFUSAL, "its filter stopped the answer", 1),
        ([piece("half", "guardrail_intervened")], ErrorKind.REFUSAL, "its filter stopped the answer", 1),
        ([piece("half", "error")], ErrorKind.INFERENCE_ERROR, "failed in mid-answer", 6),
        ([piece("half half", "repetition")], ErrorKind.INFERENCE_ERROR, "repeated itself", 1),
        ([piece("", "stop")], ErrorKind.INFERENCE_ERROR, "an empty answer (finish reason 'stop')", 1),
        ([piece(" \n", "stop"), served.usage(3, 9)], ErrorKind.INFERENCE_ERROR, "after 9 tokens", 1),
    ],
    ids=["refusal", "filter", "abort", "cancelled", "resource", "hyphen", "guardrail", "error", "repetition",
         "empty", "blank"],
)  # fmt: skip
def test_ends_that_are_no_answer(events: list[Any], kind: ErrorKind, said: str, times: int) -> None:
    with serving(lambda asked: served.raw(data(*events), b"data: [DONE]\n\n")) as server:
        with pytest.raises((ServerFault, ServerRefusal)) as raised:
            client_of(server.source).ask()
        assert len(server.asked) == times
    assert raised.value.kind == kind and said in str(raised.value)


MANY = 20_000


def many(event: Any, *first: Any) -> Behaviour:
    """The same event again and again."""

    def behave(handler: served.Handler, asked: Asked) -> None:
        handler.begin()
        for one in first:
            handler.event(one)
        for _ in range(MANY):
            handler.event(event)
        handler.end()

    return behave


@pytest.mark.parametrize(
    ("event", "kind", "said"),
    [
        (piece(" "), ErrorKind.INFERENCE_ERROR, "empty answer (broken off far beyond its limit)"),
        (piece(refusal="no "), ErrorKind.REFUSAL, "the model refused to answer: no no"),
    ],
    ids=["blanks", "refusal"],
)
def test_what_goes_on_and_on_and_says_nothing_is_no_answer(event: Any, kind: ErrorKind, said: str) -> None:
    with serving(lambda asked: many(event)) as server, pytest.raises(ServerRefusal) as raised:
        client_of(server.source).ask()
    assert raised.value.kind == kind and said in str(raised.value)


def test_text_that_goes_on_and_on_after_the_end_is_broken_off() -> None:
    with serving(lambda asked: many(piece("more "), piece("A head. ", "stop"))) as server:
        answered = client_of(server.source).ask()
    assert answered.response.startswith("A head. more") and answered.finish == "stop"
    assert answered.response.count("more") < MANY


def test_what_came_in_place_of_an_answer_is_quoted() -> None:
    with serving(lambda asked: served.raw(b"upstream is gone", kind="text/plain")) as server:
        with pytest.raises(ServerFault, match=r"it sent text/plain .*: 'upstream is gone'; check the URL"):
            client_of(server.source).ask()
        server.behave = lambda asked: served.raw(b" \n" * 99, b"\n", data(piece(TEXT, "stop")))
        assert client_of(server.source).ask().response == TEXT


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"success": false, "msg": "it loads"}', "it sent no answer but '.*it loads"),
        (data({"type": "message_start", "x": 1}, {"type": "ping"}), "it sent no answer but '.*message_start"),
        (b'event: error\ndata: {"type": "busy", "text": "later"}\n\n', "broke the answer off: .*later"),
        (b'event: error\ndata: {"message": "too busy"}\n\n', "broke the answer off: too busy"),
        (b"event: error\ndata: too busy\n\n", "broke the answer off: too busy"),
    ],
    ids=["result", "another", "kind", "message", "words"],
)  # fmt: skip
def test_what_is_no_answer_is_told_in_its_own_words(body: bytes, said: str) -> None:
    with serving(lambda asked: served.raw(body)) as server, pytest.raises(ServerFault, match=said):
        client_of(server.source).ask()


def test_an_end_of_an_unknown_name_is_an_end() -> None:
    with serving(lambda asked: served.stream(finish="tool_calls")) as server:
        answered = client_of(server.source).ask()
    assert answered.response == TEXT and answered.finish is None


def test_an_answer_that_ends_without_a_word_is_taken_once_it_has_come_twice() -> None:
    with serving(lambda asked: served.raw(data(piece("A head.")))) as server:
        client = client_of(server.source)
        answered = client.ask()
        assert answered.response == "A head." and answered.finish is None
        assert len(server.asked) == 2 and "cut off" in client.again[0]
        client.ask("Another?")
        assert len(server.asked) == 3  # that is how this server ends
    other = serving(lambda asked: served.raw(data(piece(f"A head {len(server.asked)}"))))
    with other as server, pytest.raises(ServerFault, match="cut off"):
        client_of(server.source).ask()


@pytest.mark.parametrize("broken", [True, False], ids=["broken", "open"])
def test_an_answer_that_is_finished_needs_no_end_of_its_connection(broken: bool) -> None:
    def behave(handler: served.Handler, asked: Asked) -> None:
        handler.begin()
        handler.event(piece(TEXT, "stop"))
        if broken:
            handler.sever()
        else:
            handler.of.over.wait()

    with serving(lambda asked: behave) as server:
        client = client_of(server.source, token=0.5)
        begun = time.perf_counter()
        answered = client.ask()
        taken = time.perf_counter() - begun
        assert answered.response == TEXT and answered.finish == "stop" and not client.again
    assert broken or answered.generate < taken - 0.4, "what it waited for the end counts"


@pytest.mark.parametrize("first_of_all", [True, False])
def test_thoughts_and_answer(first_of_all: bool) -> None:
    thoughts = () if first_of_all else ("hm ", "well")
    words = ("<thi", "nk>hm well</think>\n\n", *served.WORDS) if first_of_all else served.WORDS
    with serving(lambda asked: served.stream(words, thoughts=thoughts)) as server:
        client = client_of(server.source)
        answered = client.ask()
    assert answered.response == TEXT and answered.thoughts and answered.thoughts.text == "hm well"
    assert "".join(client.thoughts).strip() == "hm well" and "".join(client.texts).strip() == TEXT


def test_nothing_but_thoughts_is_no_error_of_the_server() -> None:
    counted = {"usage": {"completion_tokens": 9, "completion_tokens_details": {"reasoning_tokens": 9}}}
    last = {"choices": []} | counted
    for events in ([piece(reasoning="hm"), piece(finish="length")], [piece("<think>hm", "length")]):
        with serving(lambda asked, events=events: served.raw(data(*events, last))) as server:
            answered = client_of(server.source).ask()
        assert (answered.response, answered.finish) == ("", "length")
        assert answered.thoughts and (answered.thoughts.text, answered.thoughts.tokens) == ("hm", 9)
    with serving(lambda asked: served.raw(data(piece("", "length"), last))) as server:
        answered = client_of(server.source).ask()
    assert answered.thoughts and (answered.thoughts.text, answered.thoughts.tokens) == ("", 9)


def test_an_endless_answer_is_cut_at_a_bound() -> None:
    def endless(handler: served.Handler, asked: Asked) -> None:
        handler.begin()
        while not handler.of.over.is_set():
            handler.event(piece("head "))

    with serving(lambda asked: endless) as server:
        answered = client_of(server.source).ask()
    assert answered.finish == "length" and answered.response.startswith("head head")
    assert len(answered.response) < 5000


@pytest.mark.long
@pytest.mark.parametrize("words", [(), ("It ",)], ids=["before", "within"])
def test_signs_of_a_connection_are_none_of_a_model(words: tuple[str, ...]) -> None:
    """Comments and empty deltas keep nothing alive, before the first token or after it."""

    def behave(handler: served.Handler, asked: Asked) -> None:
        handler.begin()
        for word in words:
            handler.event(piece(word))
        while not handler.of.over.wait(0.05):
            handler.chunk(b": ping\n\n")
            handler.event(piece(""))
            handler.event({"choices": []})

    with serving(lambda asked: behave) as server, pytest.raises(ServerRefusal) as raised:
        client_of(server.source, first_token=1.5, token=0.5).ask()
    assert raised.value.kind == ErrorKind.TIMEOUT


def test_a_text_in_one_piece_has_no_first_token() -> None:
    events = [*map(piece, served.WORDS), piece(finish="stop"), served.usage(3, 4)]

    with serving(lambda asked: served.raw(data(*events))) as server:
        answered = client_of(server.source).ask()
    assert answered.first_token is None
    assert answered.tokens.per_second == pytest.approx(4 / answered.generate)
    with serving(lambda asked: served.stream(pace=0.05)) as server:
        answered = client_of(server.source).ask()
    assert answered.first_token and answered.first_token < answered.generate


@pytest.mark.parametrize(
    ("code", "value", "said"),
    [
        (
            500,
            {"error": {"message": "image input is not supported - hint: you may need mmproj"}},
            "no images",
        ),
        (500, {"error": {"message": "This model does not support image input"}}, "no images"),
        (400, {"error": {"message": "m is not a multimodal model"}}, "no images"),
        (501, {"error": "not implemented"}, "501 Not Implemented"),
        (413, b"<html>", "--longest-edge, or --image-format jpeg"),
        (
            400,
            {"error": "maximum context length is 4096 tokens. However, you requested 5,000"},
            "(4096 tokens)",
        ),
        (500, {"error": {"message": "exceeds the available context size", "n_ctx": 512}}, "(512 tokens)"),
        (400, {"error": "prompt is longer than the maximum model length of 2048"}, "(2048 tokens)"),
        (400, {"error": {"message": "unsupported image"}}, "another --image-format"),
        (400, {"error": {"message": "it is not a valid image"}}, "another --image-format"),
        (400, {"error": {"message": "The model 'm' does not exist"}}, "servers list URL"),
        (422, {"detail": "Unknown model: m"}, "servers list URL"),
        (500, {"error": "m does not support vision"}, "no images"),
        (400, {"error": "unknown variant `image_url`, expected `text`"}, "no images"),
        (422, {"error": "`inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5000"}, "(4096 tokens)"),
        (400, {"error": "max_tokens is too large: 5000. The context length is only 4096"}, "(4096 tokens)"),
        (400, [{"error": {"code": 400, "message": "unsupported image"}}], "Bad Request: unsupported image;"),
    ],
    ids=str,
)
def test_what_lasts_is_not_tried_again_and_says_what_to_do(code: int, value: Any, said: str) -> None:
    with serving(lambda asked: served.status(code, value)) as server:
        with pytest.raises(ServerRefusal) as raised:
            client_of(server.source).ask()
        assert len(server.asked) == 1
    assert said in str(raised.value) and raised.value.kind == ErrorKind.ENDPOINT_REFUSED
    if "tokens)" in said:
        assert "--longest-edge" in str(raised.value) and "--max-new-tokens" in str(raised.value)
