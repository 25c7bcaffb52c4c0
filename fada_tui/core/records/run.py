"""A run: one model over a set of images and questions."""

import re
from typing import Any, Literal, TypeAlias

import msgspec
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from fada_tui.core.json_data import decode_json
from fada_tui.core.records import check_sum
from fada_tui.core.records.base import SCORE_KINDS, FileRecord, RunStatus, ScoreKind
from fada_tui.core.records.machine import Environment, RunDevice
from fada_tui.core.records.model import EngineFacts, ModelEntry, ModelFacts, ModelMemory
from fada_tui.core.records.result import Failure, ImageFound, Result
from fada_tui.core.records.scoring import Looking, References, Scoring
from fada_tui.core.records.unknown_fields import decode, flattened
from fada_tui.core.text import without_mark

RUN_SCHEMA = "fada-tui/run/2"
"""What is written."""

READ_SCHEMAS = ("fada-tui/run/1", RUN_SCHEMA)
"""What is read: run/1 has results without `file`, and nothing that run/2 lacks."""


ImageFormat: TypeAlias = Literal["png", "jpeg", "webp"]
ImageDetail: TypeAlias = Literal["low", "high", "auto"]


class Tool(FileRecord, frozen=True, kw_only=True):
    """The program version that made the run."""

    name: str
    version: str


class Generation(FileRecord, frozen=True, kw_only=True):
    """The generation settings, which are part of a result's provenance."""

    max_new_tokens: int | None = None
    do_sample: bool | None = None
    temperature: float | None = None
    top_p: float | None = None
    seed: int | None = None
    batch_size: int | Literal["auto"] | None = None
    """Maximum answers generated together; each result records the number in its batch."""
    concurrency: int | UnsetType = UNSET
    """Requests in flight at once; present where the model runs behind a server or engine."""
    system_prompt: str | None = None
    thinking: Literal["on", "off"] | UnsetType = UNSET
    """Whether the model was told to think before it answers; absent where template or server decide."""
    max_thinking_tokens: int | UnsetType = UNSET
    """Maximum tokens of thoughts beside those of the answer; absent where all count for `max_new_tokens`."""
    image_format: ImageFormat | UnsetType = UNSET
    """How images were encoded for the server; present where the model runs behind one."""
    image_quality: int | UnsetType = UNSET
    """Quality of lossy encoding, 1 to 100; present where images were encoded so."""
    image_detail: ImageDetail | UnsetType = UNSET
    """The detail in which the server was told to look at images; present where it was."""
    extra: dict[str, Any] | UnsetType = UNSET
    """Further fields of each request, as the settings have them for this server."""

    @property
    def most_tokens(self) -> int | None:
        """Return the most tokens that are generated for an answer, its thoughts included."""
        thoughts = self.max_thinking_tokens
        if self.max_new_tokens is None or thoughts is UNSET:
            return self.max_new_tokens
        return self.max_new_tokens + thoughts


class Question(FileRecord, frozen=True, kw_only=True):
    """A question about an image, and how its answers are scored."""

    id: str
    short: str | UnsetType = UNSET
    """A name of a word or two, for tables."""
    text: str
    score: str | UnsetType = UNSET
    """A `ScoreKind`, or a kind that only a newer version knows."""
    values: tuple[str, ...] | UnsetType = UNSET
    """The answers that there are; of the kind `ordered` in their order, of `yes_no` that for no first."""
    synonyms: dict[str, tuple[str, ...]] | UnsetType = UNSET
    """Other words for a value or an item, by the word that stands for them all."""
    context: bool | UnsetType = UNSET
    """Whether an answer can be expected to say that the image shows a fetus, or the mother."""

    @property
    def kind(self) -> ScoreKind:
        """Return how its answers are scored; `none` where it does not say, or in a way not known here."""
        return next((kind for kind in SCORE_KINDS if kind == self.score), "none")


class QuestionSet(FileRecord, frozen=True, kw_only=True):
    """The set or file that a run's questions are from."""

    name: str
    source: str
    """What names it on the command line: a set's name, or the absolute path of a file."""


class ImageClass(FileRecord, frozen=True, kw_only=True):
    """A class of images, for models that compare images with texts."""

    name: str
    prompts: tuple[str, ...]
    """Texts that describe such an image; the class is their mean."""
    aliases: tuple[str, ...] = ()
    """Categories, beside its name, whose images are of this class."""


class ClassSet(FileRecord, frozen=True, kw_only=True):
    """The classes that images are sorted into by models that write no text."""

    name: str
    sha256: str
    """Of the classes' names and prompts: two runs with the same one were asked the same."""
    source: str | None = None
    """What names it on the command line: a set's name, or the absolute path of a file."""
    classes: tuple[ImageClass, ...]


