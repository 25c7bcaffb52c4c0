"""Token F1 by hand, ROUGE-L as rouge-score computes it."""

import random

import pytest
from rouge_score.rouge_scorer import RougeScorer

from fada_tui.evaluation.scoring.overlap import common_subsequence, rouge_l, token_f1, tokens

WORDS = (
    "The",
    "fetus",
    "lies",
    "in",
    "a",
    "cephalic",
    "position",
    "four-chamber",
    "4CV,",
    "näher",
    "und",
    "–",
    "",
)


def sentence(draw: random.Random, most: int = 40) -> str:
    return " ".join(draw.choice(WORDS) for _ in range(draw.randint(0, most)))


@pytest.mark.parametrize("seed", range(40))
def test_rouge_l_is_that_of_rouge_score(seed: int) -> None:
    draw = random.Random(seed)
    scorer = RougeScorer(["rougeL"], use_stemmer=False)
    for _ in range(20):
        answer, reference = sentence(draw), sentence(draw)
        theirs = scorer.score(reference, answer)["rougeL"].fmeasure
        assert rouge_l(answer, reference) == pytest.approx(theirs, abs=1e-9)


def test_the_longest_common_subsequence_by_hand() -> None:
    assert common_subsequence("", "abc") == common_subsequence("abc", "") == 0
    assert common_subsequence("abcbdab", "bdcaba") == 4
    assert common_subsequence("a" * 70, "a" * 100) == 70
    assert common_subsequence("xaxbxc" * 50, "abc" * 50) == 150


def test_tokens_are_those_of_squad() -> None:
    assert tokens("The head, an abdomen; a four-chamber view.") == ("head", "abdomen", "fourchamber", "view")


@pytest.mark.parametrize(
    ("answer", "reference", "f1"),
    [
        ("Routine follow-up.", "routine Follow-up", 1),
        ("a transverse view of the abdomen", "transverse abdominal view", 2 * 2 / (4 + 3)),
        ("head head head", "head", 2 / 4),
        ("head", "abdomen", 0),
        ("", "abdomen", 0),
        ("The.", "", 1),
    ],
)
def test_token_f1_by_hand(answer: str, reference: str, f1: float) -> None:
    assert token_f1(answer, reference) == pytest.approx(f1, abs=1e-9)
    assert token_f1(reference, answer) == pytest.approx(f1, abs=1e-9)
