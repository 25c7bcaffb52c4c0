"""Which values answers name, for the kinds whose answers are one of a question's values."""

from typing import Any

import pytest

from fada_tui.core.records import Question
from fada_tui.evaluation.scoring import score_answer, vocabulary_of
from tests.evaluation.scoring.questions import AGES, LIE, NORMAL, QUALITY, question, scored


def named(asked: Question, answer: str) -> tuple[str, ...] | None:
    return vocabulary_of(asked, ()).named(answer)


@pytest.mark.parametrize(
    ("answer", "values"),
    [
        ("Cephalic", ("cephalic",)),
        ("**Cephalic**", ("cephalic",)),
        ("The fetus is cephalic, not breech.", ("cephalic",)),
        ("It is not breech, it is cephalic", ("cephalic",)),
        ("not breech", ()),
        ("neither cephalic nor breech", ()),
        ("a non-breech presentation", ()),
        ("It is not assessable.", ("not assessable",)),
        ("not-assessable", ("not assessable",)),
        ("It isn't assessable.", ("not assessable",)),
        ("head down", ("cephalic",)),
        ("HEAD-DOWN, with the breech up", ("cephalic", "breech")),
        ("Breech or transverse", ("breech", "transverse")),
        ("breechlike", ()),
        ("In frame 4 I would say, for part 1: not assessable.", ("not assessable",)),
        ("", ()),
    ],
)
def test_values_of_a_choice(answer: str, values: tuple[str, ...]) -> None:
    asked = question("choice", values=LIE, synonyms={"cephalic": ("head down", "vertex")})
    assert named(asked, answer) == values


@pytest.mark.parametrize(
    ("answer", "values"),
    [
        ("Normal", ("normal",)),
        ("Abnormal: reduced amniotic fluid", ("abnormal",)),
        ("no abnormality", ("normal",)),
        ("No abnormalities are visible, the anatomy is normal.", ("normal",)),
        ("It is not normal.", ("abnormal",)),
        ("nothing abnormal", ("normal",)),
        ("Abnormality: none", ("normal",)),
        ("Any abnormality? No.", ("normal",)),
        ("It is unlikely to be abnormal.", ("normal",)),
        ("An abnormality is absent.", ("normal",)),
        ("There is no abnormality of the brain, but the heart is abnormal.", ("abnormal",)),
        ("No.", ("normal",)),
        ("Yes", ("abnormal",)),
        ("I would say: no.", ("normal",)),
        ("Yes, in every respect normal", ("normal",)),
        ("Does anything look abnormal? No.", ("normal",)),
        ("A normal heart. An abnormal brain.", NORMAL),
        ("I see no reason to say anything", ()),
        ("I can't tell", ()),
        ("I cannot tell whether anything is abnormal.", ()),
        ("It is hard to say if there is an abnormality", ()),
        ("I cannot determine any abnormality from this image", ()),
        ("An abnormality cannot be determined.", ()),
        ("I cannot see any abnormality.", ("normal",)),
        ("The heart looks normal, but I can't say whether the brain is abnormal.", ("normal",)),
    ],
)
def test_values_of_yes_or_no(answer: str, values: tuple[str, ...]) -> None:
    asked = question("yes_no", "Does anything look abnormal?", values=NORMAL)
    assert named(asked, answer) == values


@pytest.mark.parametrize(
    ("answer", "values"),
    [
        ("Yes, without doubt", ("yes",)),
        ("No doubt: yes", ("yes",)),
        ("Yes and no", ("no", "yes")),
        ("yes/no", ("no", "yes")),
        ("No, and no heart", ("no",)),
        ("**No**, it is not", ("no",)),
        ("There is no stomach", ("no",)),
        ("Answer: yes", ("yes",)),
        ("I say no", ("no",)),
        ("The stomach has no wall", ()),
        ("maybe", ()),
        ("No idea", ()),
    ],
)
def test_plain_yes_and_no_without_values(answer: str, values: tuple[str, ...]) -> None:
    assert named(question("yes_no", "Is a stomach visible?"), answer) == values


