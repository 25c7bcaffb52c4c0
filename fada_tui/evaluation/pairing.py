"""Outcomes of several runs side by side, of the same images (by bytes or pixels) and questions (by text).

An outcome is a share of 1: whether a person's verdict says so, or an answer's score.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from sys import intern
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from msgspec import UnsetType

from fada_tui.core.records import Question, Record, Result, Run
from fada_tui.evaluation.clusters import clusters
from fada_tui.evaluation.scoring.vocabulary import Vocabulary, vocabulary_of
from fada_tui.evaluation.verdicts import current

OutcomeKind: TypeAlias = Literal["correct", "correct_or_partial", "score"]

FIGURES: Final[Mapping[str, str]] = {
    "terms": "terms named",
    "set": "F2",
    "choice": "accuracy",
    "ordered": "exact",
    "yes_no": "accuracy",
    "text": "token F1",
}
"""What of an answer's score is compared, by the question's kind. Of `yes_no` it is whether the value is
right, since balanced accuracy, the main figure, is no mean over images."""

_FRAME = re.compile(r"#[0-9]+$")


class _Outcome(NamedTuple):
    """What became of an image's question in a run."""

    image: int
    """Its place in the run's images."""
    truth: str | None
    """What its score is held against; `None` where it cannot be scored."""
    score: float | None
    correct: float | None
    """Share of the assessors in whose verdict it is; `None` without a verdict."""
    acceptable: float | None
    """The same of correct or partial."""
    error: bool


class _Image(NamedTuple):
    """An image as a run knows it."""

    name: tuple[str, str]
    """Category and name; of several in folders below one category the path."""
    hashes: tuple[str, ...]
    """Of its file, with the frame, and of its pixels: those that are known."""
    cluster: str


class RunOutcomes(Record, frozen=True, kw_only=True):
    """What a comparison needs of a run's results: some hundred bytes each."""

    images: tuple[_Image, ...]
    questions: Mapping[str, Question]
    """By the text, white space and case aside."""
    outcomes: Mapping[str, tuple[_Outcome, ...]]
    """By the same."""

    def has(self, key: str, kind: OutcomeKind) -> bool:
        """Return whether any answer to a question has such an outcome."""
        return any(_value(one, kind) is not None for one in self.outcomes.get(key, ()))

    def failed(self, key: str, kind: OutcomeKind) -> bool:
        """Return whether errors would count as such an outcome: those that could have been scored."""
        outcomes = self.outcomes.get(key, ()) if kind == "score" else ()
        return any(one.error and one.truth is not None for one in outcomes)


class Outcomes(Record, frozen=True, kw_only=True):
    """One kind of outcome of one question, in all runs that have it. The arrays are of images × runs."""

    question: Question
    """As the first run has it."""
    kind: OutcomeKind
    figure: str
    """What of the answer counts, for people."""
    runs: tuple[int, ...]
    """Places of the runs that have such outcomes: the columns."""
    values: Any
    """0 to 1; NaN where there is none."""
    as_wrong: Any
    """The same, and 0 for an error."""
    errors: Any
    """Whether it is an error that would count."""
    truths: Any
    """A number for what each is held against."""
    clusters: tuple[int, ...]
    """A number for what each image is independent of others in."""


def same_text(text: str) -> str:
    """Return a question's text as it is compared: upper case and white space make no difference."""
    return " ".join(text.casefold().split())


def outcomes_of(run: Run) -> RunOutcomes:
    """Return a run's outcomes, by question."""
    places: dict[str, int] = {}
    first: list[Result] = []
    for result in run.results:
        if places.setdefault(result.path, len(first)) == len(first):
            first.append(result)
    alike = Counter((one.category, one.image) for one in first)
    images = tuple(
        _Image(
            (one.category, one.image) if alike[one.category, one.image] == 1 else ("", one.path),
            _hashes(one),
            cluster,
        )
        for one, cluster in zip(first, clusters(first), strict=True)
    )
    by_id: dict[str, list[Result]] = defaultdict(list)
    for result in run.results:
        by_id[result.question_id].append(result)
    questions: dict[str, Question] = {}
    for question in run.questions:
        questions.setdefault(same_text(question.text), question)
    return RunOutcomes(
        images=images,
        questions=questions,
        outcomes={key: tuple(_of_question(one, by_id[one.id], places)) for key, one in questions.items()},
    )


