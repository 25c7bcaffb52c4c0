"""Whether a model became slower while a run went on."""

import math
from collections import Counter
from collections.abc import Sequence
from statistics import NormalDist, median
from typing import Final, NamedTuple

FEWEST: Final = 5
"""Answers in a fifth of the run, below which nothing is said of its pace."""
LEVEL: Final = 0.05
"""Probability, below which a slower last fifth is no chance."""
SLOWER: Final = 1.1
"""How many times as long the last fifth's median has to be: less makes no difference to anybody."""


class Pace(NamedTuple):
    """The seconds of an answer at a run's beginning and at its end."""

    first: float
    """Median of the first fifth of the answers."""
    last: float
    n: int
    """Answers in each fifth."""
    p: float
    """Probability of a last fifth as slow as this one by chance alone."""

    @property
    def falls(self) -> bool:
        """Return whether the run became slower."""
        return self.p < LEVEL and self.last >= SLOWER * self.first


def pace(*seconds: Sequence[float]) -> Pace | None:
    """Compare the last fifth of a run's answers with its first; `None` for too few answers.

    Args:
        seconds: What each answer took, in the order in which they were made; of several devices, that of each
            by itself, so that as many of each are among the first and the last. The first answer, which may
            warm the model up, is left out.
    """
    first: list[float] = []
    last: list[float] = []
    for one in seconds:
        rest = one[1:]
        fifth = len(rest) // 5
        first += rest[:fifth]
        last += rest[len(rest) - fifth :]
    number = len(first)
    if number < FEWEST:
        return None
    return Pace(median(first), median(last), number, slower(first, last))


def slower(first: Sequence[float], last: Sequence[float]) -> float:
    """Return the one-sided p of the Mann-Whitney test that the last values are larger than the first.

    By the normal approximation with corrections for ties and continuity (H. B. Mann and D. R. Whitney, Annals
    of Mathematical Statistics 18 (1947) 50-60).
    """
    total = len(first) + len(last)
    counts = Counter((*first, *last))
    ranks, below = {}, 0
    for value, number in sorted(counts.items()):
        ranks[value] = below + (number + 1) / 2
        below += number
    u = math.fsum(ranks[value] for value in last) - len(last) * (len(last) + 1) / 2
    ties = sum(number**3 - number for number in counts.values())
    variance = len(first) * len(last) / 12 * (total + 1 - ties / (total * (total - 1)))
    if variance == 0:
        return 1.0
    return NormalDist().cdf(-(u - len(first) * len(last) / 2 - 0.5) / math.sqrt(variance))
