"""One answer's score by its question's kind."""

from fada_tui.core.records import Score
from fada_tui.evaluation.rubric import Category
from fada_tui.evaluation.scoring.vocabulary import Vocabulary


def score_answer(
    vocabulary: Vocabulary, response: str, reference: str | None, *, category: Category | None = None
) -> Score | None:
    """Return the score of an answer; `None` where there is nothing to score it against.

    Args:
        vocabulary: That of the question.
        response: The answer, without thoughts.
        reference: An expert's answer; all kinds but `terms` need one. One that names none of a question's
            values, or several, is none.
        category: The rubric's category of the image, which the kind `terms` is scored by.
    """
    return None