def _hashes(result: Result) -> tuple[str, ...]:
    """Return what tells an image from any other: frames of a file share the file's bytes."""
    frame = _FRAME.search(result.image)
    known = [f"file {result.file.sha256}{frame[0] if frame else ''}"] if result.file else []
    return (*known, f"pixels {result.sha256}") if result.sha256 else tuple(known)


def _of_question(
    question: Question, results: Sequence[Result], places: Mapping[str, int]
) -> Iterable[_Outcome]:
    terms = {one.category: _terms(one) for one in results if one.score and one.score.kind == "terms"}
    vocabulary = vocabulary_of(question, [one.reference for one in results if isinstance(one.reference, str)])
    kind, truths = question.kind, dict[str, str | None]()
    for result in results:
        error = result.response is None
        correct, acceptable = _judged(result) if result.assessments and not error else (None, None)
        score = result.score.value if result.score and result.score.kind == kind and not error else None
        if score is None and correct is None and not error:
            continue
        if kind == "terms":
            truth = terms.get(result.category)
        else:
            truth = _truth(vocabulary, result.reference, truths) if kind != "none" else None
        yield _Outcome(
            image=places[result.path],
            truth=truth,
            score=None if truth is None else score,
            correct=correct,
            acceptable=acceptable,
            error=error,
        )


def _judged(result: Result) -> tuple[float, float] | tuple[None, None]:
    """Return the share of the assessors who call an answer correct, and that of correct or partial."""
    counts = Counter(one.verdict for one in current(result.assessments) if one.verdict is not None)
    total = counts.total()
    if not total:
        return None, None
    return counts["correct"] / total, (counts["correct"] + counts["partial"]) / total


def _terms(result: Result) -> str:
    return repr(sorted((*result.score.matched, *result.score.missed))) if result.score else ""


def _truth(vocabulary: Vocabulary, reference: str | UnsetType, truths: dict[str, str | None]) -> str | None:
    """Return what an answer is scored against; `None` where it cannot be. `truths` holds those known."""
    if not isinstance(reference, str):
        return None
    if reference not in truths:
        can = vocabulary.can_score(reference)
        truths[reference] = intern(same_text(reference)) if can else None
    return truths[reference]


def aligned(runs: Sequence[RunOutcomes]) -> list[Outcomes]:
    """Return the outcomes of the runs, question by question in the order of their first appearance.

    Images are the same by their file's hash or their pixels'; one of which a run knows neither is that of
    the same category and name, if the other runs have one such image. Copies of a file within a run are one
    image with the mean of their outcomes. Scores of a question are set side by side only where it is scored
    in the same way.
    """
    units, groups = _matched(runs)
    keys = {key: None for run in runs for key in run.questions}
    found: list[Outcomes] = []
    for key in keys:
        having = [place for place, run in enumerate(runs) if key in run.questions]
        for kind in ("correct", "correct_or_partial"):
            found += _side_by_side(runs, having, key, kind, units, groups)
        scales: dict[Any, list[int]] = {}
        for place in having:
            scales.setdefault(_scale(runs[place].questions[key]), []).append(place)
        for same in scales.values():
            found += _side_by_side(runs, same, key, "score", units, groups)
    return found


def _scale(question: Question) -> tuple[object, ...]:
    """Return by what a question's answers are scored."""
    synonyms = question.synonyms or {}
    return (question.kind, question.values or (), tuple(sorted((one, synonyms[one]) for one in synonyms)))


