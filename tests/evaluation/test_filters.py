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
    defaults = {
        "name": "Public_Symphysis_007.png",
        "category": "Public Symphysis",
        "question": ("q1", "plane"),
        "answered": True,
        "assessment": Assessment(verdict=verdict),
    }
    return Subject(**(defaults | fields))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "word",
    ["model:vlm", "-model:vlm", 'model:"a b"', "disagree", "-DISAGREE", "score<0.5", "-score>=1", "score="],
)
def test_what_blind_mode_hides_cannot_be_filtered_by(word: str) -> None:
    assert parse(word).error == "" or word == "score="
    refused = parse(f"heart {word} ", blind=True)
    assert (refused.words, refused.text) == ((), f"heart {word}")
    assert refused.error.startswith("blind mode hides what ")
    assert parse("heart cat:a -correct tag:x text:scan flagged second question:q", blind=True).error == ""


def meets(text: str, of: Subject) -> bool:
    wanted = parse(text)
    assert wanted.error == ""
    return matches(wanted, of)


NEVER = subject(answered=False)
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
        ("noted", [subject(assessment=Assessment(note="n"))], [subject("correct"), subject()]),
        ("flagged", [subject(assessment=Assessment(flagged=True))], [subject("partial"), subject(), NEVER]),
        (
            "second",
            [subject("partial"), subject(assessment=Assessment(verdict="correct", flagged=True))],
            [subject("correct"), subject("incorrect"), subject(), NEVER],
        ),
        ("tag:blur", [subject(assessment=Assessment(tags=("x", "Blurred")))], [subject("correct")]),
        ("tag:", [subject(assessment=Assessment(tags=("x",)))], [subject()]),
        ("note:second", [subject(assessment=Assessment(note="a\nSecond look"))], [subject()]),
        ("category:public", [subject()], [subject(category="Heart")]),
        ("cat:SYMPH", [subject()], [subject(category="Heart")]),
        ("question:q1", [subject()], [subject(question=("q2", "other"))]),
        ("q:plane", [subject()], [subject(question=())]),
        ("text:scan", [subject(text="A Scan.")], [subject(text="none"), subject(name="scan"), NEVER]),
        ('text:"a  fetal scan"', [subject(text="a Fetal\nscan")], [subject(text="a scan, fetal")]),
        ("model:vlm", [subject(model="SmolVLM-256M")], [subject(model="other"), subject()]),
        ("score<0.5", [subject("correct", score=0.25)], [subject("correct", score=0.5), subject(score=0.25)]),
        ("score>=.5", [subject("partial", score=0.5)], [subject("correct", score=0.49), subject("correct")]),
        ("score=1", [subject("incorrect", score=1.0)], [subject("correct", score=0.99), subject(score=1.0)]),
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
    assert meets("disagree", subject(verdict, auto=auto(score))) == opposite
    assert not disagrees(said, None)


def test_what_is_no_word_is_looked_for_in_texts_where_that_is_asked_for() -> None:
    told = subject(text="The four-chamber view")
    assert not meets("chamber", told)
    assert matches(parse("chamber", in_texts=True), told)
    assert not matches(parse("-chamber", in_texts=True), told)
    assert matches(parse('"chamber view" symph', in_texts=True), told)


@pytest.mark.parametrize("word", ["score<", "score<x", "score>=-1", "score=0.5.1", "-score<", "score<٣"])
def test_a_score_is_compared_with_a_number(word: str) -> None:
    wanted = parse(word)
    assert wanted.error == "a score is compared with a number: score<0.5" and not wanted.words


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
        assert all(f"{key}:" in wanted.error for key in ("category", "question", "tag", "text", "model"))
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
            hidden = subject(name=word, category=word, answered=False)
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
