"""Which categories can be told apart."""

import random

import pytest

from fada_tui.evaluation.differences import compare
from fada_tui.evaluation.intervals import Sums


def alone(*values: float) -> list[Sums]:
    return [Sums(value, 1) for value in values]


def test_few_answers_tell_no_categories_apart_and_many_do() -> None:
    few = compare({"a": alone(1, 1, 1), "b": alone(0, 0)})
    assert (few.told_apart, few.pairs, [group.n for group in few.groups]) == ((), 1, [3, 2])
    many = compare({"a": alone(*[1] * 30), "b": alone(*[0] * 30), "c": alone(*[1, 0] * 15)})
    assert [(pair.better.name, pair.worse.name) for pair in many.told_apart] == [
        ("a", "b"), ("a", "c"), ("c", "b"),
    ]  # fmt: skip
    assert all(0 < pair.interval.low < pair.difference <= pair.interval.high for pair in many.told_apart)


def test_the_interval_of_two_is_the_published_one() -> None:
    """56 of 70 and 48 of 80, as statsmodels' `confint_proportions_2indep(method="agresti-caffo")` has it."""
    (pair,) = compare({"a": alone(*[1] * 56, *[0] * 14), "b": alone(*[1] * 48, *[0] * 32)}).told_apart
    one, other = 57 / 72, 49 / 82
    error = 1.959963984540054 * (one * (1 - one) / 72 + other * (1 - other) / 82) ** 0.5
    assert pair.interval == pytest.approx((one - other - error, one - other + error), abs=1e-9)


def test_the_more_pairs_the_more_it_takes() -> None:
    two = {"a": alone(*[1] * 8, 0, 0), "b": alone(*[0] * 8, 1, 1)}
    assert compare(two).told_apart
    more = {f"c{place}": alone(*[1, 0] * 5) for place in range(12)}
    assert not compare(two | more).told_apart


def test_answers_about_one_image_are_no_independent_ones() -> None:
    assert compare({"a": alone(*[1] * 12), "b": alone(*[0] * 12)}).told_apart
    assert not compare({"a": [Sums(6, 6)] * 2, "b": [Sums(0, 6)] * 2}).told_apart


def test_categories_that_are_alike_are_told_apart_in_5_of_100_cases_at_most() -> None:
    draw, wrong = random.Random(11), 0
    for _ in range(300):
        groups = {
            name: alone(*(float(draw.random() < 0.7) for _ in range(size)))
            for name, size in (("a", 2), ("b", 2), ("c", 10), ("d", 30), ("e", 60))
        }
        wrong += bool(compare(groups).told_apart)
    assert wrong <= 15


def test_categories_without_values_are_left_out() -> None:
    found = compare({"a": [], "b": alone(1.0)})
    assert ([group.name for group in found.groups], found.pairs, found.told_apart) == (["b"], 0, ())
