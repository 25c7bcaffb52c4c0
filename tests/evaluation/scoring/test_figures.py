"""Figures of scored results: against scikit-learn's, and what must always hold."""

import random
import warnings
from typing import Any

import pytest
from msgspec.structs import replace
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    confusion_matrix,
    f1_score,
    fbeta_score,
    recall_score,
)

from fada_tui.core.records import Question, Score
from fada_tui.evaluation.rubric import Category
from fada_tui.evaluation.scoring import (
    NO_VALUE,
    SEVERAL_VALUES,
    Measured,
    QuestionScores,
    figures_of,
    score_answer,
    vocabulary_of,
)
from fada_tui.evaluation.statistics import wilson
from tests.evaluation.scoring.questions import (
    AGES,
    LIE,
    NORMAL,
    QUALITY,
    answered,
    figure,
    figures,
    question,
)
from tests.examples import error_result, result

Rows = list[tuple[Any, ...]]
ITEMS = ("aorta", "liver", "stomach", "spine", "rib")
ODD = ("no idea", "|".join(LIE[:2]))
"""Answers without a value, and with several."""


def drawn(values: tuple[str, ...], seed: int, number: int = 60, odd: tuple[str, ...] = ODD) -> Rows:
    """Answers and references, each of an image of its own, more often right than not."""
    draw = random.Random(seed)
    rows: Rows = []
    for place in range(number):
        truth = draw.choices(values, range(1, len(values) + 1))[0]
        said = truth if draw.random() < 0.5 else draw.choice((*values, *odd))
        rows.append((f"A/{place}.png", said, truth))
    return rows


def labels(rows: Rows, values: tuple[str, ...]) -> tuple[list[str], list[str]]:
    said = [row[1] if row[1] in values else SEVERAL_VALUES if "|" in row[1] else NO_VALUE for row in rows]
    return [row[2] for row in rows], said


@pytest.mark.parametrize("seed", range(12))
def test_a_choice_s_figures_are_scikit_learn_s(seed: int) -> None:
    rows = drawn(LIE, seed, number=5 + 10 * seed)
    truth, said = labels(rows, LIE)
    found = figures(question("choice", values=LIE), rows)
    with_references = sorted(set(truth))
    f1 = f1_score(truth, said, labels=with_references, average="macro", zero_division=0)
    assert found.main.answered.value == pytest.approx(accuracy_score(truth, said), abs=1e-9)
    assert figure(found, "macro_f1").answered.value == pytest.approx(f1, abs=1e-9)
    order = [*LIE, NO_VALUE, SEVERAL_VALUES]
    theirs = confusion_matrix(truth, said, labels=order).T.tolist()
    assert found.confusion is not None
    assert found.confusion.answers == tuple(order) and found.confusion.references == LIE
    assert [list(row) for row in found.confusion.counts] == [row[: len(LIE)] for row in theirs]
    assert found.confusion.without_value == said.count(NO_VALUE)
    assert found.confusion.several_values == said.count(SEVERAL_VALUES)


@pytest.mark.parametrize("seed", range(12))
def test_a_yes_or_no_s_figures_are_scikit_learn_s(seed: int) -> None:
    rows = drawn(NORMAL, seed, odd=("no idea",))
    truth, said = labels(rows, NORMAL)
    found = figures(question("yes_no", values=NORMAL), rows)
    assert [one.key for one in found.figures] == ["balanced_accuracy", "sensitivity", "specificity"]
    each = recall_score(truth, said, labels=list(NORMAL), average=None, zero_division=0)
    ours = [figure(found, key).answered for key in ("specificity", "sensitivity")]
    assert [one.value for one in ours] == pytest.approx(list(each), abs=1e-9)
    assert [one.n for one in ours] == [truth.count(value) for value in NORMAL]
    for one in ours:
        assert one.value is not None and one.interval == wilson(one.value * one.n, one.n)
    with warnings.catch_warnings(action="ignore"):  # that an answer is of no class
        theirs = balanced_accuracy_score(truth, said)
    assert found.main.answered.value == pytest.approx(theirs, abs=1e-9)
    assert found.main.majority is not None and found.main.majority.value == 0.5
    bounds = found.main.answered.interval
    assert bounds is not None and bounds.low < theirs < bounds.high