class ImageList(FileRecord, frozen=True, kw_only=True):
    """A person's list of the images to ask about, and what of it was there."""

    name: str
    source: str
    """The absolute path of the file."""
    key: str | UnsetType = UNSET
    """The column, or the key, under which the images are, by a person's word."""
    sha256: str
    """Of the file's bytes."""
    entries: int
    """How many entries name an image, whether it is in the folder or not."""
    images: int
    """How many images they name, before the rest of the selection."""
    repeated: int = 0
    """How many entries name an image that an earlier one named."""
    unmatched: int = 0
    """How many entries lead to no image of the folder, or to several."""
    remarks: tuple[str, ...] = ()
    """What in the file was not taken as it stands, with the first names of each kind; a line each."""


class Shard(FileRecord, frozen=True, kw_only=True):
    """The part of a plan that a run is about: every `of`th of its images."""

    number: int
    """From 1."""
    of: int
    """How many shards the plan has."""
    images: int
    """Of the whole plan."""
    sha256: str
    """Of the whole plan's images (`core.shards.identity`)."""

    def __str__(self) -> str:
        """Return it as on the command line."""
        return f"{self.number}/{self.of}"


class Selection(FileRecord, frozen=True, kw_only=True):
    """The selection of the folder's images for a run."""

    categories: tuple[str, ...] | None = None
    per_category: int | None = None
    limit: int | None = None
    shuffle: int | None = None
    """Seed of the shuffle."""
    frames: int | UnsetType = UNSET
    """Number of evenly spaced frames taken from each file with several."""
    frame: int | UnsetType = UNSET
    """Number of the frame taken from each file with several, from 1."""
    images_from: ImageList | UnsetType = UNSET
    shard: Shard | UnsetType = UNSET
    """Present where the run is about a part of what was selected."""


class Dataset(FileRecord, frozen=True, kw_only=True):
    """The counts of a run's images."""

    name: str
    root: str | None = None
    categories: dict[str, int]
    images: int
    selection: Selection = Selection()
    aliases: dict[str, str] | UnsetType = UNSET
    """What folders' names mean, by a person's word, before rubric and class set are asked."""


class Notes(FileRecord, frozen=True, kw_only=True):
    """The assessor's conclusions about the run, in Markdown."""

    strengths: tuple[str, ...] = ()
    """Entries of a list, without the markers of its items."""
    weaknesses: tuple[str, ...] = ()
    conclusion: str | None = None
    recommendation: str | None = None
    technical: str | UnsetType = UNSET


class PlannedImage(FileRecord, frozen=True, kw_only=True):
    """An image of a run's plan."""

    image: str
    category: str
    path: str
    patient: str | UnsetType = UNSET
    """As in its results."""
    references: dict[str, str] | UnsetType = UNSET
    """The expert's answers by question id."""
    other_references: dict[str, dict[str, str]] | UnsetType = UNSET
    """Answers of further experts, by the names of their references, then by question id."""


class Plan(FileRecord, frozen=True, kw_only=True):
    """The data that an unfinished run needs to be resumed: kept in `run.json` until the run is complete."""

    model: ModelEntry
    device: str
    devices: str | UnsetType = UNSET
    """Present where several devices are to make the run, as they were listed (`core.device_list`)."""
    engine: str | UnsetType = UNSET
    """What generates, where that is not transformers; an `EngineName`."""
    trust_remote_code: bool = False
    allow_pickle: bool = False
    rubric: str = "fada"
    control: bool = False
    """Whether pictures that show nothing are asked about as well."""
    classes: ClassSet | UnsetType = UNSET
    images: tuple[PlannedImage, ...] = ()


class MergedShard(FileRecord, frozen=True, kw_only=True):
    """A run that was a shard of this one: when and where its results were made."""

    run: str
    """Its id."""
    number: int
    """From 1; of the whole plan, every Nth image is its own."""
    images: int
    started: str | None = None
    finished: str | None = None
    tool: Tool
    environment: Environment = Environment()
    engine: EngineFacts | UnsetType = UNSET
    device: str | None = None
    devices: tuple[RunDevice, ...] | UnsetType = UNSET
    load_time: float | None = None
    memory: ModelMemory = ModelMemory()
    telemetry: str | UnsetType = UNSET
    """Name of the copy of its telemetry, beside this run's files; absent where it had none."""


