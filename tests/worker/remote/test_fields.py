"""Fields and headers of requests, against a real HTTP server: what is sent, and what is left out."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from fada_tui.worker.remote.errors import ServerRefusal
from tests import endpoint_server as served
from tests.conftest import LONG_ENOUGH
from tests.endpoint_server import Asked, Behaviour, serving
from tests.worker.remote.asking import client_of

TEXT = "".join(served.WORDS)
ANSWER = {"choices": [{"message": {"role": "assistant", "content": TEXT}, "finish_reason": "stop"}]}


def refusing(*fields: str, then: Behaviour | None = None) -> Callable[[Asked], Behaviour]:
    """Refuse a request as long as it has one of these fields, the first of them by name."""

    def behave(asked: Asked) -> Behaviour:
        for name in fields:
            if name in asked.body:
                message = f"Unsupported parameter: '{name}' is not supported with this model."
                return served.status(400, {"error": {"message": message}})
        return then or served.stream()

    return behave


def test_a_field_that_is_refused_is_left_out_from_then_on_and_told_once() -> None:
    with serving(refusing("seed", "stream_options")) as server:
        client = client_of(server.source)
        assert client.ask().response == TEXT
        assert [sorted({"seed", "stream_options"} & asked.body.keys()) for asked in server.asked] == [
            ["seed", "stream_options"],
            ["stream_options"],
            [],
        ]
        assert client.ask().response == TEXT
    assert len(server.asked) == 4 and not client.again
    assert [names for names, _ in client.left_out] == [("seed",), ("stream_options",)]
    said = client.left_out[0][1]
    assert said.startswith("127.0.0.1:") and "takes no seed (Unsupported parameter: 'seed' is not" in said
    assert "left out from now on; sampled answers are not reproducible" in said


def test_what_is_known_to_be_left_out_is_not_sent_even_once() -> None:
    with serving(refusing("seed")) as server:
        client = client_of(server.source, left_out=("seed",))
        assert client.ask().response == TEXT
    assert len(server.asked) == 1 and not client.left_out


def test_the_limit_goes_by_its_other_name() -> None:
    with serving(refusing("max_tokens")) as server:
        client = client_of(server.source)
        client.ask(max_thinking_tokens=30)
        assert server.asked[-1].body["max_completion_tokens"] == 50
        assert "the limit is sent as max_completion_tokens" in client.left_out[0][1]
    with serving(refusing("max_tokens", "max_completion_tokens")) as server:
        client = client_of(server.source)
        assert client.ask().response == TEXT
        assert [names for names, _ in client.left_out] == [("max_tokens",), ("max_completion_tokens",)]


def test_a_stream_that_is_refused_becomes_a_whole_answer() -> None:
    usage = {"usage": {"prompt_tokens": 3, "completion_tokens": 4}}
    whole = served.status(200, ANSWER | usage)
    with serving(refusing("stream", then=whole)) as server:
        client = client_of(server.source)
        answered = client.ask()
    assert answered.response == TEXT and answered.finish == "stop"
    assert answered.first_token is None and answered.tokens.per_second
    assert {"stream", "stream_options"}.isdisjoint(server.asked[-1].body)
    assert [names for names, _ in client.left_out] == [("stream",)]


def test_lanes_share_what_is_left_out() -> None:
    together = threading.Barrier(4)

    def behave(asked: Asked) -> Behaviour:
        if "seed" in asked.body:
            together.wait(LONG_ENOUGH)
        return refusing("seed")(asked)

    with serving(behave) as server:
        client = client_of(server.source)
        lanes = [threading.Thread(target=client.ask) for _ in range(4)]
        for lane in lanes:
            lane.start()
        for lane in lanes:
            lane.join()
        client.ask()
    assert len(server.asked) == 9 and "seed" not in server.asked[-1].body
    assert [names for names, _ in client.left_out] == [("seed",)]


@pytest.mark.parametrize(
    ("value", "most"),
    [
        ({"error": {"message": "premature end of stream: seed, temperature, stream_options"}}, 6),
        ({"error": {"message": "messages[0] is invalid, whatever seed", "param": "messages"}}, 1),
        ({"error": {"message": "maximum context length is 4096 tokens: reduce max_tokens"}}, 1),
    ],
    ids=["always the same words", "messages", "context"],
)
def test_a_refusal_of_something_else_ends_and_leaves_nothing_out(value: Any, most: int) -> None:
    with serving(lambda asked: served.status(400, value)) as server:
        client = client_of(server.source)
        with pytest.raises(ServerRefusal):
            client.ask()
        assert len(server.asked) <= most
        server.behave = lambda asked: served.stream()
        client.ask()
    assert {"seed", "temperature", "stream", "stream_options"} <= server.asked[-1].body.keys()
    assert not client.left_out


def test_fields_of_settings_thinking_and_detail_are_sent() -> None:
    extra = {
        "top_k": 5,
        "chat_template_kwargs": {"tools": [], "enable_thinking": True},
        "model": "other",
        "messages": [],
        "stream": False,
        "temperature": 0.3,
    }
    with serving() as server:
        client_of(server.source).ask(extra=extra, thinking="off", image_detail="low")
        body = server.asked[0].body
        assert body["top_k"] == 5 and body["temperature"] == 0.3
        assert body["model"] == served.MODEL and body["messages"] and body["stream"] is True
        assert body["chat_template_kwargs"] == {"tools": [], "enable_thinking": False}
        assert body["messages"][-1]["content"][0]["image_url"]["detail"] == "low"
        client_of(server.source).ask()
        body = server.asked[1].body
        assert "chat_template_kwargs" not in body
        assert "detail" not in body["messages"][-1]["content"][0]["image_url"]


def test_detail_and_fields_of_settings_are_left_out_too() -> None:
    def behave(asked: Asked) -> Behaviour:
        if "detail" in asked.body["messages"][-1]["content"][0]["image_url"]:
            place = ["body", "messages", 0, "content", 0, "image_url", "detail"]
            return served.status(422, {"detail": [{"loc": place, "msg": "Extra inputs are not permitted"}]})
        return refusing("chat_template_kwargs", "top_k")(asked)

    with serving(behave) as server:
        client = client_of(server.source)
        client.ask(image_detail="low", thinking="on", extra={"top_k": 5})
    assert [names for names, _ in client.left_out] == [("detail",), ("chat_template_kwargs",), ("top_k",)]


def test_headers_go_with_each_request_and_stay_secret() -> None:
    secret = "tenant-7Hq2ZxT0vLw"

    def behave(asked: Asked) -> Behaviour:
        if len(server.asked) == 1:
            return served.stream(("It is ", secret, "."))
        return served.status(403, {"error": f"no {secret}, {asked.headers['authorization']}"})

    headers = {"X-Tenant": secret, "user-agent": "mine", "authorization": "Bearer other-8Fq2ZxT0vLwM"}
    with serving(behave) as server:
        client = client_of(server.source, headers=headers, key="sk-secret-0123456789")
        assert client.ask().response == "It is [key]."
        with pytest.raises(ServerRefusal) as refused:
            client.ask()
    sent = {name.lower(): value for name, value in server.asked[0].headers.items()}
    assert {name.lower(): value for name, value in headers.items()}.items() <= sent.items()
    assert "no [key], Bearer [key]; check the key that was sent" in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("X-Key", "two\nlines", "the header X-Key for 127.0.0.1:9 holds characters that no header has"),
        ("X Key", "one", "characters that no header has"),
        ("authorization", "Bearer other-8Fq2ZxT0vLwM", "not sent to hospital.example over plain http"),
    ],
    ids=["value", "name", "in the clear"],
)
def test_headers_that_cannot_be_sent(name: str, value: str, said: str) -> None:
    host = "hospital.example" if name == "authorization" else "127.0.0.1:9"
    with pytest.raises(ServerRefusal, match=said) as refused:
        client_of(f"http://{host}/v1#m", headers={name: value})
    assert value not in str(refused.value)