@pytest.mark.parametrize(
    ("answer", "values"),
    [
        ("The stomach is absent", ("absent",)),
        ("The stomach is not present", ("absent",)),
        ("not absent", ("present",)),
        ("It's present", ("present",)),
    ],
)
def test_values_that_are_negations_themselves(answer: str, values: tuple[str, ...]) -> None:
    assert named(question("yes_no", values=("absent", "present")), answer) == values


@pytest.mark.parametrize(
    ("answer", "values"),
    [
        ("11-14 weeks", ("11-14 weeks",)),
        ("11–14 weeks", ("11-14 weeks",)),
        ("11 — 14 wks", ("11-14 weeks",)),
        ("11 to 14 weeks", ("11-14 weeks",)),
        ("11-14weeks.", ("11-14 weeks",)),
        ("11-14", ("11-14 weeks",)),
        ("about 22 weeks", ("20-24 weeks",)),
        ("22w3d", ("20-24 weeks",)),
        ("22+3 weeks", ("20-24 weeks",)),
        ("22 weeks and 3 days", ("20-24 weeks",)),
        ("week 22", ("20-24 weeks",)),
        ("~22", ("20-24 weeks",)),
        ("22+4", ("20-24 weeks",)),
        ("22 ± 1 weeks", ("20-24 weeks",)),
        ("22 +/- 1 weeks", ("20-24 weeks",)),
        ("14.5 weeks", ("11-14 weeks",)),
        ("between 20 and 22 weeks; BPD 52 mm", ("20-24 weeks",)),
        ("18-22 weeks", ("15-19 weeks", "20-24 weeks")),
        ("In frame 12 I would say, for part 4: 25-30 weeks.", ("25-30 weeks",)),
        ("not 22 weeks", ()),
        ("40 weeks", ()),
        ("122 weeks", ()),
        ("second trimester", ("20-24 weeks",)),
    ],
)
def test_ages_fall_into_ranges_of_weeks(answer: str, values: tuple[str, ...]) -> None:
    asked = question("ordered", values=AGES, synonyms={"20-24 weeks": ("second trimester",)})
    assert named(asked, answer) == values


@pytest.mark.parametrize(
    ("answer", "value"),
    [("13 weeks", "<14 weeks"), ("less than 14 weeks", "<14 weeks"), ("14 weeks", "14-27 weeks"),
     ("28+ weeks", "28+ weeks"), ("at least 28 weeks", "28+ weeks"), ("31", "28+ weeks")],
)  # fmt: skip
def test_ranges_without_an_end(answer: str, value: str) -> None:
    assert named(question("ordered", values=("<14 weeks", "14-27 weeks", "28+ weeks")), answer) == (value,)


@pytest.mark.parametrize(
    ("kind", "values", "answer", "reference", "expected"),
    [
        ("choice", LIE, "cephalic", "Cephalic.", (1.0, ("cephalic",), (), ())),
        ("choice", LIE, "breech", "Cephalic.", (0.0, (), ("cephalic",), ("breech",))),
        ("choice", LIE, "no idea", "cephalic", (0.0, (), ("cephalic",), ())),
        ("choice", LIE, "cephalic or breech", "cephalic", (0.0, ("cephalic",), (), ("breech",))),
        ("ordered", QUALITY, "fair", "good", (0.0, (), ("good",), ("fair",))),
        ("yes_no", NORMAL, "No.", "Normal", (1.0, ("normal",), (), ())),
    ],
)
def test_a_score_says_what_was_named(
    kind: str, values: tuple[str, ...], answer: str, reference: str, expected: tuple[Any, ...]
) -> None:
    found = scored(question(kind, values=values), answer, reference)
    assert (found.value, found.matched, found.missed, found.extra) == expected
    assert found.kind == kind


def test_a_reference_without_one_value_scores_nothing() -> None:
    known = vocabulary_of(question("choice", values=LIE), ())
    for reference in ("unclear", "cephalic or breech", "not breech", None):
        assert score_answer(known, "cephalic", reference) is None
    assert not known.can_score("unclear") and known.can_score("breech")
