"""Classification metrics: accuracy, confusions and F1 of the sorting, against the images' categories."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from random import Random
from typing import Any

from msgspec import UNSET

from fada_tui.core.records import ClassSet, ImageClass, Record, Result
from fada_tui.evaluation.categories import meaning
from fada_tui.evaluation.clusters import clusters
from fada_tui.evaluation.intervals import SEED, Sums, bootstrap, interval_of_mean
from fada_tui.evaluation.rubric import normal
from fada_tui.evaluation.statistics import Interval, Share

ROUNDS = 1000
DRAWS = 2_000_000
"""Maximum images drawn in all rounds of resampling together, so that large runs take seconds."""

Confusions = tuple[tuple[tuple[str, str], int], ...]
"""Counts by (true class, predicted class), in the order of their first appearance."""


class Sorting(Record, frozen=True, kw_only=True):
    """The classification metrics of a run's results."""

    classes: tuple[str, ...]
    """All classes, in the set's order."""
    top1: Share
    """Images whose true class ranked first, of those counted."""
    top3: Share | None
    """Images whose true class ranked among the first three; `None` if there are at most three classes."""
    first_right: tuple[tuple[Sums, int], ...]
    """Of each cluster the images of `top1`, of those counted; with the number of clusters alike."""
    three_right: tuple[tuple[Sums, int], ...]
    """The same of `top3`."""
    confusions: Confusions
    by_cluster: tuple[Confusions, ...]
    """Those of each cluster, where any has several images; empty where all are independent."""
    excluded: Mapping[str, int]
    """Number of answers about images whose category is not a class, by category."""

    @property
    def interval(self) -> Interval | None:
        """The 95 % interval of the accuracy, by clusters; `None` if nothing was counted."""
        return interval_of_mean(sums for sums, times in self.first_right for _ in range(times))

    @property
    def interval_of_three(self) -> Interval | None:
        """The same for the first three classes."""
        return interval_of_mean(sums for sums, times in self.three_right for _ in range(times))

    @property
    def interval_of_macro_f1(self) -> Interval | None:
        """The 95 % bootstrap percentile interval of the macro F1, by clusters; `None` for fewer than two."""
        return _by_cluster(self.by_cluster) if self.by_cluster else macro_f1_interval(self.confusions)

    @property
    def macro_f1(self) -> float | None:
        """Return the mean of the classes' F1; `None` if nothing was counted."""
        return macro_f1(self.confusions)


def sorting(results: Iterable[Result], classes: ClassSet, aliases: Mapping[str, str]) -> Sorting:
    """Compute the classification metrics from rankings and the categories of their images.

    A category is of the class of that name or alias; upper case, spaces, `_` and `-` make no difference.
    Results without a ranking are left out.

    Args:
        results: the run's.
        classes: what the images were sorted into.
        aliases: what folders' names mean by a person's word, which goes before the classes' own aliases.
    """
    results = list(results)
    truths = true_classes({result.category for result in results}, classes, aliases)
    confusions: Counter[tuple[str, str]] = Counter()
    excluded: Counter[str] = Counter()
    by_cluster: dict[str, Counter[tuple[str, str]]] = {}
    first: dict[str, Sums] = {}
    third: dict[str, Sums] = {}
    for result, cluster in zip(results, clusters(results), strict=True):
        if result.error is not None or result.ranking is UNSET or not result.ranking:
            continue
        truth = truths[result.category]
        if truth is None:
            excluded[result.category] += 1
            continue
        ranked = [one.label for one in result.ranking]
        confusions[truth.name, ranked[0]] += 1
        by_cluster.setdefault(cluster, Counter())[truth.name, ranked[0]] += 1
        for found, hit in ((first, truth.name == ranked[0]), (third, truth.name in ranked[:3])):
            had = found.get(cluster, Sums(0.0, 0))
            found[cluster] = Sums(had.total + hit, had.number + 1)
    total = confusions.total()
    return Sorting(
        classes=tuple(one.name for one in classes.classes),
        top1=_hits(first, total),
        top3=_hits(third, total) if len(classes.classes) > 3 else None,
        first_right=tuple(sorted(Counter(first.values()).items())),
        three_right=tuple(sorted(Counter(third.values()).items())),
        confusions=tuple(confusions.items()),
        by_cluster=tuple(tuple(sorted(own.items())) for own in by_cluster.values())
        if len(by_cluster) < total
        else (),
        excluded=dict(excluded),
    )


def _hits(found: Mapping[str, Sums], total: int) -> Share:
    return Share(int(sum(one.total for one in found.values())), total)


