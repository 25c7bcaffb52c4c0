"""Tests of paired outcomes: whether one of two models answers better about the same images. Pure."""

import math
from collections.abc import Iterator, Sequence
from functools import lru_cache
from statistics import NormalDist
from typing import Any, Literal, TypeAlias

from fada_tui.core.records import Record
from fada_tui.evaluation.intervals import SEED, draws, tail_share
from fada_tui.evaluation.statistics import Interval, wilson

FLIPS = 9_999
"""Random flips of a permutation test."""
ALL_FLIPS_UP_TO = 13
"""Images that differ, up to which all flips are tried instead."""
SMALLEST = 1 / (FLIPS + 1)
"""The p below which random flips tell nothing, and the normal distribution's tail is taken."""
ALPHA = 0.05
POWER = 0.8
ROUNDING = 1e-12
"""Mean difference below which there is none but of rounding."""
EXACT_UP_TO = 100
"""Images up to which the power of the exact test itself is worked out."""
CELLS = 4_000_000
"""Numbers that an array of a step holds at most."""

Method: TypeAlias = Literal["mcnemar", "all_flips", "random_flips", "normal_tail"]
"""`mcnemar`: exact, where each image has one answer, right or wrong. Otherwise the signs of the images'
differences are flipped, all of them (`all_flips`) or at random (`random_flips`); where none of the random
ones came to as much, p is the `normal_tail`."""


class Difference(Record, frozen=True, kw_only=True):
    """What two models' outcomes about the same images say of the difference between them."""

    pairs: int
    """Images, or frames of them, of which both have an outcome."""
    images: int
    """Images that count as independent: the clusters of the pairs."""
    first: float
    """Mean outcome of the first model over the pairs, 0 to 1."""
    second: float
    difference: float
    """`first` less `second`."""
    interval: Interval | None
    """95 %, of the difference; `None` for fewer than two images that the bootstrap could draw."""
    first_better: int
    """Pairs in which the first has the better outcome."""
    second_better: int
    p: float
    """Two-sided, not adjusted."""
    method: Method
    mean_change: float
    """Mean over the images of what their pairs differ by, added up."""
    mean_square: float
    """Mean of its square: with one answer an image, right or wrong, the share of discordant ones."""


