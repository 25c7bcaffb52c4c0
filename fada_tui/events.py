"""What a session tells its front end while a run goes on."""

from pathlib import Path
from typing import TypeAlias

from msgspec import Struct

from fada_tui.protocol import Item
from fada_tui.records import ModelFacts, Question, Result, Run


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
    """`start`, `download` (bytes) or `weights` (tensors)."""
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
    """More text of the answer at hand."""

    item: Item
    text: str
    tokens: int
    """Generated so far."""


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
    | AnswerFinished
    | WorkerRestarted
    | Warned
    | RunEnded
)
