"""Paired tests, held against scipy; what is drawn at random, within its error."""

import math
from collections.abc import Callable
from itertools import product
from typing import Any

import numpy
import pytest
import scipy.stats

from fada_tui.evaluation.paired import (
    Difference,
    differences,
    holm,
    mcnemar,
    needed,
    paired_interval,
    sign_flips,
)

MEAN: Callable[..., Any] = numpy.mean


def compared(first: list[float], second: list[float], clusters: list[int] | None = None) -> Difference:
    values = numpy.array([first, second]).T
    truths = numpy.zeros(values.shape, dtype=int)
    (found,) = differences(values, truths, clusters or [*range(len(first))], [(0, 1)])
    assert found is not None
    return found


@pytest.mark.parametrize("pair", [(0, 0), (5, 0), (6, 0), (3, 4), (12, 30), (450, 380), (1200, 117)])
def test_mcnemar_is_the_binomial_test_of_the_discordant_pairs(pair: tuple[int, int]) -> None:
    expected = scipy.stats.binomtest(pair[0], sum(pair)).pvalue if sum(pair) else 1.0
    assert mcnemar(*pair) == pytest.approx(expected, rel=1e-9)


def test_five_to_none_do_not_tell_two_models_apart_and_six_do() -> None:
    five, six = compared([1] * 5, [0] * 5), compared([1] * 6, [0] * 6)
    assert (five.p, six.p) == (0.0625, 0.03125)
    assert five.method == six.method == "mcnemar"
    assert five.interval is not None and five.interval.low == 0.0
    assert six.interval is not None and six.interval.low > 0.0


def test_flips_of_few_images_are_all_tried() -> None:
    values = numpy.random.default_rng(3).normal(0.3, 1, (11, 4))
    for column, (p, method) in enumerate(sign_flips(values)):
        expected = scipy.stats.permutation_test(
            (values[:, column],), MEAN, permutation_type="samples", n_resamples=10_000
        )
        assert method == "all_flips" and p == pytest.approx(expected.pvalue, rel=1e-9)


def test_flips_of_many_images_are_within_their_error_of_the_true_p() -> None:
    drawn = numpy.random.default_rng(4).choice([-1.0, -0.5, 0.0, 0.5, 1.0], (200, 3))
    values = drawn + numpy.array([0.0, 0.07, 0.12])
    for column, (p, method) in enumerate(sign_flips(values)):
        own = values[:, column]
        expected = scipy.stats.permutation_test(
            (own,), MEAN, permutation_type="samples", n_resamples=9_999, rng=numpy.random.default_rng(5)
        ).pvalue
        error = math.sqrt(2 * max(expected, 1e-3) / 9_999)
        assert method == "random_flips" and p == pytest.approx(expected, abs=4 * error)


def test_a_p_too_small_for_flips_is_the_normal_tail() -> None:
    values = numpy.random.default_rng(6).normal(0.5, 1, (300, 1))
    ((p, method),) = sign_flips(values)
    z = values.sum() / math.sqrt((values**2).sum())
    assert method == "normal_tail" and p == pytest.approx(2 * scipy.stats.norm.sf(z), rel=1e-9)
    assert p < 1e-4


def test_answers_about_one_image_are_one() -> None:
    many = compared([1, 1, 1, 1] * 5, [0, 0, 0, 0] * 5, [image for image in range(5) for _ in range(4)])
    assert (many.pairs, many.images, many.method) == (20, 5, "all_flips")
    assert many.p == 2 / 2**5
    assert many.interval is None or many.interval.low <= 0


def test_the_bootstrap_s_interval_is_within_its_error_of_scipy_s() -> None:
    random = numpy.random.default_rng(7)
    first, second = random.random(300), random.random(300) ** 1.3
    found = compared([*first], [*second])
    bounds = scipy.stats.bootstrap(
        (first - second,), numpy.mean, method="percentile", n_resamples=9_999, rng=random
    ).confidence_interval
    assert found.interval is not None
    assert (found.interval.low, found.interval.high) == pytest.approx((bounds.low, bounds.high), abs=0.006)


@pytest.mark.long
@pytest.mark.parametrize("images", [6, 10, 40])
def test_the_bootstrap_of_few_images_covers(images: int) -> None:
    random = numpy.random.default_rng(12)
    covered = 0
    for _ in range(400):
        first, second = random.normal([[0.6], [0.5]], 0.1, (2, images))
        low, high = compared([*first], [*second]).interval or (1.0, 1.0)
        covered += low <= 0.1 <= high
    assert covered / 400 >= 0.91


