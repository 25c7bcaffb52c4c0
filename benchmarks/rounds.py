"""What several rounds say. Machines are noisy: a ratio is taken within a round, hit as a whole."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from msgspec import Struct

T = TypeVar("T")


class Spread(Struct, frozen=True):
    """The middle and the ends of what was measured."""

    median: float
    least: float
    most: float

    def show(self, form: str = ".2f") -> str:
        """Return it as text, the ends in parentheses where there are any."""
        middle, least, most = (format(value, form) for value in (self.median, self.least, self.most))
        return middle if least == most else f"{middle} ({least}–{most})"


def spread(values: Sequence[float]) -> Spread:
    """Return the spread of at least one value."""
    return Spread(statistics.median(values), min(values), max(values))


def ratios(these: Sequence[float], those: Sequence[float]) -> list[float]:
    """Return these over those, round by round.

    Raises:
        ValueError: they are not of the same rounds.
    """
    return [this / that for this, that in zip(these, those, strict=True)]


def slope(points: Sequence[tuple[float, float]]) -> float:
    """Return the slope of the straight line through points (x, y) that leaves the least squares.

    Raises:
        statistics.StatisticsError: there are fewer than two, or all have one x.
    """
    across, up = zip(*points, strict=True) if points else ((), ())
    return statistics.linear_regression(across, up).slope


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that this share of the values, from 0 to 1, does not exceed."""
    return sorted(values)[min(int(len(values) * share), len(values) - 1)]


def alternately(ways: Mapping[str, Callable[[], T]], rounds: int) -> dict[str, list[T]]:
    """Go each way in turn, in every other round the other way about; return what each gave, by round."""
    found: dict[str, list[T]] = {name: [] for name in ways}
    for number in range(rounds):
        for name in reversed(list(ways)) if number % 2 else ways:
            found[name].append(ways[name]())
    return found
