"""Which of several groups of results, as categories, can be told apart by their means."""

import math
from collections.abc import Mapping, Sequence
from statistics import NormalDist
from typing import NamedTuple

from fada_tui.evaluation.intervals import Sums
from fada_tui.evaluation.statistics import Interval


class Group(NamedTuple):
    """A group of results."""

    name: str
    value: float
    """Mean of its values, 0 to 1."""
    n: int
    """Results."""


class Pair(NamedTuple):
    """Two groups that can be told apart."""

    better: Group
    worse: Group
    interval: Interval
    """Of the difference of their means, adjusted; it lies above zero."""

    @property
    def difference(self) -> float:
        """How much better the one is."""
        return self.better.value - self.worse.value


class Comparison(NamedTuple):
    """Groups, and which of them can be told apart."""

    groups: tuple[Group, ...]
    """Those that have values, the best first."""
    told_apart: tuple[Pair, ...]
    """The pairs whose difference has an interval without zero, the largest difference first."""

    @property
    def pairs(self) -> int:
        """Number of pairs that were compared."""
        return math.comb(len(self.groups), 2)


class _Shrunk(NamedTuple):
    """A mean with one success and one failure added."""

    group: Group
    value: float
    variance: float


def compare(values: Mapping[str, Sequence[Sums]]) -> Comparison:
    """Return which groups can be told apart by their means, each pair of them compared.

    The difference of two means has the interval of A. Agresti and B. Caffo ("Simple and effective confidence
    intervals for proportions and differences of proportions result from adding two successes and two
    failures", The American Statistician 54 (2000) 280-288), which holds for very few, too, with as many
    trials as there are clusters. Each is of 1 - 5 % / pairs (Bonferroni), so that any two of groups that are
    alike are told apart in about 5 of 100 runs at most.

    Args:
        values: For each group the sums of its clusters, of values from 0 to 1.
    """
    found = [
        (
            Group(name, math.fsum(one.total for one in sums) / number, number),
            sum(one.number > 0 for one in sums),
        )
        for name, sums in values.items()
        if (number := sum(one.number for one in sums))
    ]
    groups = tuple(sorted((group for group, _ in found), key=lambda group: -group.value))
    if len(groups) < 2:
        return Comparison(groups, ())
    z = NormalDist().inv_cdf(1 - 0.025 / math.comb(len(groups), 2))
    shrunk = sorted((_shrunk(group, clusters) for group, clusters in found), key=lambda one: one.value)
    told = []
    for better in shrunk:
        most = better.value - z * math.sqrt(better.variance)
        for worse in shrunk:
            # From here on no difference is larger than the uncertainty of the better one alone.
            if worse.value >= most:
                break
            interval = _difference(better, worse, z)
            if interval.low > 0:
                told.append(Pair(better.group, worse.group, interval))
    return Comparison(groups, tuple(sorted(told, key=lambda pair: (-pair.difference, -pair.better.value))))


def _shrunk(group: Group, clusters: int) -> _Shrunk:
    trials = clusters + 2
    value = (group.value * clusters + 1) / trials
    return _Shrunk(group, value, value * (1 - value) / trials)


def _difference(better: _Shrunk, worse: _Shrunk, z: float) -> Interval:
    between, margin = better.value - worse.value, z * math.sqrt(better.variance + worse.variance)
    return Interval(between - margin, min(between + margin, 1.0))
