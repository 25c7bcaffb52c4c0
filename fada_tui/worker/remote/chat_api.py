"""Chat completions of OpenAI-compatible servers: building the request, and reading the streamed answer.

https://platform.openai.com/docs/api-reference/chat
"""

import base64
import io
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct
from PIL.Image import Image

from fada_tui.core.json_data import decode_json
from fada_tui.core.records import Finish, Generation
from fada_tui.models.endpoint import OPENAI_HOST, Endpoint

END = "[DONE]"
"""Data of a stream's last event."""

_FINISHES: Mapping[str, Finish] = {"stop": "stop", "eos": "stop", "end_turn": "stop", "length": "length"}
_SEEDS = 2**31
"""Upper bound of the seeds that every server accepts."""


class Picture(Struct, frozen=True):
    """An image as it is sent: losslessly encoded."""

    png: bytes
    width: int
    height: int

    @property
    def placeholder(self) -> str:
        """Return the placeholder for the image in a recorded prompt."""
        return f"<image: PNG, {self.width}×{self.height}, {len(self.png):,} bytes>"


def picture(pixels: Image) -> Picture:
    """Encode RGB pixels."""
    file = io.BytesIO()
    pixels.save(file, "PNG", compress_level=3)
    return Picture(file.getvalue(), pixels.width, pixels.height)


def prompt(image: Picture, question: str, system: str | None) -> str:
    """Return the prompt as recorded: the messages with their roles, with a placeholder for the image."""
    lines = [f"system: {system}"] if system else []
    return "\n".join([*lines, f"user: {image.placeholder}", question])


def request(
    served: str, endpoint: Endpoint, image: Picture, question: str, generation: Generation, seed: int
) -> bytes:
    """Return the body of a request.

    Args:
        served: the model's name on the server.
        endpoint: the server.
        image: to be asked about.
        question: as it is asked.
        generation: how to answer.
        seed: of sampling.
    """
    url = "data:image/png;base64," + base64.b64encode(image.png).decode()
    content = [{"type": "image_url", "image_url": {"url": url}}, {"type": "text", "text": question}]
    system = generation.system_prompt
    messages: list[dict[str, object]] = [{"role": "system", "content": system}] if system else []
    # The newer of the two names is what OpenAI's own models insist on, and what many servers don't know.
    limit = "max_completion_tokens" if endpoint.host == OPENAI_HOST else "max_tokens"
    body = {
        "model": served,
        "messages": [*messages, {"role": "user", "content": content}],
        limit: generation.max_new_tokens,
        "seed": seed % _SEEDS,
        "stream": True,
        "stream_options": {"include_usage": True},
        **_sampling(generation),
    }
    return msgspec.json.encode(body)


def _sampling(generation: Generation) -> dict[str, float]:
    if not generation.do_sample:
        return {"temperature": 0.0}
    asked = {"temperature": generation.temperature, "top_p": generation.top_p}
    return {name: value for name, value in asked.items() if value is not None}


class _Message(Struct, frozen=True):
    content: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None


class _Choice(Struct, frozen=True):
    delta: _Message | None = None
    finish_reason: str | None = None


class _Usage(Struct, frozen=True):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class _Chunk(Struct, frozen=True):
    choices: tuple[_Choice, ...] | None = None
    usage: _Usage | None = None
    error: Any = None


_decoder = msgspec.json.Decoder(_Chunk)


class Piece(Struct, frozen=True):
    """The content of one event."""

    text: str = ""
    """Text of the answer."""
    alive: bool = False
    """Whether the model writes: text of the answer, or reasoning that is not part of it."""
    error: Any = None
    """The error that the server reports."""


class Reading:
    """An answer as received so far; what the server does not report stays `None`."""

    def __init__(self) -> None:
        self.length = 0
        """Characters."""
        self.prompt_tokens: int | None = None
        self.generated: int | None = None
        self.reason: str | None = None
        """Why the model ended, in the server's word."""
        self.ended = False
        """The server said that there is no more."""
        self._parts: list[str] = []

    @property
    def text(self) -> str:
        """The answer so far."""
        return "".join(self._parts)

    @property
    def whole(self) -> bool:
        """Return whether the answer is complete, not cut off in transmission."""
        return self.reason is not None or (self.ended and self.length > 0)

    @property
    def finish(self) -> Finish | None:
        """Return the reason for its end, if it has a known name."""
        return _FINISHES.get(self.reason or "")

    def take(self, data: str) -> Piece:
        """Take the data of one event; raises `MalformedError` if it is not a chunk of an answer."""
        if data.strip() == END:
            self.ended = True
            return Piece()
        chunk = decode_json(data, _decoder)
        if chunk.error is not None:
            return Piece(error=chunk.error)
        if usage := chunk.usage:
            self.prompt_tokens = usage.prompt_tokens
            self.generated = usage.completion_tokens
        choice = next(iter(chunk.choices or ()), _Choice())
        self.reason = choice.finish_reason or self.reason
        said = choice.delta or _Message()
        text = said.content or ""
        self._parts.append(text)
        self.length += len(text)
        return Piece(text, alive=bool(text or said.reasoning_content or said.reasoning))
