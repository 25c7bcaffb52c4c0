"""What every way of answering is given and gives back, whatever kind of model stands behind it."""

from collections.abc import Callable
from threading import Event
from typing import Protocol

from msgspec import Struct
from PIL.Image import Image

from fada_tui.records import Finish, Generation, Ranked, Tokens

OnText = Callable[[str, int], None]
"""Takes the text since the last call and the tokens so far."""


class Asked(Struct, frozen=True, kw_only=True):
    """One image, one question."""

    pixels: Image
    """RGB."""
    question: str
    generation: Generation
    seed: int
    """Of sampling: the run's, the image's and the question's in one."""
    on_prompt: Callable[[str], None]
    """Told the prompt as soon as it is known, so that an error can be recorded with it."""
    on_text: OnText
    cancel: Event
    """Set to stop as soon as may be."""


class Answered(Struct, frozen=True, kw_only=True):
    """An answer and what its making took, in seconds."""

    response: str
    preprocess: float
    first_token: float | None
    generate: float
    tokens: Tokens
    finish: Finish
    token_ids: tuple[int, ...] = ()
    """What the response was read from, the end token included; empty where there are none."""
    ranking: tuple[Ranked, ...] | None = None
    """Where the model ranks what it knows, in place of writing."""


class Answerer(Protocol):
    """Answers with one model."""

    def answer(self, asked: Asked) -> Answered | None:
        """Answer; `None` if it was cancelled. Whatever goes wrong is raised."""
