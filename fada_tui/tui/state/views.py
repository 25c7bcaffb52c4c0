"""The data that the screen passes to its panes: plain values, ready to draw."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from msgspec import Struct

from fada_tui.core.image_identity import ImageIdentity
from fada_tui.core.records import Assessment, AutoScore, ModelFacts, ResultMemory, Score
from fada_tui.evaluation.scoring.marks import Mark
from fada_tui.runs.telemetry import Sample

NoticeKind = Literal["info", "echo", "warning", "error"]
"""What a line above the keys is: a word, what a key did, something to look to, something that went wrong."""

AnswerState = Literal["none", "waiting", "running", "answered", "error"]


class AnswerView(Struct, frozen=True, kw_only=True):
    """One answer, or the place where it will be."""

    state: AnswerState = "none"
    model: str = ""
    """As it may be shown: a letter in blind mode."""
    question: str = ""
    number: int = 1
    """Of the questions asked of this image."""
    questions: int = 1
    category: str = ""
    """The image's."""
    text: str = ""
    """The answer so far, the error, or a hint."""
    thoughts: str | None = None
    """What the model thought before; `None` if nothing, and in blind mode, where it would tell the model."""
    thoughts_tokens: int | None = None
    thinking: bool = False
    """It thinks, and has not begun to answer."""
    thoughts_shown: bool = False
    """Whether thoughts stand above the answer, or only how many tokens they took."""
    first_token: float | None = None
    """Seconds."""
    tokens: int | None = None
    per_second: float | None = None
    time: float | None = None
    """Seconds of generation."""
    batch_size: int = 1
    """Answers it was made together with, itself included."""
    device: str = ""
    """Which of the run's devices makes it or made it, where there are several; empty in blind mode."""
    finish: str | None = None
    assessment: Assessment = Assessment()
    """This assessor's own."""
    others: tuple[str, ...] = ()
    """What other assessors said, a line each; nothing before this assessor's own verdict stands."""
    auto: AutoScore | None = None
    """Likewise; `None` in blind mode, as are all times."""
    by_terms: bool = True
    """Whether the rubric's terms say something about the answer; else the context alone does."""
    score: Score | None = None
    """By the question's kind; likewise."""
    reference: str | None = None
    """The expert's answer; likewise."""
    marks: tuple[Mark, ...] = ()
    """Where the answer's text has what its score is about."""
    reference_marks: tuple[Mark, ...] = ()
    """The same of the reference."""
    withheld: bool = False
    """Whether there is more to be seen once the assessor has judged."""
    following: bool = False


class AskedAbout(Struct, frozen=True):
    """What an answer's image was, to be compared with what it is."""

    image: ImageIdentity
    """As it was when it was asked about."""
    agreed: ImageIdentity | None = None
    """As it was when the user said to judge the answer anyway."""


class KeyState(Struct, frozen=True, kw_only=True):
    """What decides which keys do something now."""

    answer: bool = False
    """There is an answer to judge."""
    verdict: bool = False
    """It has a verdict."""
    changed: bool = False
    """Its image is another than was asked about."""
    text: bool = False
    """There is some text of an answer."""
    long: bool = False
    """There is more of it than is seen."""
    thoughts: bool = False
    several: bool = False
    """Several questions are asked of the image."""
    undo: bool = False
    redo: bool = False
    judged: bool = False
    """Some answers are judged."""
    to_judge: bool = False
    """Some answers aren't, or are looked at once more."""
    running: bool = False
    follows: bool = False
    """A run is in progress that may be followed."""
    waits: bool = False
    """Runs wait in the queue."""
    resumable: bool = False
    """The current run lacks answers."""
    run: bool = False
    """A run is open."""
    runs: bool = False
    """There are runs."""
    image: bool = False
    viewer: bool = False
    """It can be opened in another program."""
    filtered: bool = False
    """The list shows not all images, or a second look is taken."""
    closer: bool = False
    """Not all of the picture is seen."""
    viewed: bool = False
    """The picture is seen in another way than it is."""
    window: bool = False
    """The keys of the picture's window work."""


class ZoomView(Struct, frozen=True, kw_only=True):
    """An image that is looked at more closely, and the answer that is judged by it."""

    image: Path | None = None
    neighbours: tuple[Path, ...] = ()
    """Images that are likely to be next, the likeliest first."""
    asked: tuple[AskedAbout, ...] = ()
    """What the image was when the answers to be judged by it were made."""
    answer: AnswerView = AnswerView()
    progress: str = ""
    """How many answers are judged."""
    mode: str = ""
    """How the answers are gone through, where that is not one after another."""
    assessor: str = ""
    """Who judges."""
    keys: KeyState = KeyState()


class RunView(Struct, frozen=True, kw_only=True):
    """The current run, for the run bar."""

    state: Literal["idle", "loading", "running", "stopping", "ended"] = "idle"
    label: str = ""
    done: int = 0
    total: int = 0
    elapsed: float | None = None
    """Seconds since the first answer began."""
    remaining: float | None = None
    """Seconds that are left by the mean so far; `None` until that can be told, and while it is stopping."""
    mean: float | None = None
    """Seconds by the clock for each answer."""
    errors: int = 0
    to_judge: int = 0
    """Its answers that have no verdict yet."""
    waiting: int = 0
    """Runs in the queue behind this one."""
    kept: int = 0
    """How many of them wait until the queue goes on."""
    maker: str = ""
    """Who makes it, where another program does."""
    trouble: str = ""
    """What keeps it from going on."""
    at: str = ""
    """What the worker is at."""
    workers: str = ""
    """How many workers there are, and which are not at work, where the run has several devices."""
    devices: tuple["DeviceView", ...] = ()
    """These workers."""


class DeviceView(Struct, frozen=True, kw_only=True):
    """One of several workers of a run."""

    name: str
    """Its device: `cuda:0`, `cpu:1`."""
    gpu_uuids: tuple[str, ...] = ()
    """The GPUs that its model is on."""
    state: Literal["loading", "ready", "restarting", "lost"] = "loading"
    at: str = ""
    """What it is asked: the image, or of several in a batch the first."""

    @property
    def doing(self) -> str:
        """Return it with what it does, in words."""
        return f"{self.name}  {self.at_work}".rstrip()

    @property
    def at_work(self) -> str:
        """Return what it does, in words."""
        return self.at if self.state == "ready" else self.state


class GpuView(Struct, frozen=True, kw_only=True):
    """The machine's memory, now and over the last minutes."""

    sample: Sample | None = None
    problem: str | None = None
    """Why there are no readings of a GPU."""
    gpus: Mapping[int, Sequence[int]] = {}
    """Bytes used on each GPU over the last minutes, by its index, the oldest first."""
    worker: Sequence[int] = ()
    """Bytes of the worker's process over the last minutes."""
    image_peak: ResultMemory = ResultMemory()
    run_peak: ResultMemory = ResultMemory()
    served: ModelFacts | None = None
    """The model that runs, where that is behind a server: then this machine's memory says nothing of it."""
    devices: tuple[DeviceView, ...] = ()
    """The workers of the run that goes on, where it has several."""