class Run(FileRecord, frozen=True, kw_only=True):
    """One model over a set of images and questions."""

    schema: str = RUN_SCHEMA
    id: str
    status: RunStatus
    started: str | None = None
    finished: str | None = None
    tool: Tool
    environment: Environment = Environment()
    model: ModelFacts
    devices: tuple[RunDevice, ...] | UnsetType = UNSET
    """Present where several devices were to make it; the facts of the model are then those of the first."""
    engine: EngineFacts | UnsetType = UNSET
    """Present where an engine answered that was started for the run."""
    generation: Generation = Generation()
    questions: tuple[Question, ...] = ()
    question_set: QuestionSet | UnsetType = UNSET
    """Present where the questions are a shipped set, the default one too, or a file's."""
    classes: ClassSet | UnsetType = UNSET
    """The classes that images were sorted into, if the model writes no text."""
    dataset: Dataset
    merged: tuple[MergedShard, ...] | UnsetType = UNSET
    """The shards that it was made of; absent where it was made as one."""
    results: tuple[Result, ...] = ()
    references: References | UnsetType = UNSET
    """The first expert's; what is scored against them is in the results."""
    controls: tuple[Result, ...] | UnsetType = UNSET
    """Answers about pictures that show nothing (black, grey, noise); they count nowhere."""
    looking: tuple[Looking, ...] | UnsetType = UNSET
    """Whether the answers depend on the image, by question; present once that was tested."""
    scoring: Scoring | UnsetType = UNSET
    """Present once answers were scored; older versions did not record it."""
    images_found: tuple[ImageFound, ...] | UnsetType = UNSET
    """What images were found to be when they were looked at again, where that is another than was asked."""
    notes: Notes = Notes()
    error: Failure | UnsetType = UNSET
    """The error that ended a failed run."""
    plan: Plan | UnsetType = UNSET
    """Present while the run is unfinished."""
    check: Any | UnsetType = UNSET
    """Check sum of the content: in the file alone."""

    @property
    def failure(self) -> Failure | None:
        """Return why there is no answer: the run's error, or the first result's if all are errors."""
        if self.status == "failed":
            return None if self.error is UNSET else self.error
        if self.status == "complete" and self.results and all(one.error for one in self.results):
            return self.results[0].error
        return None

    def light(self) -> "Run":
        """Return it without its results, of which one is left where all are errors: it says why."""
        return replace(self, results=self.results[:1] if self.failure and self.error is UNSET else ())

    @property
    def generated_by(self) -> str:
        """Return what generated its answers: an engine, or transformers in our worker."""
        return self.engine.name if self.engine else "transformers"

    @property
    def plan_lost(self) -> bool:
        """Return whether it ended early and nothing says any more what was to be asked: it cannot go on."""
        return self.plan is UNSET and self.status == "interrupted"

    @property
    def begun(self) -> bool:
        """Return whether anything came of its plan: a result, a loaded model, or an end.

        One that waits in a queue has none of these, and tells nothing of its model.
        """
        there = bool(self.results or self.controls) or self.plan is UNSET or self.status != "interrupted"
        return there or self.finished is not None or self.environment != _NOWHERE

    @property
    def images_changed(self) -> tuple[ImageFound, ...]:
        """Return what images were last found to be, of those that had changed, in the order of the finds."""
        latest = {found.path: found for found in self.images_found or ()}
        return tuple(found for found in latest.values() if found.state != "as_asked")

    @property
    def fruitless(self) -> bool:
        """Return whether it ended without any answer."""
        return self.status == "failed" or self.failure is not None


_NOWHERE = Environment()
"""That of a run whose model was never loaded."""

_decoder = msgspec.json.Decoder(Run)
_anything: msgspec.json.Decoder[Any] = msgspec.json.Decoder(Any)


def is_readable(schema: str) -> bool:
    """Return whether files of a schema can be read; newer minor versions only add fields."""
    return schema in READ_SCHEMAS or re.fullmatch(rf"{RUN_SCHEMA}\.[0-9]+", schema) is not None


def encode_run(run: Run) -> bytes:
    """Return a run as indented UTF-8 JSON with its check sum and a final newline."""
    content = flattened(run)
    check = f',"check":"{check_sum.of_content(content)}"}}'
    return msgspec.json.format(msgspec.json.encode(content)[:-1] + check.encode(), indent=2) + b"\n"


def decode_run(data: bytes) -> Run:
    """Read a run from JSON.

    Raises:
        MalformedError: the bytes are not JSON, or a field is missing or has another type; the message names
            its place.
    """
    return replace(decode(without_mark(data), _decoder), check=UNSET)


def decode_checked(data: bytes) -> tuple[Run, bool]:
    """Read a run from JSON; return also whether its content is what its check sum says.

    So it is without a check sum: older versions wrote none. Raises as `decode_run` does.
    """
    text = without_mark(data)
    read = decode(text, _decoder)
    run = replace(read, check=UNSET)
    if read.check is UNSET or read.check == check_sum.of_content(flattened(run)):
        return run, True
    # A version that knows other fields wrote it, or numbers are written in another way: 1 for 1.0.
    content = decode_json(text, _anything)
    del content["check"]
    return run, read.check == check_sum.of_content(content)
