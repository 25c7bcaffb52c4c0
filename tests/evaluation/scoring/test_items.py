"""Sets of items, terms and text: what is matched, missed and too much."""

import random
from time import process_time

import pytest
from sklearn.metrics import fbeta_score

from fada_tui.core.records import Score
from fada_tui.evaluation.rubric import Category
from fada_tui.evaluation.scoring import score_answer, vocabulary_of
from tests.evaluation.scoring.questions import question, scored

STRUCTURES = question(
    "set",
    "List every structure.",
    synonyms={"stomach": ("stomach bubble", "stomac"), "umbilical vein": ("UV",)},
)
REFERENCES = (
    "stomac, liver, UV, spine",
    "thalami, cavum septi pellucidi",
    "thalamus",
    "none",
    "lungs and ribs",
)


def items(answer: str) -> tuple[str, ...] | None:
    return vocabulary_of(STRUCTURES, REFERENCES).named(answer)


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ("Stomach bubble, Liver, uv", ("stomach", "liver", "umbilical vein")),
        ("The stomach and the umbilical-vein are seen; no liver.", ("stomach", "umbilical vein")),
        ("In frame 0 I would say, for part 0: thalami, cavum septi pellucidi.",
         ("thalami", "cavum septi pellucidi")),
        ("thalamus", ("thalami",)),
        ("a lung / a rib", ("lungs", "ribs")),
        ("liver, kidney", ("liver", "kidney")),
        ("- liver\n- kidney\n- rib", ("liver", "kidney", "ribs")),
        ("1. Liver\n2. Spine", ("liver", "spine")),
        ("The liver is well seen here. A kidney, too.", ("liver",)),
        ("lung, not stomach", ("lungs",)),
        ("liver, none", ("liver",)),
        ("Stomach: yes\nLiver: no\nSpine: yes", ("stomach", "spine")),
        ("1. **Stomach**\n2. Liver (not seen)\n3. Spine", ("stomach", "spine")),
        ("List every structure. Liver.", ("liver",)),
        ("none", ()),
        ("None.", ()),
        ("", ()),
        ("N/A", ()),
        ("No structures are visible.", ()),
        ("N.A.", ()),
        ("null", ()),
        ("There are none.", ()),
        ("I see nothing", ()),
        ("None, the image is too dark.", ()),
        ("None - poor view", ()),
        ("N/A (poor view)", ()),
        ("No anatomical structures", ()),
        ("no biometry possible", ()),
        ("liver, no kidney", ("liver",)),
        ("None but the liver", ("liver",)),
        ("I cannot determine any structure", ()),
        ("I cannot tell.", None),
        ("This cannot be determined.", None),
        ("I'm sorry, but I can't help with that.", None),
        ("I have no idea", None),
        ("A blurry picture of something", None),
    ],
)  # fmt: skip
def test_items_of_an_answer(answer: str, found: tuple[str, ...] | None) -> None:
    assert items(answer) == found


@pytest.mark.parametrize(
    ("answer", "reference", "value"),
    [
        ("none", "none", 1),
        ("", "None", 1),
        ("No structures.", "none", 1),
        ("liver", "none", 0),
        ("I like this picture a lot", "none", 0),
        ("none", "liver", 0),
        ("liver", "liver", 1),
        ("liver", "liver, spine", 5 / (5 + 4)),
        ("liver, spine, kidney", "liver, spine", 5 * 2 / (5 * 2 + 1)),
    ],
)
def test_f_beta_by_hand(answer: str, reference: str, value: float) -> None:
    assert scored(STRUCTURES, answer, reference, *REFERENCES).value == pytest.approx(value, abs=1e-9)


def test_a_set_s_score_names_its_items() -> None:
    found = scored(STRUCTURES, "stomac, kidney", "Stomach bubble, liver", *REFERENCES)
    assert (found.matched, found.missed, found.extra) == (("stomach",), ("liver",), ("kidney",))