def true_classes(
    categories: Iterable[str], classes: ClassSet, aliases: Mapping[str, str]
) -> dict[str, ImageClass | None]:
    """Return the class that each category's images are of; `None` where its name is none of them.

    Args:
        categories: Names of folders.
        classes: What images are sorted into.
        aliases: As in `sorting`.
    """
    own = {normal(name): one for one in classes.classes for name in (one.name, *one.aliases)}
    return {category: own.get(normal(meaning(category, aliases))) for category in categories}


def macro_f1(confusions: Confusions) -> float | None:
    """Return the unweighted mean of F1 over the classes that have images; `None` without images.

    F1 of a class is 2 × hits / (its images + images sorted into it). A class without images has none and is
    left out of the mean, as in FetalCLIP's published evaluation; images sorted into it count against their
    own class.
    """
    images: Counter[str] = Counter()
    given: Counter[str] = Counter()
    hits: Counter[str] = Counter()
    for (truth, said), count in confusions:
        images[truth] += count
        given[said] += count
        hits[truth] += count * (truth == said)
    scores = [2 * hits[name] / (number + given[name]) for name, number in images.items() if number]
    return math.fsum(scores) / len(scores) if scores else None


class ConstantClass(Record, frozen=True, kw_only=True):
    """The metrics of one and the same class said of every image."""

    name: str
    accuracy: float
    macro_f1: float


def constant_classes(confusions: Confusions) -> tuple[ConstantClass, ConstantClass] | None:
    """Return the class of most images, and the one that the model says most often; `None` without images.

    The first has the best accuracy and the best macro F1 that a constant answer can have: both grow with the
    number of its images.
    """
    shown: Counter[str] = Counter()
    said: Counter[str] = Counter()
    for (truth, answer), count in confusions:
        shown[truth] += count
        said[answer] += count
    if not shown:
        return None

    def always(name: str) -> ConstantClass:
        score = macro_f1(tuple(((truth, name), count) for truth, count in shown.items()))
        return ConstantClass(name=name, accuracy=shown[name] / shown.total(), macro_f1=score or 0.0)

    return always(_commonest(shown)), always(_commonest(said))


def _commonest(counts: Counter[str]) -> str:
    return min(counts, key=lambda name: (-counts[name], name))


def rounds(total: int) -> int:
    """Return the number of bootstrap rounds for a number of images."""
    return ROUNDS if total * ROUNDS <= DRAWS else max(DRAWS // total, 200)


@lru_cache(maxsize=64)
def macro_f1_interval(confusions: Confusions) -> Interval | None:
    """Return the 95 % bootstrap percentile interval of the macro F1; `None` for fewer than two images.

    Images are drawn with replacement, as many as there are, `rounds` times, by Python's Mersenne Twister from
    a fixed seed, so that the same counts have the same interval (Efron and Tibshirani 1993, chapter 13).
    """
    total = sum(count for _, count in confusions)
    if total < 2:
        return None
    random = Random(SEED)
    cells = [cell for cell, _ in confusions]
    counts = [count for _, count in confusions]
    scores = sorted(
        score
        for _ in range(rounds(total))
        if (score := macro_f1(tuple(Counter(random.choices(cells, counts, k=total)).items()))) is not None
    )
    return Interval(_quantile(scores, 0.025), _quantile(scores, 0.975))


def _by_cluster(counted: Sequence[Confusions]) -> Interval | None:
    cells = sorted({cell for own in counted for cell, _ in own})
    places = {cell: place for place, cell in enumerate(cells)}
    names = sorted({truth for truth, _ in cells})

    def statistic(sums: Any) -> Any:
        import numpy

        scores = numpy.full((len(sums), len(names)), numpy.nan)
        for place, name in enumerate(names):
            images = sums[:, [at for at, (truth, _) in enumerate(cells) if truth == name]].sum(axis=1)
            given = sums[:, [at for at, (_, said) in enumerate(cells) if said == name]].sum(axis=1)
            hits = sums[:, places[name, name]] if (name, name) in places else numpy.zeros(len(sums))
            drawn = images > 0
            scores[drawn, place] = 2 * hits[drawn] / (images + given)[drawn]
        return numpy.nanmean(scores, axis=1)

    rows = []
    for own in counted:
        row = [0.0] * len(cells)
        for cell, number in own:
            row[places[cell]] = float(number)
        rows.append(row)
    return bootstrap(sorted(rows), statistic)


def _quantile(ordered: list[float], share: float) -> float:
    """Return a quantile of sorted values, interpolated linearly."""
    place = share * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)
