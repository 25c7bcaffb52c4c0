"""Intervals by images: by formula where there is one, and by how often they hold what is true."""

import random

import numpy
import pytest
from scipy.stats import bootstrap as bootstrap_of

from fada_tui.evaluation.intervals import (
    FEW,
    Estimate,
    Sums,
    bootstrap,
    mean_interval,
    mean_of_two,
    method_of,
)
from fada_tui.evaluation.statistics import Interval, wilson


def each(values: list[float]) -> dict[str, list[float]]:
    return {str(place): [value] for place, value in enumerate(values)}


def test_shares_have_wilson_s_interval_however_many_images() -> None:
    for total in (1, 10, 500):
        assert mean_interval(each([1.0] * (total // 2) + [0.0] * (total - total // 2))) == wilson(
            total // 2, total
        )
    assert mean_interval({}) is None


def test_means_of_few_images_have_wilson_s_with_as_many_trials_as_images() -> None:
    assert mean_interval(each([0.5, 0.25, 1.0])) == wilson(1.75, 3)
    assert mean_interval({"a": [1.0, 0.0], "b": [1.0, 1.0]}) == wilson(1.5, 2)
    steps = mean_interval(each([4.0, 0.0, 2.0, 1.0]), largest=4)
    share = wilson(7 / 4, 4)
    assert share is not None and steps == Interval(share.low * 4, share.high * 4)


def test_means_of_many_images_have_a_bootstrap_s() -> None:
    draw = random.Random(7)
    values = [draw.random() for _ in range(200)]
    found = mean_interval(each(values))
    assert found is not None
    error = 1.96 * float(numpy.std(values)) / 200**0.5
    assert found == pytest.approx((numpy.mean(values) - error, numpy.mean(values) + error), abs=0.01)
    assert mean_interval(each(values[::-1])) == found
    assert mean_interval(each([0.5] * 200)) == wilson(100, 200)


def test_answers_about_one_image_do_not_narrow_it() -> None:
    draw = random.Random(3)
    values = [draw.random() for _ in range(FEW)]
    once = mean_interval(each(values))
    assert mean_interval({str(place): [value] * 8 for place, value in enumerate(values)}) == once


def test_a_bootstrap_of_one_image_or_of_images_alike_says_nothing() -> None:
    assert bootstrap([[1.0]], lambda sums: sums[:, 0]) is None
    assert bootstrap([[1.0]] * 10, lambda sums: sums[:, 0]) is None


def test_the_mean_of_two_lies_between_their_bounds() -> None:
    share = wilson(5, 20)
    assert share is not None
    same = mean_of_two(Estimate(0.25, share), Estimate(0.25, share))
    assert same.low == pytest.approx(0.25 - (0.25 - share.low) / 2**0.5)
    assert same.high == pytest.approx(0.25 + (share.high - 0.25) / 2**0.5)


def test_it_is_told_how_an_interval_came_about() -> None:
    shares, halves = [Sums(1, 1), Sums(0, 1)], [Sums(0.5, 1), Sums(1, 1)]
    assert method_of(shares * FEW) == "wilson"
    assert method_of(halves * 5) == method_of([Sums(1, 2)] * FEW) == "wilson_of_means"
    assert method_of(halves * FEW) == "bootstrap"


def test_a_bootstrap_of_many_images_is_scipy_s() -> None:
    draw = numpy.random.default_rng(5)
    values = draw.random(400)
    found = mean_interval(each(list(values)))
    theirs = bootstrap_of((values,), numpy.mean, method="percentile", rng=draw).confidence_interval
    assert found is not None
    assert found == pytest.approx((theirs.low, theirs.high), abs=0.003)


@pytest.mark.parametrize(("images", "answers"), [(20, 1), (20, 5), (80, 5)])
def test_intervals_hold_the_truth_about_as_often_as_they_say(images: int, answers: int) -> None:
    """Of answers that depend on their image (correlation 0.5) with a share of 0.7 in truth."""
    draw, held, trials = numpy.random.default_rng(1), 0, 300
    for _ in range(trials):
        likely = draw.beta(0.7, 0.3, images)
        values = {
            str(place): list(map(float, draw.random(answers) < one)) for place, one in enumerate(likely)
        }
        found = mean_interval(values)
        assert found is not None
        held += found.low <= 0.7 <= found.high
    assert held / trials >= 0.91
