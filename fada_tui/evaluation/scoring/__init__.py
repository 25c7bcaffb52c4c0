"""Scores of answers by their question's kind, and the figures of a question's scores.

vocabulary = vocabulary_of(question, references)   # once for a question
score = score_answer(vocabulary, response, reference, category=rubric.category(result.category))
scores = figures_of(question, results)             # from what is stored in the results
"""

from fada_tui.evaluation.scoring.figures import figures_of
from fada_tui.evaluation.scoring.records import (
    NO_VALUE,
    SEVERAL_VALUES,
    Confusion,
    ExpertScores,
    Measured,
    QuestionScores,
    ScoreFigure,
    Unit,
)
from fada_tui.evaluation.scoring.scores import score_answer
from fada_tui.evaluation.scoring.vocabulary import Vocabulary, vocabulary_of

__all__ = [
    "NO_VALUE",
    "SEVERAL_VALUES",
    "Confusion",
    "ExpertScores",
    "Measured",
    "QuestionScores",
    "ScoreFigure",
    "Unit",
    "Vocabulary",
    "figures_of",
    "score_answer",
    "vocabulary_of",
]
