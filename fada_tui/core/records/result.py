"""One model's answer to one question about one image, and what is said of it."""

from msgspec import UNSET, UnsetType

from fada_tui.core.records.base import Finish, Record, Verdict


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
    share: float | UnsetType = UNSET
    """Of the time that answers were generated together, what falls to this one: each moment is shared equally
    among the answers being written in it. Present where there were several."""


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
    batch_size: int | UnsetType = UNSET
    """Answers it was generated together with, itself included; present where the run allows more than one."""
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

    @property
    def together(self) -> int:
        """Answers it was generated together with, itself included; runs that do not say so knew only one."""
        return 1 if self.batch_size is UNSET else self.batch_size

    @property
    def own_time(self) -> float | None:
        """Seconds of generation that fall to it alone: of a batch's its share, else all of `time`.

        Their sum is what a run took for generating, which that of `time` is not: answers made together each
        have the wait for all of them in it.
        """
        return self.time if self.timing.share is UNSET else self.timing.share
