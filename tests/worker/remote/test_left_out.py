"""Which field of a request a server's refusal is about."""

import json
from typing import Any

import pytest

from fada_tui.worker.remote.left_out import named

SENT: dict[str, Any] = {
    "max_tokens": 20,
    "seed": 3,
    "stream": True,
    "stream_options": {"include_usage": True},
    "temperature": 0.0,
    "top_p": 0.9,
    "detail": "low",
    "chat_template_kwargs": {"enable_thinking": True},
    "repetition_penalty": 1.1,
    "n": 1,
}


def openai(message: str, **fields: Any) -> dict[str, Any]:
    return {"error": {"message": message, "type": "invalid_request_error", "param": None} | fields}


def invalid(*loc: str | int, msg: str = "Extra inputs are not permitted", **more: Any) -> dict[str, Any]:
    return {"type": "extra_forbidden", "loc": list(loc), "msg": msg, **more}


@pytest.mark.parametrize(
    ("value", "fields"),
    [
        (openai("Unrecognized request argument supplied: stream_options"), ("stream_options",)),
        (openai("Unsupported value", param="temperature"), ("temperature",)),
        (openai("'temperature' does not support 0 with this model."), ("temperature",)),
        (openai("Temperature 0 is not supported"), ("temperature",)),
        (openai("Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens'."), ("max_tokens",)),
        (openai("Unsupported: 'seed'. Supported are model, stream, temperature."), ("seed",)),
        (openai("stream may not be set together with stream_options"), ("stream_options",)),
        (openai("`temperature` and `top_p` cannot both be specified"), ("top_p",)),
        (openai("Streaming is not supported by this model"), ("stream",)),
        (openai("enable_thinking is not a valid keyword argument"), ("chat_template_kwargs",)),
        (openai("Invalid value", param="messages.[0].content.[0].image_url.detail"), ("detail",)),
        (openai("only 'n'=1 is allowed"), ("n",)),
        ({"detail": [invalid("body", "seed"), invalid("body", "repetition_penalty")]},
         ("seed", "repetition_penalty")),
        ({"detail": [invalid("body", "stream_options", "include_usage")]}, ("stream_options",)),
        ({"detail": [invalid("body", "ChatRequest", "seed")]}, ("seed",)),
        ({"message": {"detail": [invalid("body", "seed")]}}, ("seed",)),
        ({"detail": [invalid("body", "seed", input={"temperature": 0, "stream": True})]}, ("seed",)),
        (openai("[{'type': 'extra_forbidden', 'loc': ('body', 'seed'), 'input': {'stream': True}}]"),
         ("seed",)),
        ("top_p must be > 0.0 and < 1.0", ("top_p",)),
        (openai("不支持参数seed，请移除后重试"), ("seed",)),
        ({"errors": {"seed": ["unknown field"], "$.stream_options": ["x"]}, "title": "One or more errors"},
         ("seed", "stream_options")),
        ('litellm: {"error": {"message": "x", "param": "seed"}}', ("seed",)),
    ],
    ids=lambda value: json.dumps(value)[:60] if isinstance(value, dict) else None,
)  # fmt: skip
def test_the_field_that_is_meant(value: Any, fields: tuple[str, ...]) -> None:
    body = value.encode() if isinstance(value, str) else json.dumps(value).encode()
    assert named(body, SENT) == fields


@pytest.mark.parametrize(
    "value",
    [
        openai("Invalid image in messages; the seed of all evil", param="messages"),
        {"detail": [invalid("body", "messages", 0, "content", msg="seed")]},
        {"detail": [invalid("body", "model", msg="no such model")]},
        openai("The model does not exist"),
        openai("max_tokens is too large: 5000. This model supports at most 4096 completion tokens"),
        {"detail": [invalid("body", "max_tokens", msg="Input should be less than or equal to 4096")]},
        openai("no downstream, no seeds, in temperatures"),
        openai("n images in the prompt"),
        {"detail": []},
        {"errors": {"messages[0].content": ["The seed of all evil"]}},
        {},
        "",
        "[" * 100,
    ],
    ids=lambda value: json.dumps(value)[:60],
)
def test_what_is_about_something_else(value: Any) -> None:
    body = value.encode() if isinstance(value, str) else json.dumps(value).encode()
    assert named(body, SENT) == ()
