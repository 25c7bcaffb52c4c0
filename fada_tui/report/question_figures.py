"""The figures of each question of a run, computed once for all sections of its page."""

from collections.abc import Callable, Iterable
from typing import TypeAlias

from msgspec import UNSET

from fada_tui.core.records import Looking, Question, Record, Result, Run
from fada_tui.evaluation.classification import true_classes
from fada_tui.evaluation.constant_answers import Alike, alike
from fada_tui.evaluation.rubric import Category
from fada_tui.evaluation.scoring import QuestionScores, figures_of
from fada_tui.evaluation.verdicts import Tally, tally

CategoryOf: TypeAlias = Callable[[str], Category | None]
"""From a result's category to the rubric's."""


class QuestionFigures(Record, frozen=True, kw_only=True):
    """What is known of the answers to one question."""

    question: Question
    scores: QuestionScores | None
    """`None` if its kind has none, or nothing could be scored."""
    tally: Tally
    """Of people's verdicts."""
    alike: Alike
    """How far the answers are one and the same."""
    looking: Looking | None = None
    """Whether the answers go with the images; `None` where that was not tested."""

    @property
    def label(self) -> str:
        """Return what the question is called in tables, as it was written."""
        return self.question.short or self.question.id


def question_figures(run: Run, category_of: CategoryOf | None = None) -> tuple[QuestionFigures, ...]:
    """Return the figures of each of a run's questions, in their order.

    A model that sorts images was asked none, and has those of the one that its results are filed under.

    Args:
        run: The run.
        category_of: As for `figures_of`.
    """
    results: dict[str, list[Result]] = {question.id: [] for question in run.questions}
    for result in run.results:
        if result.question_id in results:
            results[result.question_id].append(result)
    same = {one.question_id: one for one in alike([*results], run.results, right_answers(run))}
    tested = {one.question_id: one for one in run.looking or ()}
    return tuple(
        QuestionFigures(
            question=question,
            scores=None
            if run.scoring is UNSET
            else figures_of(question, results[question.id], category_of=category_of),
            tally=tally(results[question.id]),
            alike=same[question.id],
            looking=tested.get(question.id),
        )
        for question in run.questions
    )


def right_answers(run: Run) -> Callable[[Result], str | None]:
    """Return what gives the right answer of a result: an expert's, or for classes that of its folder."""
    if run.classes is not UNSET:
        categories = {result.category for result in run.results}
        classes = true_classes(categories, run.classes, run.dataset.aliases or {})
        return lambda result: found.name if (found := classes[result.category]) else None
    return lambda result: None if result.reference is UNSET else result.reference


def kinds(questions: Iterable[Question]) -> dict[str, int]:
    """Return the number of questions of each kind, in the order of their first appearance."""
    counts: dict[str, int] = {}
    for question in questions:
        counts[question.kind] = counts.get(question.kind, 0) + 1
    return counts
