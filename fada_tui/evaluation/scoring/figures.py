"""The figures of a question's scores, from the scores that its results have."""

from collections.abc import Callable, Iterable

from fada_tui.core.records import Question, Result
from fada_tui.evaluation.rubric import Category
from fada_tui.evaluation.scoring.records import QuestionScores

CategoryOf = Callable[[str], Category | None]
"""From a result's category to the rubric's."""


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
    return None
