"""The nouns of the program as frozen, typed, serialisable values.

Their field order is the key order of `run.json`. Times are seconds, memory is bytes, timestamps are
ISO 8601 in UTC; `None` means unknown and is written as `null`. Fields with the default `UNSET` are
left out of the file while unset.
"""

from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

RUN_SCHEMA = "fada-tui/run/1"

Verdict: TypeAlias = Literal["correct", "partial", "incorrect"]
Finish: TypeAlias = Literal["stop", "length", "cancelled", "error"]
RunStatus: TypeAlias = Literal["complete", "interrupted", "failed"]
ModelStatus: TypeAlias = Literal["untested", "tested", "failed", "skipped", "gated"]


class Record(Struct, frozen=True, kw_only=True, forbid_unknown_fields=False):
    """Base of every record: immutable, fields by name, keys from newer versions ignored on reading."""


class Tool(Record, frozen=True, kw_only=True):
    """The program that made the run."""

    name: str
    version: str


class Gpu(Record, frozen=True, kw_only=True):
    """A GPU as NVML names it."""

    index: int
    name: str
    uuid: str | None = None
    memory_total: int | None = None
    """Bytes."""


class Environment(Record, frozen=True, kw_only=True):
    """Where the run ran."""

    python: str | None = None
    platform: str | None = None
    torch: str | None = None
    transformers: str | None = None
    cuda: str | None = None
    """Version of CUDA that torch was built with."""
    driver: str | None = None
    gpus: tuple[Gpu, ...] = ()
    cpu: str | None = None
    memory_total: int | None = None
    """Bytes of main memory."""


class ModelMemory(Record, frozen=True, kw_only=True):
    """Memory of the loaded model over the run, each figure under its own name. Bytes."""

    weights: int | None = None
    """Parameters and buffers as loaded."""
    torch_peak_allocated: int | None = None
    torch_peak_reserved: int | None = None
    nvml_process_peak: int | None = None
    """The worker's share of the GPU, as NVML reports it."""
    worker_rss_peak: int | None = None
    """The worker's resident memory."""


class ModelFacts(Record, frozen=True, kw_only=True):
    """The model of a run, as it was loaded."""

    name: str
    source: str | None = None
    """Hub id, folder, or a server's URL."""
    served: str | UnsetType = UNSET
    """Name by which the server knows it; present where the model ran behind one."""
    revision: str | None = None
    adapter: str | None = None
    architecture: str | None = None
    parameters: int | None = None
    dtype: str | None = None
    quantization: str | None = None
    device: str | None = None
    image_processor: str | UnsetType = UNSET
    """Class that turns images into pixel values: its backends differ by up to 0.015 a pixel."""
    pad_square: bool | UnsetType = UNSET
    """Whether images were padded to a square; present where the model sorts them into classes."""
    scale: float | UnsetType = UNSET
    """What the cosine of image and class was multiplied with; likewise."""
    pickled: bool | UnsetType = UNSET
    """Present, and true, where weights were read that are no safetensors."""
    license: str | None = None
    load_time: float | None = None
    memory: ModelMemory = ModelMemory()


class Generation(Record, frozen=True, kw_only=True):
    """How answers are generated. Part of a result's provenance."""

    max_new_tokens: int | None = None
    do_sample: bool | None = None
    temperature: float | None = None
    top_p: float | None = None
    seed: int | None = None
    batch_size: int | None = None
    concurrency: int | UnsetType = UNSET
    """Requests in flight at once; present where the model runs behind a server."""
    system_prompt: str | None = None


class Question(Record, frozen=True, kw_only=True):
    """A text asked of an image."""

    id: str
    text: str


class ImageClass(Record, frozen=True, kw_only=True):
    """What an image may show, for models that compare it with texts."""

    name: str
    prompts: tuple[str, ...]
    """Texts that describe such an image; the class is their mean."""
    aliases: tuple[str, ...] = ()
    """Categories, beside its name, whose images are of this class."""


