"""The events that a session sends to its front end during a run."""

from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

from msgspec import UNSET, Struct, UnsetType

from fada_tui.core.protocol import BegunAgain, Delta, Item, ServerBack, ServerDown
from fada_tui.core.records import ClassSet, ModelFacts, Question, Result, Run


class RunStarted(Struct, frozen=True):
    """An event: the run's folder exists and holds the plan."""

    run: Run
    folder: Path
    remaining: int
    """Results to be made now."""
    total: int
    """Results that the whole run has in the end."""
    controls: int = 0
    """Answers about control pictures to be made after these, which count nowhere else."""


class LoadProgress(Struct, frozen=True):
    """An event with the progress of loading the model."""

    stage: str
    """`start`, `engine` (seconds since it was started), `download` (bytes), `weights` (tensors) or `server`
    (tries to reach one)."""
    done: int
    total: int | None


class EngineLog(Struct, frozen=True):
    """An event: the engine printed a line, while it loads or later."""

    line: str
    """Without keys and control characters, cut to a length that can be shown."""


class ModelReady(Struct, frozen=True):
    """An event: the model is loaded."""

    model: ModelFacts
    questions: tuple[Question, ...]
    """The questions that are asked; for a model that sorts images, only the first."""
    remaining: int
    """Results to be made now."""
    total: int
    """Results that the whole run has in the end."""
    classes: ClassSet | UnsetType = UNSET
    """What a model that sorts images sorts them into."""


class AnswerStarted(Struct, frozen=True):
    """An event: a worker begins an item."""

    item: Item
    device: str | None = None
    """Which of the run's devices, where it has several."""


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
    server_down: bool = False
    """Whether nothing answers there at all, which `ServerPaused` tells once for all."""

    @property
    def what_happens(self) -> str:
        """Return the reason for the new request and its time, in words."""
        when = f" in {self.wait:.1f} s" if self.wait > 0 else ""
        return f"{self.reason}; trying again{when}"


class ServerPaused(Struct, frozen=True):
    """An event: a server does not answer any more; all requests wait until it does."""

    reason: str
    asked: int
    """How often it was asked again since; 0 at first."""
    left: float
    """Seconds for which it will still be asked."""

    @property
    def what_happens(self) -> str:
        """Return the reason, and how long it will be asked, in words."""
        return f"all requests wait, and the server is asked again for {self.left:.0f} s: {self.reason}"


class ServerResumed(Struct, frozen=True):
    """An event: a server answers again, and all requests go on."""

    seconds: float
    """How long it did not."""

    @property
    def what_happens(self) -> str:
        """Return it in words."""
        return f"the server answers again after {self.seconds:.0f} s; the requests go on"


class AnswerFinished(Struct, frozen=True):
    """An event with a result that is durable in the journal."""

    result: Result
    done: int
    """Results of the run so far, this one included."""
    errors: int
    """Number of errors among the results made in this session."""
    total: int


class ControlStarted(Struct, frozen=True):
    """An event: the worker begins an item about a control picture."""

    item: Item
    number: int
    """Its place among the answers about control pictures, from 1."""
    total: int
    """Answers about control pictures that the run has in the end."""

    @property
    def what_happens(self) -> str:
        """Return it in words."""
        return f"control pictures {self.number} of {self.total}"


class ControlFinished(Struct, frozen=True):
    """An event with a result about a control picture that is durable in the journal."""

    result: Result
    done: int
    """Results about control pictures so far, this one included."""
    total: int


class DeviceReady(Struct, frozen=True):
    """An event: the model is loaded on one of a run's several devices; for the first, too."""

    device: str
    load_time: float | None
    """Seconds."""
    ready: int
    """Devices on which it is loaded, this one included."""
    of: int
    """Devices of the run, without those that were given up."""
    gpu_uuids: tuple[str, ...] = ()
    """Of the GPUs that hold the weights, in NVML's format."""


class DeviceLost(Struct, frozen=True):
    """An event: one of a run's several devices is given up, and the others make what is left."""

    device: str
    reason: str
    left: int
    """Devices that still make the run."""

    @property
    def what_happens(self) -> str:
        """Return it in words."""
        others = "the other device goes on" if self.left == 1 else f"the other {self.left} devices go on"
        return f"{self.device} is given up, {others}: {self.reason}"


class WorkerRestarted(Struct, frozen=True):
    """An event: a worker died and was replaced."""

    reason: str
    device: str | None = None
    """Which of the run's devices, where it has several."""


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
    | EngineLog
    | ModelReady
    | AnswerStarted
    | AnswerText
    | AnswerBegunAgain
    | ServerPaused
    | ServerResumed
    | AnswerFinished
    | ControlStarted
    | ControlFinished
    | DeviceReady
    | DeviceLost
    | WorkerRestarted
    | Warned
    | RunEnded
)


def of_answers(
    event: Delta | BegunAgain | ServerDown | ServerBack, items: Mapping[tuple[str, str], Item]
) -> SessionEvent:
    """Return what a worker says of answers in progress as the session's event.

    Args:
        event: the worker's.
        items: those that are asked, by their keys.
    """
    match event:
        case Delta():
            return AnswerText(items[event.path, event.question_id], event.text, event.tokens, event.thought)
        case BegunAgain():
            item = items[event.path, event.question_id]
            return AnswerBegunAgain(item, event.reason, event.wait, event.server_down)
        case ServerDown():
            return ServerPaused(event.message, event.asked, event.left)
        case ServerBack():
            return ServerResumed(event.seconds)
