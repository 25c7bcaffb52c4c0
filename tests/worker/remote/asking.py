"""Questions to the tests' own server, asked by the worker's client without a worker."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from PIL import Image

from fada_tui.core.records import Generation
from fada_tui.models.endpoint import parse
from fada_tui.worker.generation.interfaces import Answered, Asked
from fada_tui.worker.remote.answerer import RemoteAnswerer
from fada_tui.worker.remote.client import Server
from fada_tui.worker.remote.retry import Backoff
from tests.conftest import LONG_ENOUGH
from tests.endpoint_server import MODEL

QUESTION = "What can you see?"
SOON = Backoff(first=0.01)
"""Trying again without much of a pause."""


@dataclass
class Client:
    """A client of one server, and what it told."""

    answerer: RemoteAnswerer
    left_out: list[tuple[tuple[str, ...], str]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    thoughts: list[str] = field(default_factory=list)
    again: list[str] = field(default_factory=list)

    def ask(self, question: str = QUESTION, **how: Any) -> Answered:
        """Ask; errors are raised."""
        how = {"max_new_tokens": 20, "do_sample": False} | how
        asked = Asked(
            pixels=Image.new("RGB", (8, 8), "grey"),
            image="hash",
            question=question,
            generation=Generation(**how),
            seed=3,
            on_prompt=lambda prompt: None,
            on_text=lambda text, tokens: self.texts.append(text),
            on_thoughts=lambda text, tokens: self.thoughts.append(text),
            on_again=lambda reason, wait: self.again.append(reason),
            cancel=threading.Event(),
        )
        picture = self.answerer.encode(asked.pixels, asked.generation)
        return self.answerer.run(self.answerer.answer(asked, picture))


def client_of(
    source: str,
    *,
    headers: Mapping[str, str] | None = None,
    key: str | None = None,
    left_out: tuple[str, ...] = (),
    first_token: float = LONG_ENOUGH,
    token: float = LONG_ENOUGH,
) -> Client:
    """Return a client of a server."""
    told: list[tuple[tuple[str, ...], str]] = []
    server = Server(parse(source), key, SOON, headers)
    answerer = RemoteAnswerer(
        server, MODEL, first_token, token, left_out, lambda names, message: told.append((names, message))
    )
    return Client(answerer, told)
