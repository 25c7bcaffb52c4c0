"""The filter's words, one by one, together, and as people mistype them."""

import random

import pytest

from fada_tui.core.records import Assessment, AutoScore, Verdict
from fada_tui.evaluation.assessment.filters import WORDS, Filter, Subject, disagrees, matches, parse


def auto(score: float | None) -> AutoScore:
    return AutoScore(
        rubric="fada",
        context=False,
        context_terms=(),
        maternal_terms=(),
        category_terms=(),
        other_categories=(),
        score=score,
    )


def subject(verdict: Verdict | None = None, **fields: object) -> Subject:
    said = fields.pop("said", (Assessment(verdict=verdict),))
    defaults = {"name": "Public_Symphysis_007.png", "category": "Public Symphysis", "answered": True}
    return Subject(**(defaults | {"assessments": said} | fields))  # type: ignore[arg-type]


@pytest.mark.parametrize("word", ["model:vlm", "-model:vlm", 'model:"a b"', "disagree", "-DISAGREE"])
def test_what_blind_mode_hides_cannot_be_filtered_by(word: str) -> None:
    assert parse(word).error == ""
    refused = parse(f"heart {word} ", blind=True)
    assert (refused.words, refused.text) == ((), f"heart {word}")
    assert refused.error.startswith("blind mode hides what ")
    assert parse("heart cat:a -correct tag:x", blind=True).error == ""


def meets(text: str, of: Subject) -> bool:
    wanted = parse(text)
    assert wanted.error == ""
    return matches(wanted, of)


NEVER = subject(answered=False, said=(Assessment(),))
FAILED = subject(answered=False, error=True)
JUDGED: tuple[Verdict, ...] = ("correct", "partial", "incorrect")


@pytest.mark.parametrize(
    ("word", "holds", "fails"),
    [
        ("unassessed", [subject()], [subject("correct"), NEVER, FAILED]),
        ("assessed", [subject(verdict) for verdict in JUDGED], [subject(), NEVER, FAILED]),
        ("correct", [subject("correct")], [subject("partial"), subject("incorrect"), subject()]),
        ("partial", [subject("partial")], [subject("correct"), subject("incorrect"), subject()]),
        ("incorrect", [subject("incorrect")], [subject("partial"), subject("correct"), subject()]),
        ("error", [FAILED], [subject(), NEVER]),
        ("answered", [subject(), subject("correct")], [NEVER, FAILED]),
        ("waiting", [NEVER], [subject(), FAILED]),
        ("marked", [subject(marked=True)], [subject()]),
        ("noted", [subject(said=(Assessment(note="n"),))], [subject("correct"), subject()]),
        ("tag:blur", [subject(said=(Assessment(tags=("x", "Blurred")),))], [subject("correct")]),
        ("tag:", [subject(said=(Assessment(tags=("x",)),))], [subject()]),
        ("category:public", [subject()], [subject(category="Heart")]),
        ("cat:SYMPH", [subject()], [subject(category="Heart")]),
        ("model:vlm", [subject(models=("other", "SmolVLM-256M"))], [subject(models=("other",)), subject()]),
        ("symphysis_007", [subject()], [subject(name="x.png")]),
        ("heart", [subject(category="Heart")], [subject()]),
    ],
)
def test_each_word_and_its_negation(word: str, holds: list[Subject], fails: list[Subject]) -> None:
    for one in holds:
        assert meets(word, one) and not meets(f"-{word}", one)
        assert meets(word.upper(), one)
    for one in fails:
        assert not meets(word, one) and meets(f"-{word}", one)


@pytest.mark.parametrize("verdict", [None, *JUDGED])
@pytest.mark.parametrize("score", [None, 0.0, 0.49, 0.5, 1.0])
def test_person_and_rubric_disagree_only_where_they_say_opposite_things(
    verdict: Verdict | None, score: float | None
) -> None:
    opposite = score is not None and (
        (verdict == "correct" and score < 0.5) or (verdict == "incorrect" and score >= 0.5)
    )
    said = Assessment(verdict=verdict)
    assert disagrees(said, auto(score)) == opposite
    assert meets("disagree", subject(verdict, autos=(auto(score),))) == opposite
    assert not disagrees(said, None)


def test_a_verdict_is_held_against_the_score_of_its_own_question() -> None:
    said = (Assessment(verdict="correct"), Assessment(verdict="incorrect"))
    assert not meets("disagree", subject(said=said, autos=(auto(1), auto(0))))
    assert meets("disagree", subject(said=said, autos=(auto(1), auto(1))))
    assert not meets("disagree", subject(said=said, autos=(None, auto(0))))


def test_one_of_several_questions_is_enough() -> None:
    said = (Assessment(verdict="correct"), Assessment())
    for word in ("unassessed", "assessed", "correct"):
        assert meets(word, subject(said=said))


def test_all_words_must_be_met() -> None:
    said = subject("correct", marked=True)
    assert meets("correct marked symphysis", said)
    assert not meets("correct -marked", said)
    assert not meets("correct heart", said)


@pytest.mark.parametrize(
    "text",
    [
        'category:"Public Symphysis"',
        'cat:"public symphysis"',
        '"public symphysis"',
        'category:"Public Sym',
        'answered category:"Public Symphysis" 007',
        '-category:"Fetal Heart"',
    ],
)
def test_quotes_keep_spaces(text: str) -> None:
    assert meets(text, subject())
    assert not meets(f'-category:"Public Symphysis" {text}', subject())


def test_an_unknown_key_says_in_one_line_what_is_known_and_hides_nothing() -> None:
    for text in ("colour:red", "correct -colour:red", 'colour:"dark red"'):
        wanted = parse(text)
        assert wanted.error.startswith("no 'colour:'") and "\n" not in wanted.error
        assert all(f"{key}:" in wanted.error for key in ("category", "model", "tag"))
        assert wanted.text == text
        assert matches(wanted, subject()) and matches(wanted, FAILED)


def test_an_empty_filter_meets_everything() -> None:
    for text in ("", "   ", "-", "--", '""', '-""', "category:"):
        assert meets(text, subject()) and meets(text, NEVER)
    assert parse(" ") == Filter()


def test_every_word_offered_is_understood() -> None:
    for word in WORDS:
        wanted = parse(f"{word}x" if word.endswith(":") else word)
        assert wanted.error == ""
        if not word.endswith(":"):
            hidden = subject(name=word, category=word, answered=False, said=())
            assert word == "waiting" or not matches(wanted, hidden), "a state, no part of a name"


def test_nothing_that_can_be_typed_breaks_it() -> None:
    dice = random.Random(0)
    pieces = [*WORDS, *' -:"\\[]{}\t\n\0\x1b', "ß", "İ", "\ud800", "胎", "cat:", "x"]
    for _ in range(5000):
        text = "".join(dice.choices(pieces, k=dice.randrange(9)))
        wanted = parse(text)
        held = matches(wanted, subject("correct"))
        assert isinstance(held, bool)
        assert not wanted.error or (held and not wanted.words)