@pytest.mark.parametrize("seed", range(12))
def test_an_ordered_question_s_figures_by_hand(seed: int) -> None:
    rows = drawn(QUALITY, seed, odd=("no idea", "fair to good"))
    found = figures(question("ordered", values=QUALITY), rows)
    far = [abs(QUALITY.index(said) - QUALITY.index(truth)) for _, said, truth in rows if said in QUALITY]
    assert figure(found, "exact").answered.value == pytest.approx(far.count(0) / len(rows), abs=1e-9)
    within = sum(steps <= 1 for steps in far) / len(rows)
    assert figure(found, "within_one").answered.value == pytest.approx(within, abs=1e-9)
    distance = figure(found, "mean_distance")
    assert distance.unit == "steps" and distance.answered.n == len(far)
    assert distance.answered.value == pytest.approx(sum(far) / len(far), abs=1e-9)
    furthest = [
        max(QUALITY.index(row[2]), 2 - QUALITY.index(row[2])) for row in rows if row[1] not in QUALITY
    ]
    assert distance.asked.n == len(rows)
    assert distance.asked.value == pytest.approx((sum(far) + sum(furthest)) / len(rows), abs=1e-9)


@pytest.mark.parametrize("seed", range(6))
def test_a_set_s_mean_is_scikit_learn_s(seed: int) -> None:
    draw, rows, binary = random.Random(seed), [], []
    for place in range(40):
        said, truth = ([item for item in ITEMS if draw.random() < 0.5] or ["rib"] for _ in "ab")
        rows.append((f"A/{place}.png", ", ".join(said), ", ".join(truth)))
        binary.append([[item in own for item in ITEMS] for own in (truth, said)])
    theirs = fbeta_score(*map(list, zip(*binary, strict=True)), beta=2, average="samples", zero_division=0)
    found = figures(question("set"), rows).main.answered
    assert found.value == pytest.approx(theirs, abs=1e-9) and found.n == 40


def every_kind(seed: int) -> list[tuple[Question, Rows]]:
    draw = random.Random(seed)
    sets: Rows = [
        (f"A/{place}.png", *(", ".join(item for item in ITEMS if draw.random() < 0.4) for _ in "ab"))
        for place in range(30)
    ]
    return [
        (question("choice", values=LIE), drawn(LIE, seed)),
        (question("ordered", values=AGES), drawn(AGES, seed)),
        (question("yes_no", values=NORMAL), drawn(NORMAL, seed)),
        (question("set", values=ITEMS), sets),
        (question("text"), sets),
    ]


def measures(found: QuestionScores) -> list[tuple[str, float, Measured]]:
    return [
        (one.key, 3.0 if one.unit == "steps" else 1.0, measured)
        for one in found.figures
        for measured in (one.answered, one.asked)
    ]


@pytest.mark.parametrize("seed", range(4))
def test_figures_lie_within_their_intervals_and_bounds_in_any_order(seed: int) -> None:
    for asked, rows in every_kind(seed):
        rows = [
            (path, None if place % 9 == 8 else said, truth) for place, (path, said, truth) in enumerate(rows)
        ]
        found = figures(asked, rows)
        for _, largest, one in measures(found):
            assert one.value is not None and one.interval is not None and one.reason is None
            assert 0 <= one.interval.low <= one.value <= one.interval.high <= largest
        assert found.references == len(rows) and found.errors == len(rows) // 9
        assert figures(asked, rows[::-1]) == found


def test_errors_count_among_all_that_was_asked_alone() -> None:
    rows: Rows = [
        ("A/1.png", "breech", "breech"),
        ("A/2.png", "cephalic", "breech"),
        ("A/3.png", None, "breech"),
    ]
    found = figures(question("choice", values=LIE), rows).main
    assert (found.answered.value, found.answered.n) == (1 / 2, 2)
    assert (found.asked.value, found.asked.n) == (1 / 3, 3)
    only = figures(question("choice", values=LIE), [("A/1.png", None, "breech")]).main
    assert (only.answered.value, only.answered.n, only.answered.reason) == (None, 0, "no answers")
    assert only.asked.value == 0 and only.commonest is None
    assert only.majority is not None and (only.majority.answer, only.majority.value) == ("breech", 1)


def test_nothing_to_score_has_no_figures() -> None:
    choice = question("choice", values=LIE)
    assert figures_of(choice, []) is None
    assert figures_of(choice, answered(choice, [("A/1.png", "breech", None)])) is None
    assert figures_of(question("none"), answered(choice, [("A/1.png", "breech", "breech")])) is None
    other = [result("A/1.png", "another", reference="breech")]
    assert figures_of(choice, other) is None


def test_references_without_one_value_are_counted_and_not_scored() -> None:
    rows: Rows = [
        ("A/1.png", "breech", "breech"),
        ("A/2.png", "breech", "?"),
        ("A/3.png", None, "breech/cephalic"),
    ]
    found = figures(question("choice", values=LIE), rows)
    assert (found.references, found.unusable, found.errors) == (1, 2, 0)


