"""Intervals of 95 % for figures of results, by images: those of one image are no independent ones."""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from fada_tui.evaluation.classification import SEED, rounds
from fada_tui.evaluation.statistics import Interval, wilson

FEW = 50
"""Images below which a mean has Wilson's interval: a bootstrap of few is too narrow."""


class Estimate(NamedTuple):
    """A value with its interval."""

    value: float
    interval: Interval


def mean_interval(values: Mapping[str, Sequence[float]], largest: float = 1.0) -> Interval | None:
    """Return the interval of the mean of all values; `None` without values.

    With one value an image, each 0 or the largest, it is Wilson's. So it is under `FEW` images, with as many
    trials as there are images, which is rather too wide for values in between, and where all images have the
    same mean. Else it is the bootstrap's, by images.

    Args:
        values: The values of each image, from 0 to `largest`.
        largest: The largest value that there can be.
    """
    images = sorted((math.fsum(own), len(own)) for own in values.values() if own)
    if not images:
        return None
    mean = math.fsum(total for total, _ in images) / sum(count for _, count in images)
    binary = all(count == 1 and total in (0, largest) for total, count in images)
    if binary or len(images) < FEW or len({total / count for total, count in images}) == 1:
        found = wilson(mean / largest * len(images), len(images))
        return found and Interval(found.low * largest, found.high * largest)
    return bootstrap(images, lambda sums: sums[:, 0] / sums[:, 1])


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


def bootstrap(images: Sequence[Sequence[float]], statistic: Callable[[Any], Any]) -> Interval | None:
    """Return the bootstrap percentile interval of a statistic.

    It is `None` for fewer than two images, and where all draws give the same: so few say nothing of others.

    Images are drawn with replacement, as many as there are, `classification.rounds` times, from a fixed seed
    (Efron and Tibshirani 1993, chapter 13). Rounds in which the statistic is not a number are left out.

    Args:
        images: For each image the numbers that the statistic is computed of, in an order that does not
            depend on that of the results.
        statistic: From an array of their sums, a row for each round, to the statistic of each round.
    """
    import numpy

    if len(images) < 2:
        return None
    found = statistic(_draws(len(images)) @ numpy.asarray(images, dtype=float))
    found = found[~numpy.isnan(found)]
    if not len(found):
        return None
    low, high = numpy.quantile(found, (0.025, 0.975))
    return Interval(float(low), float(high)) if low < high else None


@lru_cache(maxsize=2)
def _draws(total: int) -> Any:
    """Return how often each of a number of images is drawn, a row for each round."""
    import numpy

    number = rounds(total)
    drawn = numpy.random.default_rng(SEED).integers(0, total, (number, total))
    drawn += numpy.arange(number)[:, None] * total
    counts = numpy.bincount(drawn.ravel(), minlength=number * total)
    return counts.reshape(number, total).astype(float)