class ClassSet(Record, frozen=True, kw_only=True):
    """The classes that images are sorted into by models that write no text."""

    name: str
    sha256: str
    """Of the classes' names and prompts: two runs with the same one were asked the same."""
    source: str | None = None
    """What names it on the command line: a set's name, or the absolute path of a file."""
    classes: tuple[ImageClass, ...]


class Selection(Record, frozen=True, kw_only=True):
    """Which images of the folder were asked about."""

    categories: tuple[str, ...] | None = None
    per_category: int | None = None
    limit: int | None = None
    shuffle: int | None = None
    """Seed of the shuffle."""
    frames: int | UnsetType = UNSET
    """So many of each file that has several, spread evenly."""
    frame: int | UnsetType = UNSET
    """This one of each such file, from 1 up."""


class Dataset(Record, frozen=True, kw_only=True):
    """The images of a run, counted."""

    name: str
    root: str | None = None
    categories: dict[str, int]
    images: int
    selection: Selection = Selection()


class Timing(Record, frozen=True, kw_only=True):
    """Where a result's seconds went."""

    load: float | None = None
    """Reading and decoding the image file."""
    preprocess: float | None = None
    """Chat template, tokens and pixel values."""
    first_token: float | None = None
    """From the start of generation to the first token of the answer."""
    generate: float | None = None
    """The whole generation; equals the result's `time`."""


class Tokens(Record, frozen=True, kw_only=True):
    """A result's tokens."""

    prompt: int | None = None
    """All of the prompt's, image tokens included."""
    generated: int | None = None
    """The end token included."""
    per_second: float | None = None
    """Generated tokens over the seconds of generation."""
    image: int | None = None
    """Of the prompt's, those that stand for the image."""


class ResultMemory(Record, frozen=True, kw_only=True):
    """Peaks while one result was made. Bytes."""

    torch_peak_allocated: int | None = None
    nvml_process: int | None = None
    nvml_used: int | None = None
    """Used on the worker's GPU by all processes."""
    worker_rss: int | None = None


class Failure(Record, frozen=True, kw_only=True):
    """Why there is no answer."""

    kind: str
    message: str


class Ranked(Record, frozen=True, kw_only=True):
    """One of the things that a model ranks: a class, or an answer from a fixed list."""

    label: str
    probability: float


class AutoScore(Record, frozen=True, kw_only=True):
    """What a rubric computes from an answer's text. Never a person's verdict."""

    rubric: str
    context: bool
    """The answer names the rubric's context (fetal)."""
    context_terms: tuple[str, ...]
    maternal_terms: tuple[str, ...]
    category_terms: tuple[str, ...]
    """Terms of the image's category that the answer names."""
    other_categories: tuple[str, ...]
    """Categories whose plane the answer names although the image shows another."""
    score: float | None
    """Share of the category's term groups named, 0 to 1; `None` where the rubric has no such category."""


class Assessment(Record, frozen=True, kw_only=True):
    """A person's verdict on one result."""

    assessor: str | None = None
    verdict: Verdict | None = None
    """`None` takes an earlier verdict back."""
    context: bool | None = None
    tags: tuple[str, ...] = ()
    note: str | None = None
    at: str | None = None
    """ISO 8601, UTC."""
    blind: bool = False


class DicomFacts(Record, frozen=True, kw_only=True):
    """What a result tells of a DICOM file: what made the picture, nothing of whom it shows."""

    modality: str | None = None
    manufacturer: str | None = None
    model: str | None = None
    """Of the device."""
    photometric_interpretation: str | None = None
    frames: int | None = None
    """How many the file's header says it has."""