def _matched(runs: Sequence[RunOutcomes]) -> tuple[list[list[int]], tuple[int, ...]]:
    """Return for each run the number of each of its images, and for each number that of its cluster."""
    same, named = _Sets(), defaultdict[tuple[str, str], set[str]](set)
    for run in runs:
        for image in run.images:
            for one in image.hashes[1:]:
                same.join(image.hashes[0], one)
    for run in runs:
        for image in run.images:
            if image.hashes:
                named[image.name].add(same.root(image.hashes[0]))
    numbers: dict[str, int] = {}
    units = [
        [numbers.setdefault(_unit(image, same, named), len(numbers)) for image in run.images] for run in runs
    ]
    grouped = _Sets()
    for number, run in enumerate(runs):
        for image, unit in zip(run.images, units[number], strict=True):
            grouped.join(f"unit {unit}", f"{number} {image.cluster}")
    groups: dict[str, int] = {}
    return units, tuple(
        groups.setdefault(grouped.root(f"unit {unit}"), len(groups)) for unit in range(len(numbers))
    )


def _unit(image: _Image, same: "_Sets", named: Mapping[tuple[str, str], set[str]]) -> str:
    if image.hashes:
        return same.root(image.hashes[0])
    like = named.get(image.name, set())
    return next(iter(like)) if len(like) == 1 else f"name {image.name!r}"


class _Sets:
    """Disjoint sets of names, joined one by one."""

    def __init__(self) -> None:
        self._parents: dict[str, str] = {}

    def root(self, name: str) -> str:
        """Return the name that stands for the set of a name."""
        parents = self._parents
        while (parent := parents.setdefault(name, name)) != name:
            parents[name] = parents[parent]
            name = parents[name]
        return name

    def join(self, one: str, other: str) -> None:
        """Make two names' sets one, which the first in the alphabet stands for."""
        first, second = sorted((self.root(one), self.root(other)))
        self._parents[second] = first


def _side_by_side(
    runs: Sequence[RunOutcomes],
    having: Sequence[int],
    key: str,
    kind: OutcomeKind,
    units: Sequence[Sequence[int]],
    groups: Sequence[int],
) -> list[Outcomes]:
    """Return the outcomes of a question in the runs that have any, or errors; none where none or one has."""
    import numpy

    answered = {place for place in having if runs[place].has(key, kind)}
    columns = [place for place in having if place in answered or runs[place].failed(key, kind)]
    if not answered or len(columns) < 2:
        return []
    shape = (len(groups), len(columns))
    sums, counts, errors = numpy.zeros(shape), numpy.zeros(shape), numpy.zeros(shape, dtype=bool)
    truths = numpy.full(shape, -1)
    known: dict[Any, int] = {}
    for column, place in enumerate(columns):
        held: dict[int, list[str]] = defaultdict(list)
        outcomes = runs[place].outcomes[key]
        if kind == "score":
            outcomes = tuple(one for one in outcomes if one.truth is not None)
            for one in outcomes:
                held[units[place][one.image]].append(one.truth or "")
        valued = [
            (units[place][one.image], value) for one in outcomes if (value := _value(one, kind)) is not None
        ]
        numpy.add.at(sums[:, column], [unit for unit, _ in valued], [value for _, value in valued])
        numpy.add.at(counts[:, column], [unit for unit, _ in valued], 1)
        errors[[units[place][one.image] for one in outcomes if one.error], column] = True
        for unit, against in held.items():
            truth = tuple(sorted(set(against)))
            truths[unit, column] = known.setdefault(truth, len(known))
    there = counts > 0
    errors &= ~there
    values = numpy.where(there, sums / numpy.maximum(counts, 1), numpy.nan)
    rows = (there | errors).any(axis=1)
    numbers = {
        group: number for number, group in enumerate(dict.fromkeys(numpy.asarray(groups)[rows].tolist()))
    }
    question = runs[columns[0]].questions[key]
    return [
        Outcomes(
            question=question,
            kind=kind,
            figure=FIGURES[question.kind] if kind == "score" else kind.replace("_", " "),
            runs=tuple(columns),
            values=values[rows],
            as_wrong=numpy.where(errors, 0.0, values)[rows],
            errors=errors[rows],
            truths=truths[rows],
            clusters=tuple(numbers[group] for group in numpy.asarray(groups)[rows].tolist()),
        )
    ]


def _value(one: _Outcome, kind: OutcomeKind) -> float | None:
    match kind:
        case "correct":
            return one.correct
        case "correct_or_partial":
            return one.acceptable
        case _:
            return one.score
