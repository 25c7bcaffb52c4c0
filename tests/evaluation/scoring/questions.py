"""Questions of each kind, as the tests of scores ask them."""

from collections.abc import Iterable
from typing import Any

from msgspec.structs import replace

from fada_tui.core.records import Question, Result, Score
from fada_tui.evaluation.scoring import (
    QuestionScores,
    ScoreFigure,
    figures_of,
    score_answer,
    vocabulary_of,
)
from tests.examples import error_result, result

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


def answered(asked: Question, rows: Iterable[tuple[Any, ...]], **fields: Any) -> list[Result]:
    """Results of (path, answer or `None` for an error, reference), and maybe a further expert's answer."""
    rows = list(rows)
    known = vocabulary_of(asked, [text for row in rows for text in row[2:] if text is not None])
    found = []
    for path, answer, reference, *others in rows:
        one = error_result(path, "q") if answer is None else result(path, "q", response=answer, **fields)
        if reference is not None:
            one = replace(one, reference=reference)
        if others and others[0] is not None:
            one = replace(one, other_references={"second": others[0]})
        if answer is not None and (score := score_answer(known, answer, reference)) is not None:
            one = replace(one, score=score)
        found.append(one)
    return found


def figures(asked: Question, rows: Iterable[tuple[Any, ...]]) -> QuestionScores:
    found = figures_of(asked, answered(asked, rows))
    assert found is not None
    return found


def figure(found: QuestionScores, key: str) -> ScoreFigure:
    return next(one for one in found.figures if one.key == key)
