"""Statistics of samples: mean, median, quartiles, interval of a proportion, share of identical answers."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from statistics import median as _median
from statistics import quantiles as _quantiles
from typing import NamedTuple

from fada_tui.core.records import Result

Z_95 = 1.959963984540054
"""Quantile of the standard normal distribution for a two-sided interval of 95 %."""


class Interval(NamedTuple):
    """Bounds of a proportion, 0 to 1."""

    low: float
    high: float


class Quartiles(NamedTuple):
    """Values below which a quarter and three quarters of a sample lie."""

    lower: float
    upper: float


class Share(NamedTuple):
    """A count out of a total."""

    hits: int
    total: int


def mean(values: Sequence[float]) -> float | None:
    """Return the arithmetic mean; `None` for no values."""
    return math.fsum(values) / len(values) if values else None


def median(values: Sequence[float]) -> float | None:
    """Return the median (the mean of the middle two for an even number); `None` for no values."""
    return _median(values) if values else None


def quartiles(values: Sequence[float]) -> Quartiles | None:
    """Return the quartiles, interpolated linearly (Hyndman and Fan's type 7); `None` for fewer than two."""
    if len(values) < 2:
        return None
    lower, _, upper = _quantiles(values, n=4, method="inclusive")
    return Quartiles(lower, upper)


def wilson(successes: float, total: int, z: float = Z_95) -> Interval | None:
    """Return the Wilson score interval of a proportion; `None` for no trials.

    Formula: E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
    Journal of the American Statistical Association 22 (1927) 209-212, without continuity correction.
    It stays within 0 and 1, and is usable for few trials.

    Args:
        successes: Successes; half points may count, since a value between 0 and 1 varies less than a
            success or failure of the same mean does, so the interval is then rather too wide.
        total: Trials, taken to be independent.
        z: Quantile of the standard normal distribution.
    """
    if total == 0:
        return None
    share = successes / total
    spread = z * z / total
    centre = share + spread / 2
    margin = z * math.sqrt(share * (1 - share) / total + spread / (4 * total))
    # At 0 and 1 the bound is exact, but rounding would put it a hair's breadth off.
    low = 0.0 if share == 0 else (centre - margin) / (1 + spread)
    high = 1.0 if share == 1 else (centre + margin) / (1 + spread)
    return Interval(low, high)


def identical_answers(results: Iterable[Result]) -> Share:
    """Return how many answers are identical to another image's answer to the same question, of how many.

    Runs of white space count as one space.
    """
    answers = [
        (result.question, " ".join(result.response.split()), result.path)
        for result in results
        if result.response is not None
    ]
    images = Counter((question, text) for question, text, _ in set(answers))
    repeated = sum(images[question, text] > 1 for question, text, _ in answers)
    return Share(repeated, len(answers))
