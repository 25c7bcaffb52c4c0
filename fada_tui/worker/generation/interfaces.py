"""What every way of answering is given and gives back, whatever kind of model stands behind it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Event
from typing import Any, Protocol, TypeAlias, runtime_checkable

from msgspec import Struct
from PIL.Image import Image

from fada_tui.core.records import Finish, Generation, Ranked, Tokens

OnText = Callable[[str, int], None]
"""Takes the text since the last call and the tokens so far."""


class Asked(Struct, frozen=True, kw_only=True):
    """One image, one question."""

    pixels: Image
    """RGB."""
    image: str
    """Its hash: the same for all questions about it."""
    question: str
    generation: Generation
    seed: int
    """Of sampling: the run's, the image's and the question's in one."""
    on_prompt: Callable[[str], None]
    """Told the prompt as soon as it is known, so that an error can be recorded with it."""
    on_text: OnText
    on_again: Callable[[str, float], None]
    """Told why, and in how many seconds, the answer is asked for once more: its text so far is void."""
    cancel: Event
    """Set to stop as soon as may be."""


class Answered(Struct, frozen=True, kw_only=True):
    """An answer and what its making took, in seconds."""

    response: str
    preprocess: float
    first_token: float | None
    generate: float
    tokens: Tokens
    finish: Finish | None
    """`None` where it ended in a way of its own."""
    token_ids: tuple[int, ...] = ()
    """What the response was read from, the end token included; empty where there are none."""
    ranking: tuple[Ranked, ...] | None = None
    """Where the model ranks what it knows, in place of writing."""
    batch_size: int | None = None
    """Answers made together, this one included; `None` where a server decides."""
    share: float | None = None
    """Of the seconds in which answers were made together, what falls to this one; `None` for one alone."""


OnAnswer: TypeAlias = Callable[[int, Answered], None]
"""Takes an answer, and its place in the batch, as soon as it has ended."""


@runtime_checkable
class Answerer(Protocol):
    """Answers with a model on this machine, a batch at a time."""

    def expect(self, answers: int, generation: Generation) -> None:
        """Learn how many answers are wanted, before the first of them."""

    def prepare(self, batch: Sequence[Asked]) -> Any:
        """Turn a batch into what `answer` takes; called ahead, from a thread of its own.

        Raises:
            ValueError: a question cannot be put to this model, or not together with the others.
        """

    def answer(self, batch: Sequence[Asked], prepared: Any, on_answer: OnAnswer) -> None:
        """Answer a batch; those that were cancelled are not told. Whatever goes wrong is raised."""


class Served(Protocol):
    """Answers with a model behind a server, one question at a time, from any thread."""

    def answer(self, asked: Asked) -> Answered | None:
        """Answer; `None` if it was cancelled. Whatever goes wrong is raised."""


@dataclass(frozen=True)
class LoadedModel:
    """A model ready to answer."""

    answerer: Answerer | Served
    device: str
    model: Any = None
    """In evaluation mode; `None` where it runs elsewhere."""
    adapter: Any = None