@pytest.mark.parametrize("seed", range(20))
def test_f_beta_is_scikit_learn_s(seed: int) -> None:
    draw, names = random.Random(seed), ["aorta", "liver", "stomach", "spine", "rib", "heart"]
    asked = question("set", values=tuple(names))
    for _ in range(20):
        right, said = ([name for name in names if draw.random() < 0.5] for _ in "ab")
        if not right or not said:
            continue
        truth, given = ([[name in own for name in names]] for own in (right, said))
        theirs = fbeta_score(truth, given, beta=2, average="samples", zero_division=0)
        ours = scored(asked, ", ".join(said), " and ".join(right)).value
        assert ours == pytest.approx(theirs, abs=1e-9)


def test_values_are_items_whatever_the_references_say() -> None:
    known = vocabulary_of(question("set", values=("aortic arch", "heart")), ("heart, valve",))
    assert known.values == ("aortic arch", "heart", "valve")
    assert known.named("I can see the aortic arch and one valve") == ("aortic arch", "valve")


@pytest.mark.parametrize(
    "nothing", ["n.a.", "N/A (poor view)", "None - too dark", "no structures at all", "null"]
)
def test_a_reference_without_items_makes_none(nothing: str) -> None:
    assert vocabulary_of(question("set"), ("liver", nothing)).values == ("liver",)
    assert scored(question("set"), "none", nothing).value == 1
    assert scored(question("set"), "liver", nothing).value == 0


def test_an_item_is_called_as_references_call_it_most_often() -> None:
    for references in (["BPD", "bpd", "BPD, HC"], ["BPD, HC", "BPD", "bpd"]):
        assert set(vocabulary_of(question("set"), references).values) == {"BPD", "HC"}


ABDOMEN = Category(name="Abdomen", terms=(("stomach", "gastric bubble"), ("liver",), ("spine", "vertebra")))


def terms(answer: str, text: str = "What is this?", category: Category | None = ABDOMEN) -> Score | None:
    return score_answer(vocabulary_of(question("terms", text), ()), answer, None, category=category)


def test_terms_are_shares_of_the_category_s() -> None:
    found = terms("The gastric bubble, no liver, the vertebrae")
    assert found == Score(kind="terms", value=2 / 3, matched=("stomach", "spine"), missed=("liver",))
    asked = terms("The stomach and the liver", "Is the stomach there?")
    assert asked is not None and asked.matched == ("liver",)
    assert terms("liver", category=None) is None
    assert terms("liver", category=Category(name="Nothing", terms=())) is None


def test_text_takes_synonyms_in_both_for_the_same() -> None:
    asked = question("text", synonyms={"four-chamber": ("4 chamber view", "4CV")})
    found = scored(asked, "4CV", "4-chamber view")
    assert (found.value, found.rouge_l, found.matched) == (1, 1, ("fourchamber",))
    plain = scored(question("text"), "The 4CV", "four-chamber")
    assert (plain.value, plain.matched, plain.missed, plain.extra) == (0, (), ("fourchamber",), ("4cv",))


def test_no_kind_no_score() -> None:
    assert score_answer(vocabulary_of(question("none"), ()), "a", "a") is None
    assert score_answer(vocabulary_of(question("by_ear"), ()), "a", "a") is None
    assert score_answer(vocabulary_of(question("text"), ()), "a", None) is None


@pytest.mark.long
@pytest.mark.parametrize(
    "part",
    ["liver ", "liver, ", "no liver and ", "12 ", "12-14 ", "12 weeks to ", " ", ",", "yes\n", "(", "a b "],
)
def test_endless_repetition_takes_no_time(part: str) -> None:
    answer, began = part * 20_000, process_time()
    for asked in (
        question("set", synonyms={"liver": ("a",)}),
        question("ordered", values=("11-14 weeks", "15-19 weeks")),
        question("yes_no"),
        question("text", synonyms={"liver": ("a",)}),
    ):
        reference = (asked.values or ("liver, no",))[0]
        score_answer(vocabulary_of(asked, [reference]), answer, reference)
    assert process_time() - began < 20
