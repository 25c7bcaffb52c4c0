"""Records of what a run's answers were scored against, and what came of it."""

from typing import Literal

from msgspec import UNSET, UnsetType

from fada_tui.core.records.base import FileRecord


class QuestionReferences(FileRecord, frozen=True, kw_only=True):
    """How the answers of one expert to one question went with a run's results."""

    question_id: str | None = None
    """`None` for a question of the references that the run does not ask."""
    heading: str | None = None
    """What the references call it; `None` for a question of the run that they don't have."""
    matched: int
    """Results that have its reference."""
    of: int
    """Results, or planned ones, of the question in the run."""
    unmatched: int
    """Answers in the references that no result has."""


class References(FileRecord, frozen=True, kw_only=True):
    """One expert's answers to a run's questions, from a file; which of them went with what."""

    name: str
    source: str | UnsetType = UNSET
    """The absolute path of the file, where it is known."""
    sha256: str
    """Of the file's bytes."""
    matched: int
    """Results that have a reference."""
    of: int
    """Results of the run, made or planned, of all its questions."""
    unmatched: tuple[str, ...] = ()
    """Images of the file, as it calls them, that are not the run's."""
    questions: tuple[QuestionReferences, ...] = ()
    """First the run's questions, then those that only the file has."""
    remarks: tuple[str, ...] = ()
    """What in the file was read as something else than it may seem, or counted twice; a line each."""
    others: "tuple[References, ...] | UnsetType" = UNSET
    """Those of further experts."""


class ConstantAnswer(FileRecord, frozen=True, kw_only=True):
    """The figure that one and the same answer would have, given for every image."""

    answer: str
    value: float


class QuestionSimilarity(FileRecord, frozen=True, kw_only=True):
    """What the cosines of a question's answers are held against."""

    question_id: str
    majority: ConstantAnswer
    """The reference that is nearest to all references."""
    commonest: ConstantAnswer | None
    """The model's own most frequent answer; `None` where no answer comes twice."""


class Similarity(FileRecord, frozen=True, kw_only=True):
    """By which embeddings the similarity of answers and references was computed."""

    model: str
    """Hub id or folder of a sentence-transformers model."""
    questions: tuple[QuestionSimilarity, ...]


class ScoredFigure(FileRecord, frozen=True, kw_only=True):
    """A figure of a question's scores, over its answers."""

    question_id: str
    key: str
    """`accuracy`, `f_beta` …; the first of a question is its main one."""
    name: str
    """As people call it."""
    value: float | None
    """0 to 1, or steps for `mean_distance`; `None` where there is nothing to compute it of."""
    n: int
    """Answers that it is of."""
    low: float | None = None
    """Bounds of its 95 % interval, where it has one."""
    high: float | None = None
    majority: ConstantAnswer | None = None
    """The constant answer that would have the best value."""
    commonest: ConstantAnswer | None = None
    """The model's own most frequent answer."""


class Scoring(FileRecord, frozen=True, kw_only=True):
    """By what a run's answers were scored."""

    rubric: str
    rubric_sha256: str
    """Of its contents."""
    questions_sha256: str
    """Of the questions' kinds, values and synonyms."""
    references_sha256: tuple[str, ...] = ()
    """Of the references' files, the first expert's first."""
    figures: tuple[ScoredFigure, ...] = ()
    """What came of it, by question."""
    similarity: Similarity | UnsetType = UNSET
    """Present where embeddings were asked for."""


class Looking(FileRecord, frozen=True, kw_only=True):
    """Whether a model's answers to one question depend on the image that it was asked about."""

    question_id: str
    finding: str
    """`one_answer`: one and the same for (nearly) all images, though the right ones differ or are not known.
    `evidence`: they go with the images. `no_evidence`: that could not be shown. `untestable`: too few images,
    one category, or nearly every answer worded differently."""
    answer: str | None = None
    """The commonest answer, as it was mostly given, or what all answers name in different words; `None`
    without answers."""
    count: int
    """Images that got it."""
    images: int
    """Images that got an answer."""
    by: Literal["score", "category"] | None = None
    """What was tested: the score against that of answers dealt to other images, or the answers' mutual
    information with the images' categories; `None` where nothing was."""
    observed: float | None = None
    """The mean score, or the mutual information in bits."""
    expected: float | None = None
    """Its mean over the deals."""
    p: float | None = None
    """Share of the deals that came to as much, the real one counted among them."""
    deals: int | None = None
    dealt: int | None = None
    """Images whose answers were dealt: frames of one file, files of one hash and images of one patient count
    as one, and of very many images some are drawn."""
    reason: str | None = None
    """Why it cannot be tested."""
