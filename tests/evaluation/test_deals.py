"""Deals of answers to other images, held against scipy's permutation test and exact enumeration."""

import math
from collections.abc import Sequence
from fractions import Fraction
from itertools import permutations
from random import Random

import numpy as np
import pytest
from scipy.stats import permutation_test
from sklearn.metrics import mutual_info_score

from fada_tui.evaluation.deals import DEALS, Deals

WITHIN = 4 * math.sqrt(0.25 / DEALS)
"""Four standard errors of a share of the deals, at its widest."""


def test_the_mean_score_is_tested_as_by_all_deals() -> None:
    scores = np.array([[1.0, 0.2, 0.0], [0.0, 1.0, 0.5]])
    answers, truths = (0, 0, 1, 1, 1, 0, 0), (0, 1, 1, 2, 1, 0, 2)
    found = Deals().mean_score(scores, answers, truths)
    exact = [
        np.mean([scores[answer, truth] for answer, truth in zip(answers, dealt, strict=True)])
        for dealt in permutations(truths)
    ]
    assert found.observed == pytest.approx(exact[0])
    assert found.expected == pytest.approx(np.mean(exact), abs=WITHIN)
    assert found.p == pytest.approx(np.mean([one >= exact[0] - 1e-12 for one in exact]), abs=WITHIN)


@pytest.mark.parametrize("fitting", [0.1, 0.25])
def test_it_is_tested_as_scipy_does(fitting: float) -> None:
    random = np.random.default_rng(5)
    truths = random.integers(0, 4, 60)
    answers = np.where(random.random(60) < fitting, truths, random.integers(0, 4, 60))
    scores = np.eye(4) * 0.9
    found = Deals().mean_score(scores, answers, truths)
    other = permutation_test(
        (answers,),
        lambda dealt: scores[dealt, truths].mean(),
        permutation_type="pairings",
        n_resamples=DEALS,
        alternative="greater",
        rng=np.random.default_rng(1),
    )
    assert found.observed == pytest.approx(other.statistic)
    assert found.expected == pytest.approx(other.null_distribution.mean(), abs=0.01)
    assert found.p == pytest.approx(other.pvalue, abs=WITHIN)


@pytest.mark.long
def test_the_information_is_scikit_learns_in_bits() -> None:
    random = np.random.default_rng(3)
    categories = random.integers(0, 5, 80)
    answers = np.where(random.random(80) < 0.2, categories, random.integers(0, 7, 80))
    found = Deals().shared_information(answers, categories)
    assert found.observed == pytest.approx(mutual_info_score(answers, categories) / math.log(2), abs=1e-9)
    other = permutation_test(
        (answers,),
        lambda dealt: mutual_info_score(dealt, categories),
        permutation_type="pairings",
        n_resamples=999,
        alternative="greater",
        rng=np.random.default_rng(1),
    )
    assert found.expected * math.log(2) == pytest.approx(other.null_distribution.mean(), abs=0.01)
    assert found.p == pytest.approx(other.pvalue, abs=4 * math.sqrt(0.25 / 999))


def test_the_real_answers_count_among_the_deals() -> None:
    same = list(range(12))
    found = Deals().mean_score(np.eye(12), same, same)
    assert (found.observed, found.p) == (1.0, 1 / (1 + DEALS))
    assert Deals(19).mean_score(np.eye(12), same, same).p == 1 / 20


@pytest.mark.parametrize(("answers", "truths"), [((0, 1, 1, 0), (0, 0, 0, 0)), ((1, 1, 1, 1), (0, 1, 1, 0))])
def test_where_dealing_changes_nothing_that_is_said(answers: Sequence[int], truths: Sequence[int]) -> None:
    deals = Deals(99)
    scores = np.array([[0.1, 0.7], [0.3, 1 / 3]])
    assert not deals.mean_score(scores, answers, truths).varies
    assert not deals.shared_information(answers, truths).varies
    assert deals.mean_score(scores, (0, 1, 0, 1), (0, 1, 0, 1)).varies


def test_sums_that_differ_by_rounding_are_the_same() -> None:
    thirds = np.array([[1.0, 0.0], [1 / 3, 2 / 3], [1 / 6, 5 / 6], [0.5, 0.5]])
    answers, truths = (0, 1, 2, 3) * 5, (0, 1) * 10
    exact = [Fraction(1), Fraction(1, 3), Fraction(1, 6), Fraction(1, 2)]
    deals = Deals(999)
    found = deals.mean_score(thirds, answers, truths)
    dealt = Random(4)
    as_good = 0
    real = sum(exact[a] if t == 0 else 1 - exact[a] for a, t in zip(answers, truths, strict=True))
    for _ in range(999):
        order = dealt.sample(truths, len(truths))
        as_good += (
            sum(exact[a] if t == 0 else 1 - exact[a] for a, t in zip(answers, order, strict=True)) >= real
        )
    assert found.p == pytest.approx(as_good / 999, abs=4 * math.sqrt(0.25 / 999))


def test_as_many_images_have_the_same_deals() -> None:
    deals = Deals(99)
    first = deals.mean_score(np.eye(3), (0, 1, 2, 0), (0, 1, 1, 2))
    deals.mean_score(np.eye(3), (0, 1, 2), (0, 1, 1))
    assert deals.mean_score(np.eye(3), (0, 1, 2, 0), (0, 1, 1, 2)) == first
    assert Deals(99).mean_score(np.eye(3), (0, 1, 2, 0), (0, 1, 1, 2)) == first
