"""What a session tells its front end while a run goes on."""

from pathlib import Path
from typing import TypeAlias

from msgspec import Struct

from fada_tui.core.protocol import Item
from fada_tui.core.records import ModelFacts, Question, Result, Run


class RunStarted(Struct, frozen=True):
    """The run's folder is there and holds the plan."""

    run: Run
    folder: Path
    remaining: int
    """Results to be made now."""
    total: int
    """Results that the whole run has in the end."""


class LoadProgress(Struct, frozen=True):
    """How far loading the model is."""

    stage: str
    """`start`, `download` (bytes), `weights` (tensors) or `server` (tries to reach one)."""
    done: int
    total: int | None


class ModelReady(Struct, frozen=True):
    """The model is loaded."""

    model: ModelFacts
    questions: tuple[Question, ...]
    """Those that are asked; of a model that sorts images, the first alone."""
    remaining: int
    """Results to be made now."""
    total: int
    """Results that the whole run has in the end."""


class AnswerStarted(Struct, frozen=True):
    """The worker begins an item."""

    item: Item


class AnswerText(Struct, frozen=True):
    """More text of an answer; without any, a sign that it is being made."""

    item: Item
    text: str
    tokens: int
    """Generated so far."""


class AnswerBegunAgain(Struct, frozen=True):
    """An answer is asked for once more: its text so far counts no longer."""

    item: Item
    reason: str
    wait: float
    """Seconds until then."""

    @property
    def what_happens(self) -> str:
        """Why it is asked for once more, and when, in words."""
        when = f" in {self.wait:.1f} s" if self.wait > 0 else ""
        return f"{self.reason}; trying again{when}"


class AnswerFinished(Struct, frozen=True):
    """A result, durable in the journal."""

    result: Result
    done: int
    """Results of the run so far, this one included."""
    errors: int
    """Of those made now, the ones without an answer."""
    total: int


class WorkerRestarted(Struct, frozen=True):
    """The worker was lost; another takes over."""

    reason: str


class Warned(Struct, frozen=True):
    """Something is wrong that doesn't stop the run."""

    message: str


class RunEnded(Struct, frozen=True):
    """All files are written."""

    run: Run
    folder: Path


SessionEvent: TypeAlias = (
    RunStarted
    | LoadProgress
    | ModelReady
    | AnswerStarted
    | AnswerText
    | AnswerBegunAgain
    | AnswerFinished
    | WorkerRestarted
    | Warned
    | RunEnded
)
