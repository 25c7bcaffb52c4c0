"""Whether an engine applies a LoRA: one question asked of the model with and without it.

Some engines load a LoRA, list it, and answer with the model's own weights. Then the log-probabilities of the
first tokens are those of the model alone, to the last digit.
"""

import base64
import math
import struct
import zlib
from collections.abc import Sequence
from typing import Any

from fada_tui.config.engines import LLAMA_CPP
from fada_tui.core.errors import ErrorKind, ModelLoadError
from fada_tui.runs.engines.launch import EngineCommand

QUESTION = "Which anatomical structures can be seen in this picture?"

SIDE = 64
"""Pixels of the picture that is asked about."""

TOKENS = 4
ALTERNATIVES = 5
"""Likeliest tokens whose log-probabilities are compared, at each place."""

LEAST = 1e-3
"""Difference of log-probabilities below which nothing was changed: some engines do not repeat the digits."""

NOISE = 3.0
"""How many times what the model alone differs by from one time to the next a LoRA has to change."""

Places = list[dict[str, float]]
"""The log-probabilities of the likeliest tokens, by token, at each place of an answer."""


def probes(command: EngineCommand) -> tuple[dict[str, Any], ...]:
    """Return what is asked, one after another: of the model alone twice, then with its LoRA.

    Each is the body of a request for a chat completion; empty where there is no LoRA.
    """
    if command.facts.name == LLAMA_CPP:
        if "--lora" not in command.argv:
            return ()
        without = {"lora": [{"id": 0, "scale": 0.0}], "cache_prompt": False}
        applied = {"lora": [{"id": 0, "scale": 1.0}], "cache_prompt": False}
        alone, whole = _body(command.served_name) | without, _body(command.served_name) | applied
        return (alone, alone, whole)
    if command.base_name is None:
        return ()
    alone = _body(command.base_name)
    return (alone, alone, _body(command.served_name))


def check(command: EngineCommand, name: str, answers: Sequence[Any]) -> None:
    """Check that a LoRA changes what the model would say.

    Args:
        command: how the engine was started.
        name: the model's, for messages.
        answers: to the probes, in their order, as decoded from JSON.

    Raises:
        ModelLoadError: it changes nothing, or the answers do not tell.
    """
    if not probes(command):
        return
    engine = command.facts.name
    alone, again, whole = (_places(answer) for answer in answers)
    if not (alone and again and whole):
        raise ModelLoadError(
            ErrorKind.LOAD,
            f"{name}: {engine} gives no log-probabilities, so that nobody can tell whether it applies the "
            "LoRA: leave --engine out",
        )
    if _difference(alone, whole) <= max(LEAST, NOISE * _difference(alone, again)):
        raise ModelLoadError(
            ErrorKind.LOAD,
            f"{name}: {engine} took the LoRA and does not apply it: with it and without it answers have the "
            "same probabilities; leave --engine out, or merge the LoRA into its model",
        )


def _body(model: str) -> dict[str, Any]:
    picture = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{_picture()}"}}
    return {
        "model": model,
        "messages": [{"role": "user", "content": [picture, {"type": "text", "text": QUESTION}]}],
        "max_tokens": TOKENS,
        "temperature": 0,
        "seed": 0,
        "logprobs": True,
        "top_logprobs": ALTERNATIVES,
        "stream": False,
    }


def _picture() -> str:
    """Return a picture of bright and dark squares, as base64 of a PNG."""
    rows = (b"\0" + bytes(255 if (x // 8 + y // 8) % 2 else 40 for x in range(SIDE)) for y in range(SIDE))
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", SIDE, SIDE, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"".join(rows))),
        (b"IEND", b""),
    )
    data = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in parts
    )
    return base64.b64encode(data).decode()


def _places(answer: Any) -> Places:
    """Return an answer's log-probabilities; empty where it has none that can be read."""
    try:
        content = answer["choices"][0]["logprobs"]["content"]
        places = [_place(place["top_logprobs"]) for place in content]
    except (LookupError, TypeError, ValueError):
        return []
    return [place for place in places if place]


def _place(listed: Any) -> dict[str, float]:
    found = {str(one["token"]): float(one["logprob"]) for one in listed}
    return {token: value for token, value in found.items() if math.isfinite(value)}


def _difference(one: Places, other: Places) -> float:
    """Return by how much log-probabilities differ at most, up to the first place where the tokens do.

    Behind another token all else follows from that, and says nothing more.
    """
    largest = 0.0
    for here, there in zip(one, other, strict=False):
        shared = here.keys() & there.keys()
        if not shared:
            return math.inf
        largest = max(largest, *(abs(here[token] - there[token]) for token in shared))
        if max(here, key=here.__getitem__) != max(there, key=there.__getitem__):
            break
    return largest
