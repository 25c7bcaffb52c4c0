"""Questions of each kind, as the tests of scores ask them."""

from typing import Any

from fada_tui.core.records import Question, Score
from fada_tui.evaluation.scoring import score_answer, vocabulary_of

LIE = ("cephalic", "breech", "transverse", "not assessable")
AGES = ("11-14 weeks", "15-19 weeks", "20-24 weeks", "25-30 weeks")
QUALITY = ("poor", "fair", "good")
NORMAL = ("normal", "abnormal")


def question(kind: str, text: str = "What of it?", **fields: Any) -> Question:
    return Question(id="q", text=text, score=kind, **fields)


def scored(asked: Question, answer: str, reference: str, *others: str) -> Score:
    found = score_answer(vocabulary_of(asked, (reference, *others)), answer, reference)
    assert found is not None
    return found
