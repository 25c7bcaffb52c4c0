"""The best constant answer against all there are, and the commonest answer's own figures."""

import itertools
import random
from collections import Counter

import pytest

from fada_tui.evaluation.scoring.constants import commonest_answer, majority, of_constant
from fada_tui.evaluation.scoring.measures import measures_of
from fada_tui.evaluation.scoring.vocabulary import vocabulary_of
from tests.evaluation.scoring.questions import AGES, LIE, NORMAL, figure, figures, question

ITEMS = ("aorta", "liver", "stomach", "spine", "rib", "heart")


@pytest.mark.parametrize(("kind", "values"), [("choice", LIE), ("ordered", AGES), ("yes_no", NORMAL)])
@pytest.mark.parametrize("seed", range(5))
def test_no_value_is_a_better_constant_answer(kind: str, values: tuple[str, ...], seed: int) -> None:
    draw = random.Random(seed)
    truths = Counter(draw.choices(values, [draw.random() for _ in values], k=30))
    if len(truths) < 2:
        truths.update(values)
    known = vocabulary_of(question(kind, values=values), truths)
    for measure in measures_of(known):
        best = majority(measure, known, truths)
        every = [
            of_constant(measure, known, value, truths) for value in (*values, "no idea", "; ".join(values))
        ]
        tried = [one for one in every if one is not None]
        assert best is not None
        assert best.value == (min(tried) if measure.unit == "steps" else max(tried))
        assert best.value == of_constant(measure, known, best.answer, truths)


@pytest.mark.parametrize("seed", range(25))
def test_no_set_is_a_better_constant_answer(seed: int) -> None:
    draw = random.Random(seed)
    likely = [draw.random() for _ in ITEMS]
    sets = [
        ", ".join(item for item, chance in zip(ITEMS, likely, strict=True) if draw.random() < chance * 0.8)
        or "none"
        for _ in range(15)
    ]
    truths = Counter(sets)
    known = vocabulary_of(question("set", values=ITEMS), truths)
    (measure,) = measures_of(known)
    best = majority(measure, known, truths)
    every = [
        of_constant(measure, known, ", ".join(chosen) or "none", truths)
        for size in range(len(ITEMS) + 1)
        for chosen in itertools.combinations(ITEMS, size)
    ]
    assert best is not None
    assert best.value == pytest.approx(max(value for value in every if value is not None), abs=1e-12)
    assert of_constant(measure, known, best.answer, truths) == pytest.approx(best.value, abs=1e-12)


@pytest.mark.parametrize("seed", range(10))
def test_no_reference_text_is_a_better_constant_answer(seed: int) -> None:
    draw = random.Random(seed)
    words = ("routine", "follow-up", "refer", "for", "a", "scan", "Scan", "repeat")
    truths = Counter(" ".join(draw.choices(words, k=draw.randint(0, 6))) for _ in range(40))
    known = vocabulary_of(question("text"), truths)
    for measure in measures_of(known):
        best = majority(measure, known, truths)
        every = [of_constant(measure, known, text, truths) for text in truths]
        assert best is not None
        assert best.value == pytest.approx(max(one for one in every if one is not None), abs=1e-12)
        assert of_constant(measure, known, best.answer, truths) == pytest.approx(best.value, abs=1e-12)


def test_the_commonest_answer_is_the_same_but_for_case_spaces_and_end_marks() -> None:
    assert commonest_answer(["Good.", "good", " GOOD ", "fair", "fair"]) in ("Good.", "good", "GOOD")
    assert commonest_answer(["b", "a", "b", "a"]) == "a"
    assert commonest_answer([]) is None
    assert commonest_answer(["one", "two"]) is None
    assert commonest_answer(["one"]) == "one"


def test_a_model_that_says_the_same_each_time_has_its_commonest_answer_s_figures() -> None:
    rows = [(f"A/{place}.png", "Breech." if place else "breech", LIE[place % 2]) for place in range(9)]
    found = figures(question("choice", values=LIE), rows)
    for one in found.figures:
        assert one.commonest is not None and one.commonest.value == one.answered.value
    assert found.main.commonest is not None and found.main.commonest.answer == "Breech."
    assert found.main.majority is not None and found.main.majority.answer == "cephalic"
    assert figure(found, "accuracy").majority == found.main.majority