def differences(
    values: Any,
    truths: Any,
    clusters: Sequence[int],
    pairs: Sequence[tuple[int, int]],
    *,
    secondary: Any = None,
) -> list[Difference | None]:
    """Compare runs by their outcomes, pair by pair; `None` for two without a common outcome.

    Args:
        values: Outcomes from 0 to 1, an array of images × runs; NaN where there is none.
        truths: What each outcome was held against, as whole numbers: an array of the same shape. Two
            outcomes are compared only where it is the same.
        clusters: For each image the number, from 0, of what it is independent of others in.
        pairs: Columns to compare.
        secondary: Where true, an outcome counts only beside one of the other run that is not secondary: an
            array of the same shape.
    """
    import numpy

    groups = numpy.asarray(clusters, dtype=int)
    found: list[Difference | None] = []
    step = max(1, CELLS // max(len(groups), 1))
    for start in range(0, len(pairs), step):
        part = pairs[start : start + step]
        one, other = (numpy.array([pair[place] for pair in part]) for place in (0, 1))
        first, second = values[:, one], values[:, other]
        both = ~numpy.isnan(first) & ~numpy.isnan(second) & (truths[:, one] == truths[:, other])
        if secondary is not None:
            both &= ~(secondary[:, one] & secondary[:, other])
        found += _compared(numpy.where(both, first, 0.0), numpy.where(both, second, 0.0), both, groups)
    return found


def _compared(first: Any, second: Any, both: Any, groups: Any) -> list[Difference | None]:
    """Compare the columns of two arrays of images × pairs, zero where there is no pair of outcomes."""
    change = first - second
    sums, counts = _by_cluster(change, groups), _by_cluster(both.astype(float), groups)
    binary = ((first == 0) | (first == 1)).all(axis=0) & ((second == 0) | (second == 1)).all(axis=0)
    exact = binary & (counts <= 1).all(axis=0)
    flipped = [column for column in range(first.shape[1]) if not exact[column] and both[:, column].any()]
    tested = dict(zip(flipped, sign_flips(sums[:, flipped]), strict=True))
    drawn = dict(zip(flipped, _bootstrap(sums[:, flipped], counts[:, flipped]), strict=True))
    pairs, images = both.sum(axis=0), (counts > 0).sum(axis=0)
    better, worse = (change > 0).sum(axis=0), (change < 0).sum(axis=0)
    means = first.sum(axis=0), second.sum(axis=0)
    squares = (sums**2).sum(axis=0)
    found: list[Difference | None] = []
    for column in range(first.shape[1]):
        number = int(pairs[column])
        if not number:
            found.append(None)
            continue
        wins, losses = int(better[column]), int(worse[column])
        method: Method = "mcnemar"
        if exact[column]:
            p = mcnemar(wins, losses)
            a, b = round(float(means[0][column])), round(float(means[1][column]))
            interval: Interval | None = paired_interval(a, b, wins, number)
        else:
            p, method = tested[column]
            interval = drawn[column]
        total = int(images[column])
        found.append(
            Difference(
                pairs=number,
                images=total,
                first=float(means[0][column]) / number,
                second=float(means[1][column]) / number,
                difference=float(means[0][column] - means[1][column]) / number,
                interval=_with_zero(interval, p),
                first_better=wins,
                second_better=losses,
                p=p,
                method=method,
                mean_change=float(sums[:, column].sum()) / total,
                mean_square=float(squares[column]) / total,
            )
        )
    return found


def _by_cluster(rows: Any, groups: Any) -> Any:
    """Return the sums of an array's rows by cluster."""
    import numpy

    number = int(groups.max()) + 1 if len(groups) else 0
    if number == len(groups):
        return rows[numpy.argsort(groups)]
    sums = numpy.zeros((number, rows.shape[1]))
    numpy.add.at(sums, groups, rows)
    return sums


@lru_cache(maxsize=65_536)
def mcnemar(first_only: int, second_only: int) -> float:
    """Return the exact two-sided p of McNemar's test: binomial, of the pairs in which one alone is right.

    Q. McNemar, "Note on the sampling error of the difference between correlated proportions or percentages",
    Psychometrika 12 (1947) 153-157.
    """
    total, fewer = first_only + second_only, min(first_only, second_only)
    term = tail = 1
    for number in range(1, fewer + 1):
        term = term * (total - number + 1) // number
        tail += term
    return min(1.0, float(2 * tail / 2**total))


def paired_interval(first: int, second: int, first_only: int, total: int) -> Interval:
    """Return the 95 % interval of the difference of two proportions of the same images.

    R. G. Newcombe, "Improved confidence intervals for the difference between binomial proportions based on
    paired data", Statistics in Medicine 17 (1998) 2635-2650, method 10: of Wilson's intervals.

    Args:
        first: Images about which the first is right.
        second: About which the second is.
        first_only: About which the first alone is.
        total: Images, 1 at least.
    """
    (a, a_bounds), (b, b_bounds) = ((hits / total, wilson(hits, total)) for hits in (first, second))
    if a_bounds is None or b_bounds is None:
        raise ValueError("an interval needs images")
    neither = total - second - first_only
    spread = math.sqrt(first * (total - first) * second * (total - second))
    product: float = (first - first_only) * neither - first_only * (second - first + first_only)
    product = max(product - total / 2, 0.0) if product > 0 else product
    correlation = product / spread if spread else 0.0

    def margin(one: float, two: float) -> float:
        return math.sqrt(max(one**2 - 2 * correlation * one * two + two**2, 0.0))

    low = a - b - margin(a - a_bounds.low, b_bounds.high - b)
    high = a - b + margin(a_bounds.high - a, b - b_bounds.low)
    return Interval(max(low, -1.0), min(high, 1.0))


def sign_flips(sums: Any) -> list[tuple[float, Method]]:
    """Return for each column its two-sided p, and how it was found: by flipping the rows' signs.

    Where there is no difference, each image's could as well be the other way about. p is the share of flips
    in which the sum is as far from zero as it is; random ones, the observed one among them, are drawn from a
    fixed seed (B. Phipson and G. K. Smyth, "Permutation p-values should never be zero", Statistical
    Applications in Genetics and Molecular Biology 9 (2010) 39).

    Args:
        sums: Differences, an array of images × pairs.
    """
    import numpy

    differing = (sums != 0).sum(axis=0)
    observed = numpy.abs(sums.sum(axis=0))
    limits = observed - 1e-9 * numpy.maximum(numpy.abs(sums).sum(axis=0), 1e-300)
    many = numpy.flatnonzero(differing > ALL_FLIPS_UP_TO)
    reached = numpy.zeros(len(many), dtype=int)
    for signs in _signs(len(sums)) if len(many) else ():
        reached += (numpy.abs(signs @ sums[:, many]) >= limits[many]).sum(axis=0)
    at_random = dict(zip(many.tolist(), reached.tolist(), strict=True))
    scale = numpy.sqrt((sums**2).sum(axis=0))
    found: list[tuple[float, Method]] = []
    for column in range(sums.shape[1]):
        if column not in at_random:
            own = sums[sums[:, column] != 0, column]
            reach = numpy.abs(_all_signs(len(own)) @ own) >= limits[column]
            found.append((float(reach.mean()), "all_flips"))
        elif at_random[column]:
            found.append(((at_random[column] + 1) / (FLIPS + 1), "random_flips"))
        else:
            tail = math.erfc(float(observed[column] / scale[column]) / math.sqrt(2))
            found.append((min(tail, SMALLEST), "normal_tail"))
    return found


def _signs(rows: int) -> Iterator[Any]:
    """Yield random signs, arrays of some flips × rows, `FLIPS` flips in all."""
    import numpy

    random = numpy.random.default_rng(SEED)
    step = max(1, CELLS // max(rows, 1))
    for start in range(0, FLIPS, step):
        yield random.integers(0, 2, (min(step, FLIPS - start), rows)) * 2.0 - 1.0


@lru_cache(maxsize=ALL_FLIPS_UP_TO + 1)
def _all_signs(rows: int) -> Any:
    import numpy

    return ((numpy.arange(2**rows)[:, None] >> numpy.arange(rows)) & 1) * 2.0 - 1.0


def _bootstrap(sums: Any, counts: Any) -> list[Interval | None]:
    """Return each column's percentile interval of the mean difference, as `intervals.bootstrap` has it."""
    import numpy

    images = (counts > 0).sum(axis=0).tolist()
    if len(sums) < 2 or not images:
        return [None] * len(images)
    weights = draws(len(sums))
    with numpy.errstate(invalid="ignore"):
        drawn = (weights @ sums) / (weights @ counts)
    found: list[Interval | None] = [None] * len(images)
    for number in {number for number in images if number > 1}:
        columns = [column for column, its in enumerate(images) if its == number]
        tail = tail_share(number)
        bounds = numpy.nanquantile(drawn[:, columns], (tail, 1 - tail), axis=0)
        for column, low, high in zip(columns, *bounds.tolist(), strict=True):
            found[column] = Interval(low, high)
    return found


def _with_zero(interval: Interval | None, p: float) -> Interval | None:
    """Return an interval that excludes zero only where the test does: of few images it is too narrow."""
    if interval is None or p <= ALPHA:
        return interval
    return Interval(min(interval.low, 0.0), max(interval.high, 0.0))


def needed(found: Difference, tests: int = 1) -> int | None:
    """Return the images with which four of five studies would find a difference; `None` where there is none.

    Difference and discordance are taken to be those observed. Found is what has p ≤ 0.05 / `tests`. Up to
    `EXACT_UP_TO` images of one answer each, right or wrong, it is what the exact test finds; else it is R. J.
    Connor, "Sample size for testing differences in proportions for the paired-sample design", Biometrics 43
    (1987) 207-211, for outcomes in between by the square of their differences.

    Args:
        found: What was observed.
        tests: Pairs of runs that the question is asked of.
    """
    mean, square, alpha = found.mean_change, found.mean_square, ALPHA / tests
    if abs(mean) < ROUNDING:
        return None
    normal = NormalDist()
    spread = math.sqrt(max(square - mean**2, 0.0))
    root = normal.inv_cdf(1 - alpha / 2) * math.sqrt(square) + normal.inv_cdf(POWER) * spread
    images = math.ceil((root / mean) ** 2 - 1e-9)
    # The smallest p of so many images is 2 / 2**images.
    images = max(images, math.ceil(math.log2(2 / alpha)))
    if found.method != "mcnemar" or images > EXACT_UP_TO:
        return images
    better = (square + abs(mean)) / 2
    while _power(images, better, square - better, alpha) < POWER:
        images += 1
    return images


def _power(images: int, better: float, worse: float, alpha: float) -> float:
    """Return how often the exact test finds a difference, by the shares of discordant images either way."""
    discordant = better + worse
    power = 0.0
    for number in range(images + 1):
        share = math.comb(images, number) * discordant**number * max(1 - discordant, 0.0) ** (images - number)
        fewest = next(
            (few for few in range(number // 2, -1, -1) if mcnemar(few, number - few) <= alpha), None
        )
        if fewest is not None and share > 0:
            one = better / discordant
            power += share * sum(
                math.comb(number, few)
                * (one ** (number - few) * (1 - one) ** few + one**few * (1 - one) ** (number - few))
                for few in range(fewest + 1)
            )
    return power


def holm(ps: Sequence[float]) -> list[float]:
    """Return p adjusted for the number of tests, in their order.

    S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6
    (1979) 65-70.
    """
    adjusted = [0.0] * len(ps)
    largest = 0.0
    for place, index in enumerate(sorted(range(len(ps)), key=lambda index: ps[index])):
        largest = max(largest, min(1.0, (len(ps) - place) * ps[index]))
        adjusted[index] = largest
    return adjusted