def test_scores_by_other_values_or_of_another_kind_are_left_out() -> None:
    asked = question("choice", values=LIE)
    results = answered(asked, [("A/1.png", "breech", "breech"), ("A/2.png", "breech", "breech")])
    old = Score(kind="choice", value=0.0, missed=("breech",), extra=("oblique",))
    for other in (old, Score(kind="text", value=1.0)):
        found = figures_of(asked, [results[0], replace(results[1], score=other)])
        assert found is not None and found.references == 1


def test_one_sort_of_reference_leaves_balanced_accuracy_unknown() -> None:
    found = figures(question("yes_no", values=NORMAL), [("A/1.png", "normal", "normal")])
    assert found.main.answered.value is None and "one of the two values" in (found.main.answered.reason or "")
    sensitivity = figure(found, "sensitivity")
    assert sensitivity.answered.value is None and sensitivity.answered.reason == "no reference is 'abnormal'"
    assert sensitivity.majority is None
    assert figure(found, "specificity").answered.value == 1


def test_frames_and_copies_of_an_image_are_no_further_images() -> None:
    asked = question("choice", values=LIE)
    once = [("A/1.dcm", "breech", "breech"), ("A/2.dcm", "breech", "cephalic")]
    frames = [(f"{path}{frame}", *rest) for path, *rest in once for frame in ("", "#2", "#3")]
    single, several = (figures(asked, rows).main.answered for rows in (once, frames))
    assert several.n == 6 and several.value == single.value and several.interval == single.interval
    copies = [replace(one, sha256=str(int(place % 2))) for place, one in enumerate(
        answered(asked, [(f"A/{place}.png", *once[place % 2][1:]) for place in range(6)])
    )]  # fmt: skip
    found = figures_of(asked, copies)
    assert found is not None and found.main.answered.interval == single.interval


def test_experts_beside_each_other() -> None:
    rows: Rows = [
        ("A/1.png", "breech", "breech", "breech"),
        ("A/2.png", "breech", "breech", "cephalic"),
        ("A/3.png", None, "cephalic", "cephalic"),
        ("A/4.png", "cephalic", "cephalic", None),
        ("A/5.png", "cephalic", None, "cephalic"),
        ("A/6.png", "cephalic", "cephalic", "who knows"),
    ]
    (second,) = figures(question("choice", values=LIE), rows).experts
    assert second.name == "second"
    assert (second.model.value, second.model.n) == (2 / 3, 3)
    assert (second.agreement.value, second.agreement.n) == (2 / 4, 4)
    assert second.agreement.interval == wilson(2, 4)


def test_experts_of_a_set_are_scored_as_a_model_is() -> None:
    rows: Rows = [("A/1.png", "liver", "liver, spine", "liver"), ("A/2.png", "rib", "rib", "rib, aorta")]
    found = figures(question("set"), rows)
    (second,) = found.experts
    assert second.model.value == pytest.approx((1 + 5 / 9) / 2)
    assert second.agreement.value == pytest.approx((5 / 9 + 5 / 6) / 2)
    assert found.main.name == "F2"


ABDOMEN = Category(name="Abdomen", terms=(("stomach",), ("liver",)))
HEAD = Category(name="Head", terms=(("skull",),))


def of_terms(name: str) -> Category | None:
    return {"Abdomen": ABDOMEN, "Head": HEAD}.get(name)


def test_terms_need_no_reference() -> None:
    asked = question("terms", "Is a liver there?")
    answers = [("Abdomen/1.png", "the stomach"), ("Abdomen/2.png", "the stomach."), ("Head/3.png", "a skull"),
               ("Cat/4.png", "a cat")]  # fmt: skip
    results = [
        replace(
            result(path, "q", response=said),
            **({} if (score := score_answer(vocabulary_of(asked, ()), said, None,
                      category=of_terms(path.split("/")[0]))) is None else {"score": score}),
        )
        for path, said in answers
    ] + [error_result("Head/5.png", "q"), error_result("Cat/6.png", "q")]  # fmt: skip
    found = figures_of(asked, results, category_of=of_terms)
    assert found is not None and (found.references, found.errors) == (4, 1)
    assert found.main.answered.value == pytest.approx((0.5 + 0.5 + 1) / 3)
    assert found.main.asked.value == pytest.approx((0.5 + 0.5 + 1 + 0) / 4)
    # The liver is in the question.
    assert found.main.majority is not None and found.main.majority.value == pytest.approx(
        (0.5 + 0.5 + 1 + 1) / 4
    )
    assert found.main.commonest is not None and found.main.commonest.value == pytest.approx(1 / 4)
    without = figures_of(asked, results)
    assert without is not None and without.main.commonest is None and without.references == 4
    assert without.confusion is None and without.experts == ()