class Result(Record, frozen=True, kw_only=True):
    """One model's answer to one question about one image; the first five keys as older scripts read them."""

    image: str
    """File name; `#` and its number from 1 up follow for a frame that is not the file's first."""
    category: str
    question: str
    response: str | None = None
    time: float | None = None
    """Seconds of generation."""
    path: str
    """Relative to the data set's root where the image lies under it."""
    sha256: str | None = None
    """Of the decoded RGB pixels, with width and height (see `images.decode`)."""
    width: int | None = None
    height: int | None = None
    question_id: str
    prompt: str | None = None
    """As it was put to the model, the image still one placeholder."""
    timing: Timing = Timing()
    tokens: Tokens = Tokens()
    finish: Finish | None = None
    memory: ResultMemory = ResultMemory()
    error: Failure | None = None
    ranking: tuple[Ranked, ...] | UnsetType = UNSET
    """The likeliest first; present where the model ranks what it knows, in place of writing."""
    auto: AutoScore | None = None
    assessments: tuple[Assessment, ...] = ()
    dicom: DicomFacts | UnsetType = UNSET
    """Of a DICOM file's image."""

    @property
    def key(self) -> tuple[str, str]:
        """What identifies a result within its run: image path and question id."""
        return (self.path, self.question_id)


class Notes(Record, frozen=True, kw_only=True):
    """What the assessor concludes about the run."""

    strengths: tuple[str, ...] = ()
    weaknesses: tuple[str, ...] = ()
    conclusion: str | None = None
    recommendation: str | None = None


class ModelEntry(Record, frozen=True, kw_only=True):
    """An entry of the model list."""

    name: str
    source: str
    revision: str | None = None
    adapter: str = "auto"
    dtype: str = "auto"
    quantization: Literal["4bit", "8bit"] | None = None
    pad_square: bool = False
    """Images are padded to a square, for models that compare them with texts."""
    fetched_by_hand: tuple[str, ...] = ()
    """Files that a person downloads who accepts the licence; the program then does not download by itself."""
    api_key_env: Annotated[str, Meta(pattern=r"^[A-Z_][A-Z0-9_]*$")] | None = None
    """Environment variable that holds a server's key. A key itself, with its small letters, does not fit."""
    parameters: int | None = None
    license: str | None = None
    order: int | None = None
    """Place in the testing list."""
    status: ModelStatus = "untested"
    reason: str | None = None
    """Why it failed, was skipped, or is gated."""
    notes: str | None = None


class PlannedImage(Record, frozen=True, kw_only=True):
    """An image that a run asks about."""

    image: str
    category: str
    path: str


class Plan(Record, frozen=True, kw_only=True):
    """What an unfinished run still needs to know to go on: kept in `run.json` until the run is complete."""

    model: ModelEntry
    device: str
    trust_remote_code: bool = False
    allow_pickle: bool = False
    rubric: str = "fada"
    classes: ClassSet | UnsetType = UNSET
    images: tuple[PlannedImage, ...] = ()


class Run(Record, frozen=True, kw_only=True):
    """One model over a set of images and questions."""

    schema: str = RUN_SCHEMA
    id: str
    status: RunStatus
    started: str | None = None
    finished: str | None = None
    tool: Tool
    environment: Environment = Environment()
    model: ModelFacts
    generation: Generation = Generation()
    questions: tuple[Question, ...] = ()
    classes: ClassSet | UnsetType = UNSET
    """What the images were sorted into, where the model writes no text."""
    dataset: Dataset
    results: tuple[Result, ...] = ()
    notes: Notes = Notes()
    error: Failure | UnsetType = UNSET
    """Why a failed run failed."""
    plan: Plan | UnsetType = UNSET
    """Present while the run is unfinished."""

    @property
    def failure(self) -> Failure | None:
        """Why there is no answer: the run failed as a whole, or each result did, the first of which tells."""
        if self.status == "failed":
            return None if self.error is UNSET else self.error
        if self.status == "complete" and self.results and all(one.error for one in self.results):
            return self.results[0].error
        return None

    @property
    def fruitless(self) -> bool:
        """Whether it ended without an answer to anything."""
        return self.status == "failed" or self.failure is not None


def encode_run(run: Run) -> bytes:
    """Return a run as indented UTF-8 JSON with a final newline."""
    return msgspec.json.format(msgspec.json.encode(run), indent=2) + b"\n"


def decode_run(data: bytes) -> Run:
    """Read a run from JSON.

    Raises:
        msgspec.ValidationError: a field is missing or has another type; the message names its place.
        msgspec.DecodeError: the bytes are not JSON.
    """
    return msgspec.json.decode(data, type=Run)