@pytest.mark.parametrize("rates", [(0.8, 0.1, 0.02, 0.08), (0.5, 0.2, 0.1, 0.2), (0.85, 0.05, 0.05, 0.05)])
@pytest.mark.parametrize("images", [20, 100])
def test_newcombe_s_interval_covers(rates: tuple[float, float, float, float], images: int) -> None:
    random = numpy.random.default_rng(8)
    truth = rates[1] - rates[2]
    covered = 0
    for both, first_only, second_only, _ in random.multinomial(images, rates, 2_000).tolist():
        low, high = paired_interval(both + first_only, both + second_only, first_only, images)
        covered += low <= truth <= high
    assert covered / 2_000 >= 0.93


def test_an_interval_is_mirrored_when_the_models_are_swapped() -> None:
    low, high = paired_interval(60, 48, 20, 100)
    assert paired_interval(48, 60, 8, 100) == pytest.approx((-high, -low), abs=1e-12)


def test_holm_multiplies_the_smallest_by_all_and_never_falls() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.04, 0.6, 0.5, 0.001]) == pytest.approx([0.12, 1.0, 1.0, 0.004])
    assert holm([]) == [] and holm([0.02]) == [0.02]


def test_with_as_many_images_as_needed_four_of_five_studies_find_the_difference() -> None:
    first_only, second_only = 0.2, 0.1
    images = needed(compared([1, 1, 0, *[1] * 7], [0, 0, 1, *[1] * 7]))
    assert images == 234
    random = numpy.random.default_rng(9)
    drawn = random.multinomial(images, [first_only, second_only, 1 - first_only - second_only], 2_000)
    # The exact test is rather conservative: the formula is of the asymptotic one.
    found = sum((b - c) ** 2 / (b + c) >= 3.841 for b, c, _ in drawn.tolist())
    assert found / 2_000 == pytest.approx(0.8, abs=0.04)
    assert needed(compared([1, 0], [0, 1])) is None


@pytest.mark.parametrize(
    "outcomes", [([1] * 5, [0] * 5), ([1] * 5 + [0], [0] * 5 + [1]), ([1, 1, 0, 0], [0, 1, 0, 0])]
)
def test_of_few_images_it_is_what_the_exact_test_finds(outcomes: tuple[list[float], list[float]]) -> None:
    found = compared(*outcomes)
    images = needed(found)
    assert images is not None
    shares = [found.first_better / found.pairs, found.second_better / found.pairs]
    random = numpy.random.default_rng(11)

    def power(number: int) -> float:
        drawn = random.multinomial(number, [*shares, max(1 - sum(shares), 0)], 4_000).tolist()
        return sum(mcnemar(b, c) <= 0.05 for b, c, _ in drawn) / 4_000

    assert power(images) >= 0.77 and power(images - 1) <= 0.83


def test_more_pairs_in_a_table_need_more_images() -> None:
    five = compared([1] * 5, [0] * 5)
    assert [needed(five, tests) for tests in (1, 3, 10)] == [6, 7, 9]
    frames = compared([1.0] * 10, [0.5] * 10, [place // 2 for place in range(10)])
    assert needed(frames) == 6, "the smallest p of five is 0.0625"


def test_missing_outcomes_and_other_references_are_no_pairs() -> None:
    values = numpy.array([[1, 0], [math.nan, 0], [1, math.nan], [1, 0], [0, 0]])
    truths = numpy.array([[0, 0], [0, 0], [0, 0], [1, 2], [3, 3]])
    (found,) = differences(values, truths, [0, 1, 2, 3, 4], [(0, 1)])
    assert found is not None
    assert (found.pairs, found.first_better, found.second_better) == (2, 1, 0)
    assert differences(values, numpy.array([[0, 1]] * 5), [0, 1, 2, 3, 4], [(0, 1)]) == [None]


def test_a_table_of_many_runs_has_what_each_two_have_by_themselves() -> None:
    random = numpy.random.default_rng(10)
    values = random.integers(0, 2, (400, 6)).astype(float)
    truths = numpy.zeros(values.shape, dtype=int)
    pairs = [(a, b) for a, b in product(range(6), repeat=2) if a < b]
    together = differences(values, truths, [*range(400)], pairs)
    assert together == [compared([*values[:, a]], [*values[:, b]]) for a, b in pairs]
