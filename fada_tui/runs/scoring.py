"""Scoring the answers of a run: by its questions' kinds, against references and the rubric."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from fada_tui.config.rubrics import RUBRICS, load_rubric
from fada_tui.core.errors import UsageError
from fada_tui.core.records import (
    SCORE_KINDS,
    Question,
    References,
    Result,
    Run,
    ScoredFigure,
    Scoring,
)
from fada_tui.evaluation.auto import score
from fada_tui.evaluation.categories import meaning
from fada_tui.evaluation.rubric import Category, Rubric
from fada_tui.evaluation.scoring import Vocabulary, figures_of, score_answer, vocabulary_of
from fada_tui.report.units import count
from fada_tui.runs.references import with_answers

DEFAULT_RUBRIC = "fada"


def rubric_of(run: Run) -> str:
    """Return what names a run's rubric: the plan while it has one, else what it was scored by."""
    if run.plan is not UNSET:
        return run.plan.rubric
    if run.scoring is not UNSET:
        return run.scoring.rubric
    return next((result.auto.rubric for result in run.results if result.auto), DEFAULT_RUBRIC)


def with_scores(run: Run) -> tuple[Run, tuple[str, ...]]:
    """Return the run with scores for the answers that have none, and why it has none where that is so.

    Answers that were scored keep their scores. New ones are scored only by what those were scored by: a
    rubric that has changed since scores nothing until a person asks for all to be scored by it.
    """
    if run.plan is not UNSET and run.references is not UNSET:
        run = replace(run, results=with_answers(run.results, run.plan.images))
    waiting = sum(result.response is not None and result.auto is None for result in run.results)
    if not waiting or run.classes is not UNSET:
        return run, ()
    source = rubric_of(run)
    try:
        rubric = load_rubric(source)
    except UsageError as error:
        return run, (_unscored(run, waiting, str(error)),)
    by = scoring_by(run, source, rubric)
    before = run.scoring if any(result.auto is not None for result in run.results) else UNSET
    if before is not UNSET and before.rubric_sha256 != by.rubric_sha256:
        return run, (_unscored(run, waiting, f"the rubric '{source}' has changed since others were scored"),)
    return scored(run, rubric, by), ()


def without_scores(run: Run) -> Run:
    """Return the run with nothing scored; its references stay, and what only a newer version can score."""
    newer = newer_kinds(run.questions)
    results = tuple(
        replace(result, auto=None, score=result.score if result.question_id in newer else UNSET)
        for result in run.results
    )
    figures = _figures_of(run, newer)
    kept = replace(run.scoring, figures=figures, similarity=UNSET) if run.scoring and figures else UNSET
    return replace(run, results=results, scoring=kept, looking=UNSET)


def scored(run: Run, rubric: Rubric, by: Scoring) -> Run:
    """Return the run with scores for the answers that have none.

    A model that sorts images says the names of its classes and nothing else: its answers are not scored.
    """
    if run.classes is not UNSET:
        return run
    aliases = run.dataset.aliases or {}
    meant = {name: meaning(name, aliases) for name in {result.category for result in run.results}}
    categories = {name: rubric.category(category) for name, category in meant.items()}
    vocabularies = {
        question.id: vocabulary_of(question, list(_references(run, question)))
        for question in run.questions
        if question.kind != "none"
    }
    results = tuple(
        _scored(
            result,
            vocabularies.get(result.question_id),
            meant[result.category],
            categories[result.category],
            rubric,
        )
        for result in run.results
    )
    found = (*_figures(run.questions, results, categories), *_figures_of(run, newer_kinds(run.questions)))
    if run.scoring and run.scoring.similarity:
        # Of the answers that there were: its figures say of how many, and it is computed only when asked for.
        by = replace(by, similarity=run.scoring.similarity)
        found += tuple(one for one in run.scoring.figures if one.key == "similarity")
    return replace(run, results=results, scoring=replace(by, figures=found), looking=UNSET)


def newer_kinds(questions: Sequence[Question]) -> frozenset[str]:
    """Return the ids of questions whose kinds only a newer version knows."""
    return frozenset(one.id for one in questions if one.score and one.score not in SCORE_KINDS)


def _figures_of(run: Run, question_ids: frozenset[str]) -> tuple[ScoredFigure, ...]:
    figures = run.scoring.figures if run.scoring else ()
    return tuple(one for one in figures if one.question_id in question_ids and one.key != "similarity")


def _figures(
    questions: Sequence[Question], results: Sequence[Result], categories: Mapping[str, Category | None]
) -> Iterator[ScoredFigure]:
    """Yield the figures of each question's scores, the main one first."""
    for question in questions:
        scores = figures_of(question, results, category_of=categories.get)
        for figure in scores.figures if scores else ():
            bounds = figure.answered.interval
            yield ScoredFigure(
                question_id=question.id,
                key=figure.key,
                name=figure.name,
                value=figure.answered.value,
                n=figure.answered.n,
                low=bounds.low if bounds else None,
                high=bounds.high if bounds else None,
                majority=figure.majority,
                commonest=figure.commonest,
            )


def scoring_by(run: Run, source: str, rubric: Rubric) -> Scoring:
    """Return by what a run's answers are scored now."""
    references: References | None = run.references or None
    files = (references, *(references.others or ())) if references else ()
    kinds = [[one.id, one.score, one.values, one.synonyms, one.context] for one in run.questions]
    return Scoring(
        rubric=RUBRICS.source(source),
        rubric_sha256=_hash(rubric),
        questions_sha256=_hash([[None if part is UNSET else part for part in kind] for kind in kinds]),
        references_sha256=tuple(file.sha256 for file in files),
    )


def category_of(run: Run) -> Callable[[str], Category | None] | None:
    """Return what gives the rubric's category of a result's; `None` where it isn't needed, or not the same.

    Only the rubric that a run was scored by says what its scores are worth.
    """
    if run.scoring is UNSET or not any(question.kind == "terms" for question in run.questions):
        return None
    try:
        rubric = load_rubric(run.scoring.rubric)
    except UsageError:
        return None
    if _hash(rubric) != run.scoring.rubric_sha256:
        return None
    aliases = run.dataset.aliases or {}
    return cache(lambda category: rubric.category(meaning(category, aliases)))


def _scored(
    result: Result, vocabulary: Vocabulary | None, meant: str, category: Category | None, rubric: Rubric
) -> Result:
    if result.response is None or result.auto is not None:
        return result
    auto = score(result.response, meant, rubric, question=result.question)
    by_kind = None
    if vocabulary is not None:
        by_kind = score_answer(vocabulary, result.response, result.reference or None, category=category)
    return replace(result, auto=auto, score=by_kind or result.score)


def _references(run: Run, question: Question) -> Iterator[str]:
    """Yield all experts' answers to a question, those of planned images too."""
    for result in run.results:
        if result.question_id == question.id:
            if result.reference is not UNSET:
                yield result.reference
            yield from (result.other_references or {}).values()
    for image in () if run.plan is UNSET else run.plan.images:
        for answers in (image.references or {}, *(image.other_references or {}).values()):
            if question.id in answers:
                yield answers[question.id]


def _unscored(run: Run, waiting: int, why: str) -> str:
    return f"not scored: {count(waiting, 'answer')} of {run.id}: {why}; fada-tui rescore {run.id} scores all"


def _hash(content: object) -> str:
    return hashlib.sha256(msgspec.json.encode(content)).hexdigest()
