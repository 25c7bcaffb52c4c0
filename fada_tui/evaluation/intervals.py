"""Intervals of 95 % by clusters (see `clusters`): results of one image are no independent ones."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from statistics import NormalDist
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from fada_tui.evaluation.statistics import Z_95, Interval, wilson

FEW: Final = 50
"""Clusters below which a mean has Wilson's interval: a bootstrap of few is too narrow."""
SEED: Final = 20250101
"""Of all resampling, so that the same results have the same intervals."""
_ROUNDS: Final = 10_000
"""Of resampling. Since the seed is fixed, fewer would be wrong in the same direction every time."""
_DRAWS: Final = 2_000_000
"""Clusters drawn in all rounds together at most, so that large runs take seconds."""

Method: TypeAlias = Literal["wilson", "wilson_of_means", "bootstrap"]
"""`wilson`: of independent successes and failures. `wilson_of_means`: the same formula for the mean of what
clusters have, with as many trials as there are clusters; rather too wide. `bootstrap`: percentiles."""


class Sums(NamedTuple):
    """The values of one cluster."""

    total: float
    number: int


class Estimate(NamedTuple):
    """A value with its interval."""

    value: float
    interval: Interval


def mean_interval(values: Mapping[str, Sequence[float]], largest: float = 1.0) -> Interval | None:
    """Return the interval of the mean of all values; `None` without values.

    Args:
        values: The values of each cluster, from 0 to `largest`.
        largest: The largest value that there can be.
    """
    return interval_of_mean([Sums(math.fsum(own), len(own)) for own in values.values()], largest)


def interval_of_mean(clusters: Iterable[Sums], largest: float = 1.0) -> Interval | None:
    """Return the interval of the mean of all clusters' values by `method_of`; `None` without values.

    Args:
        clusters: Their values, from 0 to `largest`, in any order; those without any say nothing.
        largest: The largest value that there can be.
    """
    kept = sorted(one for one in clusters if one.number)
    if not kept:
        return None
    if method_of(kept, largest) == "bootstrap":
        return bootstrap(kept, lambda sums: sums[:, 0] / sums[:, 1])
    return _wilson_of_means(kept, largest)


def method_of(clusters: Sequence[Sums], largest: float = 1.0) -> Method:
    """Return how the interval of a mean is computed.

    With one value a cluster, each 0 or the largest, by Wilson's formula. So it is under `FEW` clusters, and
    where all have the same mean, with as many trials as there are clusters. Else by the bootstrap.
    """
    if all(one.number == 1 and one.total in (0, largest) for one in clusters):
        return "wilson"
    if len(clusters) < FEW or len({one.total / one.number for one in clusters}) == 1:
        return "wilson_of_means"
    return "bootstrap"


def _wilson_of_means(clusters: Sequence[Sums], largest: float) -> Interval | None:
    """Return Wilson's interval of the mean of all values, with as many trials as there are clusters.

    Of successes and failures, one a cluster, it is Wilson's own. Otherwise it is rather too wide: a mean of
    several varies less than one of them does.
    """
    mean = math.fsum(one.total for one in clusters) / sum(one.number for one in clusters)
    found = wilson(mean / largest * len(clusters), len(clusters))
    return found and Interval(found.low * largest, found.high * largest)


def mean_of_two(one: Estimate, other: Estimate) -> Interval:
    """Return the interval of the mean of two independent estimates from the interval of each.

    By the method of variance estimates recovery (G. Y. Zou and A. Donner, "Construction of confidence limits
    about effect measures", Statistics in Medicine 27 (2008) 1693-1702).
    """
    (value, bounds), (value_2, bounds_2) = one, other
    mean = (value + value_2) / 2
    low = mean - math.hypot(value - bounds.low, value_2 - bounds_2.low) / 2
    high = mean + math.hypot(bounds.high - value, bounds_2.high - value_2) / 2
    return Interval(max(low, 0.0), min(high, 1.0))


def bootstrap(clusters: Sequence[Sequence[float]], statistic: Callable[[Any], Any]) -> Interval | None:
    """Return the bootstrap percentile interval of a statistic.

    It is `None` for fewer than two clusters, and where all draws give the same: so few say nothing of others.

    Clusters are drawn with replacement, as many as there are, up to `_ROUNDS` times, from a fixed seed
    (Efron and Tibshirani 1993, chapter 13). The percentiles lie a little further out than 2.5 and 97.5, which
    makes up for what a bootstrap of few is too narrow by: `tail_share`. Rounds in which the statistic is not
    a number are left out.

    Args:
        clusters: For each the numbers that the statistic is computed of, in an order that does not depend on
            that of the results.
        statistic: From an array of their sums, a row for each round, to the statistic of each round.
    """
    import numpy

    if len(clusters) < 2:
        return None
    columns = numpy.ascontiguousarray(numpy.asarray(clusters, dtype=float).T)
    # No `@`: the threads of its libraries wait for each other where other programs keep the cores busy.
    found = statistic(numpy.einsum("ij,kj->ik", draws(len(clusters)), columns))
    found = found[~numpy.isnan(found)]
    if not len(found):
        return None
    tail = tail_share(len(clusters))
    low, high = numpy.quantile(found, (tail, 1 - tail))
    return Interval(float(low), float(high)) if low < high else None


def tail_share(total: int) -> float:
    """Return the share of the draws to leave out on either side: 0.025 for very many clusters.

    Expanded as in T. C. Hesterberg, "What teachers should know about the bootstrap", The American
    Statistician 69 (2015) 371-386: by the quantile of Student's t in place of the normal one, and by the
    standard deviation's divisor. The quantile of t is by the first terms of its expansion (Abramowitz and
    Stegun 1964, 26.7.5), which is within 0.001 from ten clusters on.
    """
    free = total - 1
    z = Z_95
    t = z + (z**3 + z) / (4 * free) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * free**2)
    return NormalDist().cdf(-t * math.sqrt(total / free))


@lru_cache(maxsize=2)
def draws(total: int) -> Any:
    """Return how often each of a number of clusters is drawn, a row for each round."""
    import numpy

    number = min(_ROUNDS, max(_DRAWS // total, 200))
    drawn = numpy.random.default_rng(SEED).integers(0, total, (number, total))
    drawn += numpy.arange(number)[:, None] * total
    counts = numpy.bincount(drawn.ravel(), minlength=number * total)
    return counts.reshape(number, total).astype(float)
