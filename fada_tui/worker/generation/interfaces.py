"""The common interface of all ways of answering: inputs and outputs, for any kind of model."""

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar, runtime_checkable

from msgspec import Struct
from PIL.Image import Image

from fada_tui.core.records import Finish, Generation, Ranked, Thoughts, Tokens

if TYPE_CHECKING:  # it imports torch, which a model behind a server does not need
    from fada_tui.worker.generation.threads import Threads

Made = TypeVar("Made")

OnText = Callable[[str, int], None]
"""Takes the text since the last call, and the number of tokens so far."""


class Asked(Struct, frozen=True, kw_only=True):
    """A question about an image, as it is asked."""

    pixels: Image
    """The image in RGB."""
    image: str
    """Hash of the image: the same for all questions about it."""
    question: str
    generation: Generation
    seed: int
    """Seed of sampling, from the run's seed, the image and the question."""
    on_prompt: Callable[[str], None]
    """Called with the prompt as soon as it is known, so that an error can be recorded with it."""
    on_text: OnText
    on_thoughts: OnText
    """Takes what the model thinks before it answers, likewise."""
    on_again: Callable[[str, float], None]
    """Told why, and in how many seconds, the answer is asked for once more: its text so far is void."""
    cancel: Event
    """Set to stop as soon as possible."""


class Answered(Struct, frozen=True, kw_only=True):
    """An answer and the seconds that its stages took."""

    response: str
    preprocess: float
    first_token: float | None
    generate: float
    tokens: Tokens
    finish: Finish | None
    """The reason for its end; `None` if there is no name for it."""
    thoughts: Thoughts | None = None
    """What the model thought before; `None` if nothing."""
    token_ids: tuple[int, ...] = ()
    """Generated tokens of the response, including the end token; empty if there are none."""
    ranking: tuple[Ranked, ...] | None = None
    """Ranked labels, if the model ranks instead of writing text."""
    batch_size: int | None = None
    """Number of answers in the batch, including this one; `None` if a server decides."""
    share: float | None = None
    """Seconds of the batch attributed to this answer; `None` if it was made alone."""


OnAnswer: TypeAlias = Callable[[int, Answered], None]
"""Takes an answer and its index in the batch, as soon as it has ended."""


@runtime_checkable
class Answerer(Protocol):
    """An interface to a model on this machine that answers a batch at a time."""

    def expect(self, answers: int, generation: Generation) -> None:
        """Take note of the number of answers to come, before the first."""

    def prepare(self, batch: Sequence[Asked]) -> Any:
        """Turn a batch into the input of `answer`; called ahead, in a thread of its own.

        Raises:
            ValueError: a question cannot be put to this model, or not together with the others.
        """

    def answer(self, batch: Sequence[Asked], prepared: Any, on_answer: OnAnswer) -> None:
        """Answer a batch; cancelled answers are not reported. Errors are raised."""


class Served(Protocol):
    """An interface to a model behind a server that answers several questions at a time."""

    patience: float
    """Seconds that a server which is down is asked again."""

    def run(self, making: Coroutine[Any, Any, Made]) -> Made:
        """Run a coroutine in the event loop of the server's connections; return its result."""

    def encode(self, pixels: Image, generation: Generation) -> Any:
        """Turn an image into what is sent of it, as `picture` of `answer`; called from any thread."""

    async def answer(self, asked: Asked, picture: Any) -> Answered:
        """Answer a question, in that event loop. Errors are raised.

        Args:
            asked: the question; its pixels are not looked at.
            picture: the image as it is sent.
        """


@dataclass(frozen=True)
class LoadedModel:
    """A model ready to answer."""

    answerer: Answerer | Served
    devices: tuple[str, ...]
    """That it lies on, the first one first."""
    model: Any = None
    """The model in evaluation mode; `None` if it runs elsewhere."""
    adapter: Any = None
    shares: int = 1
    """Workers of the run that share the device's memory, this one included."""
    threads: "Threads | None" = None
    """Chooses the number of torch's threads; `None` if the model does not run on the CPU."""
