"""The events that a session sends to its front end during a run."""

from pathlib import Path
from typing import TypeAlias

from msgspec import Struct

from fada_tui.core.protocol import Item
from fada_tui.core.records import ModelFacts, Question, Result, Run


class RunStarted(Struct, frozen=True):
    """An event: the run's folder exists and holds the plan."""

    run: Run
    folder: Path
    remaining: int
    """Results to be made now."""
    total: int
    """Results that the whole run has in the end."""


class LoadProgress(Struct, frozen=True):
    """An event with the progress of loading the model."""

    stage: str
    """`start`, `download` (bytes), `weights` (tensors) or `server` (tries to reach one)."""
    done: int
    total: int | None


class ModelReady(Struct, frozen=True):
    """An event: the model is loaded."""

    model: ModelFacts
    questions: tuple[Question, ...]
    """The questions that are asked; for a model that sorts images, only the first."""
    remaining: int
    """Results to be made now."""
    total: int
    """Results that the whole run has in the end."""


class AnswerStarted(Struct, frozen=True):
    """An event: the worker begins an item."""

    item: Item


class AnswerText(Struct, frozen=True):
    """An event with more text of an answer; empty text shows that it is in progress."""

    item: Item
    text: str
    tokens: int
    """Generated so far."""
    thought: bool = False
    """Whether the text is of the thoughts before the answer."""


class AnswerBegunAgain(Struct, frozen=True):
    """An event: an answer is requested again, and its text so far is void."""

    item: Item
    reason: str
    wait: float
    """Seconds until the next request."""

    @property
    def what_happens(self) -> str:
        """Return the reason for the new request and its time, in words."""
        when = f" in {self.wait:.1f} s" if self.wait > 0 else ""
        return f"{self.reason}; trying again{when}"


class AnswerFinished(Struct, frozen=True):
    """An event with a result that is durable in the journal."""

    result: Result
    done: int
    """Results of the run so far, this one included."""
    errors: int
    """Number of errors among the results made in this session."""
    total: int


class WorkerRestarted(Struct, frozen=True):
    """An event: the worker died and was replaced."""

    reason: str


class Warned(Struct, frozen=True):
    """An event with a problem that doesn't stop the run."""

    message: str


class RunEnded(Struct, frozen=True):
    """An event: all files are written."""

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
