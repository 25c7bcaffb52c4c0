"""Whether a run became slower."""

import random

import pytest
from scipy.stats import mannwhitneyu

from fada_tui.evaluation.pace import pace, slower


@pytest.mark.parametrize("digits", [1, 6])
def test_the_test_is_scipy_s(digits: int) -> None:
    draw = random.Random(digits)
    first = [round(draw.gauss(2, 0.3), digits) for _ in range(40)]
    last = [round(draw.gauss(2.1, 0.3), digits) for _ in range(30)]
    theirs = mannwhitneyu(last, first, alternative="greater", method="asymptotic")
    assert slower(first, last) == pytest.approx(theirs.pvalue, abs=1e-9)
    assert slower([1.0] * 5, [1.0] * 5) == 1.0


def test_the_last_fifth_is_compared_with_the_first_without_the_first_answer() -> None:
    found = pace([30.0, *[1.0] * 10, *[5.0] * 30, *[1.5] * 10])
    assert found is not None and (found.first, found.last, found.n) == (1.0, 1.5, 10)
    assert found.falls and found.p < 0.001
    even = pace([30.0, *[1.0, 1.1, 0.9, 1.05, 1.0] * 10])
    assert even is not None and not even.falls


def test_what_makes_no_difference_is_not_called_slower() -> None:
    found = pace([1.0, *[1.0] * 40, *[1.01] * 40])
    assert found is not None and found.p < 0.001 and not found.falls


def test_of_few_answers_nothing_is_said() -> None:
    assert pace([1.0] * 25) is None and pace([1.0] * 26) is not None
    assert pace([]) is None
