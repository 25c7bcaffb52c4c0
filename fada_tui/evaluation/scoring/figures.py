"""The figures of a question's scores, from the scores that its results have."""

from collections import Counter
from collections.abc import Iterable, Sequence

from fada_tui.core.records import ConstantAnswer, Question, Result, Score
from fada_tui.evaluation.clusters import clusters
from fada_tui.evaluation.scoring.constants import CategoryOf, commonest_answer, majority, of_constant
from fada_tui.evaluation.scoring.measures import Measure, Row, answered_value, measured, measures_of
from fada_tui.evaluation.scoring.records import (
    NO_VALUE,
    SEVERAL_VALUES,
    Confusion,
    ExpertScores,
    QuestionScores,
    ScoreFigure,
)
from fada_tui.evaluation.scoring.scores import score_answer
from fada_tui.evaluation.scoring.vocabulary import Vocabulary, vocabulary_of


def figures_of(
    question: Question, results: Iterable[Result], *, category_of: CategoryOf | None = None
) -> QuestionScores | None:
    """Return the figures of a question; `None` if its kind has none or no result can be scored.

    The model's answers count by the scores that their results hold; their references serve for what constant
    answers and experts would have. The order of the results makes no difference.

    Args:
        question: The question.
        results: Those of a run; results of other questions are left out.
        category_of: The rubric's category of a result's, for the kind `terms`: without it, errors of
            categories that have no answer are not counted, and the model's commonest answer has no figure.
    """
    own = [result for result in results if result.question_id == question.id]
    vocabulary = vocabulary_of(question, _references(own))
    measures = measures_of(vocabulary)
    if not measures:
        return None
    rows, unusable = _rows(vocabulary, own, category_of)
    if not rows:
        return None
    truths = Counter(row.truth for row in rows)
    commonest = commonest_answer(result.response for result in own if result.response is not None)
    return QuestionScores(
        question_id=question.id,
        kind=question.kind,
        figures=tuple(
            _figure(measure, vocabulary, rows, truths, commonest, category_of) for measure in measures
        ),
        references=len(rows),
        unusable=unusable,
        errors=sum(row.score is None for row in rows),
        confusion=_confusion(vocabulary, rows),
        experts=_experts(measures[0], vocabulary, own),
    )


def _references(results: Iterable[Result]) -> Iterable[str]:
    for result in results:
        if isinstance(result.reference, str):
            yield result.reference
        yield from (result.other_references or {}).values()


def _rows(
    vocabulary: Vocabulary, results: Sequence[Result], category_of: CategoryOf | None
) -> tuple[list[Row], int]:
    """Return the results that count, and how many have a reference that cannot be used."""
    kind, rows, unusable = vocabulary.question.kind, [], 0
    with_terms = {one.category for one in results if one.score and one.score.kind == "terms"}
    for result, cluster in zip(results, clusters(results), strict=True):
        if kind == "terms":
            category = category_of(result.category) if category_of else None
            if not (category.terms if category else result.category in with_terms):
                continue
            truth: str | None = result.category
        elif not isinstance(result.reference, str):
            continue
        else:
            truth = truth_of(vocabulary, result.reference)
        if truth is None:
            unusable += 1
        elif result.response is None:
            rows.append(Row(cluster, truth, None))
        elif result.score and _is_of(result.score, vocabulary, truth):
            rows.append(Row(cluster, truth, result.score))
    return rows, unusable


def _is_of(score: Score, vocabulary: Vocabulary, truth: str) -> bool:
    """Return whether a score is by the question as it is: one by other kinds or values is left out."""
    if score.kind != vocabulary.question.kind:
        return False
    if not _has_confusion(vocabulary):
        return True
    return (*score.matched, *score.missed) == (truth,) and set(score.extra) <= set(vocabulary.values)


def truth_of(vocabulary: Vocabulary, reference: str) -> str | None:
    """Return what is right by a reference: its value, for kinds that have values, else itself."""
    if not vocabulary.can_score(reference):
        return None
    return vocabulary.value(reference) if _has_confusion(vocabulary) else reference


def _has_confusion(vocabulary: Vocabulary) -> bool:
    return vocabulary.question.kind in ("choice", "ordered", "yes_no")


def _figure(
    measure: Measure,
    vocabulary: Vocabulary,
    rows: Sequence[Row],
    truths: Counter[str],
    commonest: str | None,
    category_of: CategoryOf | None,
) -> ScoreFigure:
    answered = [row for row in rows if row.score is not None]
    of_answered = measured(measure, answered)
    own = of_constant(measure, vocabulary, commonest, truths, category_of) if commonest is not None else None
    return ScoreFigure(
        key=measure.key,
        name=measure.name,
        unit=measure.unit,
        answered=of_answered,
        asked=of_answered
        if answered == rows and not measure.of_asked
        else measured(measure, rows, asked=True),
        majority=majority(measure, vocabulary, truths, category_of),
        commonest=None if own is None else ConstantAnswer(answer=commonest or "", value=own),
    )


def _confusion(vocabulary: Vocabulary, rows: Sequence[Row]) -> Confusion | None:
    if not _has_confusion(vocabulary):
        return None
    said = (*vocabulary.values, NO_VALUE, SEVERAL_VALUES)
    counts = Counter((answered_value(row.score), row.truth) for row in rows if row.score is not None)
    return Confusion(
        references=vocabulary.values,
        answers=said,
        counts=tuple(tuple(counts[answer, truth] for truth in vocabulary.values) for answer in said),
    )


def _experts(measure: Measure, vocabulary: Vocabulary, results: Sequence[Result]) -> tuple[ExpertScores, ...]:
    images = clusters(results)
    names = sorted({name for result in results for name in result.other_references or {}})
    found = []
    for name in names:
        by_model, by_first = [], []
        for result, cluster in zip(results, images, strict=True):
            other = (result.other_references or {}).get(name)
            if other is None:
                continue
            by_model += _compared(vocabulary, cluster, result.response, other)
            if isinstance(result.reference, str):
                by_first += _compared(vocabulary, cluster, other, result.reference)
        found.append(
            ExpertScores(name=name, model=measured(measure, by_model), agreement=measured(measure, by_first))
        )
    return tuple(found)


def _compared(vocabulary: Vocabulary, cluster: str, answer: str | None, reference: str) -> list[Row]:
    truth = truth_of(vocabulary, reference)
    if answer is None or truth is None:
        return []
    score = score_answer(vocabulary, answer, reference)
    return [] if score is None else [Row(cluster, truth, score)]
