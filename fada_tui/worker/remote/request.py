"""The body of a request for a chat completion: pure.

https://platform.openai.com/docs/api-reference/chat
"""

import base64

import msgspec

from fada_tui.core.records import Generation
from fada_tui.models.endpoint import OPENAI_HOST, Endpoint
from fada_tui.worker.remote.chat_api import Picture

_SEEDS = 2**31
"""Upper bound of the seeds that every server accepts."""


def prompt(image: Picture, question: str, system: str | None) -> str:
    """Return the prompt as recorded: the messages with their roles, with a placeholder for the image."""
    lines = [f"system: {system}"] if system else []
    return "\n".join([*lines, f"user: {image.placeholder}", question])


def limit(generation: Generation) -> int:
    """Return the maximum tokens of an answer together with its thoughts."""
    return (generation.max_new_tokens or 0) + (generation.max_thinking_tokens or 0)


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
    name = "max_completion_tokens" if endpoint.host == OPENAI_HOST else "max_tokens"
    body = {
        "model": served,
        "messages": [*messages, {"role": "user", "content": content}],
        name: limit(generation),
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
