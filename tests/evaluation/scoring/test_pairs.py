"""What answers score against others' references, held against the score of one answer."""

from collections.abc import Sequence

import pytest

from fada_tui.core.records import Question
from fada_tui.evaluation.rubric import Category
from fada_tui.evaluation.scoring import score_answer, vocabulary_of
from fada_tui.evaluation.scoring.pairs import score_pairs
from tests.evaluation.scoring.questions import AGES, LIE, NORMAL, question

LISTS = (
    "stomach, liver",
    "Liver; spine and stomach bubble",
    "none",
    "",
    "spine",
    "no liver",
    "I cannot say.",
)
TEXTS = ("a four-chamber view", "The 4CV, the view", "view view view", "", "the", "Nothing of it.")
CATEGORIES = {
    "Heart": Category(name="Heart", terms=(("heart", "cardiac"), ("lung",), ("four-chamber view",))),
    "Chest": Category(name="Chest", terms=(("heart", "cardiac"), ("rib",))),
    "Head": Category(name="Head", terms=(("skull", "head"), ("mid-line", "falx"), ("d'arc",))),
}


@pytest.mark.parametrize(
    ("asked", "answers", "truths"),
    [
        (question("set", synonyms={"stomach": ("stomach bubble",)}), LISTS, LISTS[:6]),
        (question("text", synonyms={"four-chamber view": ("4CV",)}), TEXTS, TEXTS),
        (question("choice", values=LIE), (*LIE, "cephalic or breech", "what?", ""), LIE),
        (question("ordered", values=AGES), ("12 weeks", "15-19 weeks", "about 26 weeks", "old"), AGES),
        (question("yes_no", values=NORMAL), ("no abnormality", "Yes.", "abnormal!", "", "normal"), NORMAL),
    ],
    ids=lambda one: one.kind if isinstance(one, Question) else "",
)
def test_they_are_what_one_answer_scores(
    asked: Question, answers: Sequence[str], truths: Sequence[str]
) -> None:
    vocabulary = vocabulary_of(asked, truths)
    found = score_pairs(vocabulary, answers, truths)
    for row, answer in enumerate(answers):
        for column, truth in enumerate(truths):
            score = score_answer(vocabulary, answer, truth)
            assert score is not None
            assert found[row, column] == pytest.approx(score.value, abs=1e-12), (answer, truth)


def test_terms_go_by_the_category_of_the_image_that_an_answer_is_dealt_to() -> None:
    vocabulary = vocabulary_of(question("terms", "Is there a skull?"), ())
    answers = ("The hearts and lungs.", "no heart; a rib", "A skull with its midline", "D'Arc, mid line", "")
    found = score_pairs(vocabulary, answers, [*CATEGORIES], CATEGORIES.get)
    for row, answer in enumerate(answers):
        for column, category in enumerate(CATEGORIES.values()):
            score = score_answer(vocabulary, answer, None, category=category)
            assert score is not None
            assert found[row, column] == pytest.approx(score.value, abs=1e-12), (answer, category.name)


def test_more_words_than_are_multiplied_at_once() -> None:
    vocabulary = vocabulary_of(question("text"), ())
    long = " ".join(f"word{number}" for number in range(2500))
    found = score_pairs(vocabulary, [long, "word0 word2499"], [long, "word2000 other"])
    assert found.ravel().tolist() == pytest.approx([1.0, 2 / 2502, 4 / 2502, 0.0])
