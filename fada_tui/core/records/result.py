"""Records of a result: a model's answer to a question about an image, with its assessments and scores."""

from msgspec import UNSET, UnsetType

from fada_tui.core.records.base import FileRecord, Finish, ImageState, Verdict


class Timing(FileRecord, frozen=True, kw_only=True):
    """The seconds that each stage of a result took."""

    load: float | None = None
    """Reading and decoding the image file."""
    preprocess: float | None = None
    """Chat template, tokens and pixel values."""
    first_token: float | None = None
    """From the start of generation to the first token, of thoughts or of the answer."""
    generate: float | None = None
    """The whole generation; equals the result's `time`."""
    share: float | UnsetType = UNSET
    """Of the time that answers were generated together, what falls to this one: each moment is shared equally
    among the answers being written in it. Present where there were several."""


class Tokens(FileRecord, frozen=True, kw_only=True):
    """A result's tokens."""

    prompt: int | None = None
    """All tokens of the prompt, including image tokens."""
    generated: int | None = None
    """Generated tokens, including thoughts and the end token."""
    per_second: float | None = None
    """Generated tokens over the seconds of generation."""
    image: int | None = None
    """Prompt tokens that stand for the image."""


class Thoughts(FileRecord, frozen=True, kw_only=True):
    """What a model thought before its answer: kept apart, and never scored."""

    text: str
    """Empty where a server counts them and does not tell them."""
    tokens: int | None = None
    """Generated tokens that they took, if the model's tokenizer or server counts them."""


class ResultMemory(FileRecord, frozen=True, kw_only=True):
    """Peak memory while one result was made, in bytes."""

    torch_peak_allocated: int | None = None
    nvml_process: int | None = None
    nvml_used: int | None = None
    """GPU memory used by all processes on the worker's GPU."""
    worker_rss: int | None = None


class Failure(FileRecord, frozen=True, kw_only=True):
    """The reason why there is no answer."""

    kind: str
    message: str


class Ranked(FileRecord, frozen=True, kw_only=True):
    """One ranked label: a class, or an answer from a fixed list."""

    label: str
    probability: float


class AutoScore(FileRecord, frozen=True, kw_only=True):
    """The score that a rubric computes from an answer's text; never a person's verdict."""

    rubric: str
    context: bool
    """Whether the answer names the rubric's context (fetal)."""
    context_terms: tuple[str, ...]
    maternal_terms: tuple[str, ...]
    category_terms: tuple[str, ...]
    """Terms of the image's category that the answer names."""
    other_categories: tuple[str, ...]
    """Categories whose plane the answer names although the image shows another."""
    score: float | None
    """Share of the category's term groups named, 0 to 1; `None` where the rubric has no such category."""


class Score(FileRecord, frozen=True, kw_only=True):
    """The score of an answer by its question's kind, against a reference or the rubric; never a person's."""

    kind: str
    """A `ScoreKind`, or one that only a newer version knows."""
    value: float
    """0 to 1: the share of terms named, F-beta, token F1, or whether the value is right."""
    matched: tuple[str, ...] = ()
    """Terms, items, values or words of the reference that the answer has."""
    missed: tuple[str, ...] = ()
    """Those that it has not."""
    extra: tuple[str, ...] = ()
    """Items, values or words that it has and the reference has not."""
    rouge_l: float | UnsetType = UNSET
    """ROUGE-L's F1, 0 to 1; present for the kind `text`."""
    similarity: float | UnsetType = UNSET
    """Cosine of the embeddings of answer and reference; present where it was asked for."""


class Assessment(FileRecord, frozen=True, kw_only=True):
    """A person's verdict on one result."""

    assessor: str | None = None
    verdict: Verdict | None = None
    """The verdict; `None` withdraws an earlier one."""
    context: bool | None = None
    tags: tuple[str, ...] = ()
    note: str | None = None
    at: str | None = None
    """ISO 8601, UTC."""
    blind: bool = False
    image_changed: bool | UnsetType = UNSET
    """Present, and true, if the image was no longer the one asked about, and the assessor knew."""
    flagged: bool | UnsetType = UNSET
    """Present, and true, if the assessor wants to look at the answer once more."""
    act: str | UnsetType = UNSET
    """Present if one key gave this verdict to equal answers of several models, and equal in each of them."""


