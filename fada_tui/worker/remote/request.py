"""The body of a request for a chat completion: pure.

https://platform.openai.com/docs/api-reference/chat
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import UNSET

from fada_tui.core.records import Generation
from fada_tui.models.endpoint import OPENAI_HOST, Endpoint
from fada_tui.worker.remote.pictures import Picture

DETAIL = "detail"
"""Field of an image, not of the request itself."""

NEEDED = ("model", "messages")
"""Fields that no request can do without."""

_SEEDS = 2**31
"""Upper bound of the seeds that every server accepts."""

LIMITS = ("max_tokens", "max_completion_tokens")
"""The limit's two names: on the newer one OpenAI's own models insist, and many servers don't know it."""

_OURS = (*NEEDED, "stream")
"""Fields that settings cannot replace."""


def prompt(image: Picture, question: str, system: str | None) -> str:
    """Return the prompt as recorded: the messages with their roles, with a placeholder for the image."""
    lines = [f"system: {system}"] if system else []
    return "\n".join([*lines, f"user: {image.placeholder}", question])


def limit(generation: Generation) -> int:
    """Return the maximum tokens of an answer together with its thoughts."""
    return (generation.max_new_tokens or 0) + (generation.max_thinking_tokens or 0)


class Request:
    """A request, less the fields that its server does not take.

    Args:
        served: the model's name on the server.
        endpoint: the server.
        image: to be asked about.
        question: as it is asked.
        generation: how to answer.
        seed: of sampling.
    """

    def __init__(
        self,
        served: str,
        endpoint: Endpoint,
        image: Picture,
        question: str,
        generation: Generation,
        seed: int,
    ) -> None:
        self._served = served
        self._generation = generation
        self._question = question
        self._seed = seed
        self._limits = LIMITS if endpoint.host != OPENAI_HOST else LIMITS[::-1]
        self._url = image.url
        self._made: dict[frozenset[str], bytes] = {}

    def body(self, left_out: frozenset[str]) -> bytes:
        """Return the body without these fields; a limit that is left out goes by its other name."""
        if left_out not in self._made:
            self._made = {left_out: msgspec.json.encode(self._fields(left_out))}
        return self._made[left_out]

    def optional(self, left_out: frozenset[str]) -> dict[str, Any]:
        """Return the fields of that body that may be left out, too."""
        fields = {name: value for name, value in self._fields(left_out).items() if name not in NEEDED}
        detailed = self._generation.image_detail is not UNSET and DETAIL not in left_out
        return fields | ({DETAIL: self._generation.image_detail} if detailed else {})

    def _fields(self, left_out: frozenset[str]) -> dict[str, Any]:
        generation = self._generation
        extra = {} if generation.extra is UNSET else generation.extra
        extra = {name: value for name, value in extra.items() if name not in _OURS}
        name = next((one for one in self._limits if one not in left_out), None)
        fields: dict[str, Any] = {"model": self._served, "messages": self._messages(left_out)}
        if name and not set(LIMITS) & extra.keys():
            fields[name] = limit(generation)
        fields |= {
            "seed": self._seed % _SEEDS,
            "stream": True,
            "stream_options": {"include_usage": True},
            **_sampling(generation),
            **extra,
            **_thinking(generation, extra.get("chat_template_kwargs")),
        }
        if "stream" in left_out:
            left_out |= {"stream_options"}
        return {name: value for name, value in fields.items() if name not in left_out or name in NEEDED}

    def _messages(self, left_out: frozenset[str]) -> list[dict[str, object]]:
        image: dict[str, str] = {"url": self._url}
        if (detail := self._generation.image_detail) is not UNSET and DETAIL not in left_out:
            image[DETAIL] = detail
        content = [{"type": "image_url", "image_url": image}, {"type": "text", "text": self._question}]
        system = self._generation.system_prompt
        messages: list[dict[str, object]] = [{"role": "system", "content": system}] if system else []
        return [*messages, {"role": "user", "content": content}]


def _sampling(generation: Generation) -> dict[str, float]:
    if not generation.do_sample:
        return {"temperature": 0.0}
    asked = {"temperature": generation.temperature, "top_p": generation.top_p}
    return {name: value for name, value in asked.items() if value is not None}


def _thinking(generation: Generation, given: Any) -> dict[str, Mapping[str, Any]]:
    if generation.thinking is UNSET:
        return {}
    others = given if isinstance(given, dict) else {}
    return {"chat_template_kwargs": {**others, "enable_thinking": generation.thinking == "on"}}