class FileFacts(FileRecord, frozen=True, kw_only=True):
    """A file's bytes."""

    size: int
    sha256: str


class ImageFound(FileRecord, frozen=True, kw_only=True):
    """What a run's image was found to be, later, where that is not what the record says."""

    path: str
    """As in the result."""
    state: ImageState
    """What had become of it; `as_asked` where an earlier change was undone."""
    file: FileFacts | None = None
    """As it was found."""
    sha256: str | None = None
    """Of its decoded pixels, where they were decoded."""
    at: str
    """ISO 8601, UTC."""


class DicomFacts(FileRecord, frozen=True, kw_only=True):
    """The facts of a DICOM file that a result keeps: about the acquisition, none about the patient."""

    modality: str | None = None
    manufacturer: str | None = None
    model: str | None = None
    """Of the device."""
    photometric_interpretation: str | None = None
    frames: int | None = None
    """Number of frames according to the file's header."""


class Result(FileRecord, frozen=True, kw_only=True):
    """One model's answer to one question about one image; the first five keys match older scripts' format."""

    image: str
    """File name; `#` and its number from 1 up follow for a frame that is not the file's first."""
    category: str
    question: str
    response: str | None = None
    """The answer, without thoughts."""
    thoughts: Thoughts | UnsetType = UNSET
    """Present where the model thought before it answered, or in place of an answer."""
    time: float | None = None
    """Seconds of generation."""
    path: str
    """Relative to the data set's root where the image lies under it."""
    sha256: str | None = None
    """Of the decoded RGB pixels, with width and height (see `images.decode`)."""
    width: int | None = None
    height: int | None = None
    file: FileFacts | UnsetType = UNSET
    """Of the bytes that were decoded; absent in older runs. Frames of a file share them."""
    question_id: str
    prompt: str | None = None
    """The prompt as given to the model, with a placeholder for the image."""
    timing: Timing = Timing()
    tokens: Tokens = Tokens()
    finish: Finish | None = None
    batch_size: int | UnsetType = UNSET
    """Number of answers in its batch, itself included; present where the run allows more than one."""
    threads: int | UnsetType = UNSET
    """Number of threads that torch computed with; present for models that ran on the CPU."""
    device: str | UnsetType = UNSET
    """Which of the run's devices made it (`RunDevice.name`); present where several were to make the run."""
    memory: ResultMemory = ResultMemory()
    error: Failure | None = None
    ranking: tuple[Ranked, ...] | UnsetType = UNSET
    """Ranked labels, the likeliest first; present for models that rank instead of writing text."""
    patient: str | UnsetType = UNSET
    """Whom the image is of, by a code of the data's own; present where a references' file says it."""
    reference: str | UnsetType = UNSET
    """The expert's answer; present where the references have one."""
    other_references: dict[str, str] | UnsetType = UNSET
    """Answers of further experts, by the names of their references."""
    score: Score | UnsetType = UNSET
    """Present where the question's kind has one, and there is what it is computed against."""
    auto: AutoScore | None = None
    assessments: tuple[Assessment, ...] = ()
    dicom: DicomFacts | UnsetType = UNSET
    """Facts of the DICOM file, for a DICOM image."""

    @property
    def key(self) -> tuple[str, str]:
        """What identifies a result within its run: image path and question id."""
        return (self.path, self.question_id)

    @property
    def together(self) -> int:
        """Return the number of answers in its batch, itself included; 1 if the run does not record it."""
        return 1 if self.batch_size is UNSET else self.batch_size

    @property
    def own_time(self) -> float | None:
        """Return the seconds of generation attributed to it: its share of a batch, else all of `time`.

        Their sum is what a run took for generating, which that of `time` is not: answers made together each
        have the wait for all of them in it.
        """
        return self.time if self.timing.share is UNSET else self.timing.share
