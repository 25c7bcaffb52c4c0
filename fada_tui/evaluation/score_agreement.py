"""How far a question's scores agree with people's verdicts on the same answers, and may be believed."""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias

from fada_tui.core.records import Question, Record, Result
from fada_tui.evaluation.clusters import clusters
from fada_tui.evaluation.intervals import bootstrap
from fada_tui.evaluation.statistics import Interval
from fada_tui.evaluation.verdicts import OUTCOMES, current

IMAGES = 10
"""Images below which no interval is given: a bootstrap of so few is too narrow."""

Statistic: TypeAlias = Literal["kappa", "rank_correlation"]


class Judged(NamedTuple):
    """An answer with a score and a verdict."""

    cluster: str
    score: float
    verdict: float
    """1 for correct, ½ for partial, 0 for incorrect; of several assessors, their mean."""


class ScoreAgreement(Record, frozen=True, kw_only=True):
    """The agreement of scores and verdicts, from -1 to 1; 0 is what chance would give."""

    statistic: Statistic
    """Cohen's `kappa` of right or wrong scores with verdicts that are "correct" or not; Spearman's
    `rank_correlation` of other scores with verdicts in their order."""
    n: int
    """Answers that have both."""
    value: float | None
    interval: Interval | None = None
    """95 %, by images."""
    reason: str | None = None
    """Why there is no value or no interval, for people."""


def score_agreement(question: Question, results: Iterable[Result]) -> ScoreAgreement | None:
    """Return how far scores and verdicts on a question's answers agree; `None` where no answer has both.

    Args:
        question: The question.
        results: Those of a run; results of other questions are left out.
    """
    judged = _judged(question, [one for one in results if one.question_id == question.id])
    if not judged:
        return None
    binary = all(one.score in (0.0, 1.0) for one in judged)
    statistic: Statistic = "kappa" if binary else "rank_correlation"
    verdicts = {float(one.verdict == 1.0) if binary else one.verdict for one in judged}
    reason = None
    if len(judged) < 2:
        reason = "one answer tells nothing"
    elif len(verdicts) == 1:
        reason = "all verdicts are alike"
    elif len({one.score for one in judged}) == 1:
        reason = "all scores are alike"
    if reason:
        return ScoreAgreement(statistic=statistic, n=len(judged), value=None, reason=reason)
    value, interval = _kappa(judged) if binary else _rank_correlation(judged)
    if interval is None:
        reason = f"fewer than {IMAGES} images" if _images(judged) < IMAGES else "all draws are alike"
    return ScoreAgreement(statistic=statistic, n=len(judged), value=value, interval=interval, reason=reason)


def _judged(question: Question, results: Sequence[Result]) -> list[Judged]:
    found = []
    for result, cluster in zip(results, clusters(results), strict=True):
        points = [
            OUTCOMES["quality"][one.verdict] for one in current(result.assessments) if one.verdict is not None
        ]
        if points and result.score and result.score.kind == question.kind:
            found.append(Judged(cluster, result.score.value, sum(points) / len(points)))
    return found


def _images(judged: Sequence[Judged]) -> int:
    return len({one.cluster for one in judged})


def _kappa(judged: Sequence[Judged]) -> tuple[float, Interval | None]:
    """Return Cohen's kappa.

    J. Cohen, "A coefficient of agreement for nominal scales", Educational and Psychological Measurement 20
    (1960) 37-46.
    """

    def statistic(sums: Any) -> Any:
        import numpy

        total = sums.sum(axis=1)
        seen = (sums[:, 0] + sums[:, 3]) / total
        right, correct = (sums[:, 0] + sums[:, 1]) / total, (sums[:, 0] + sums[:, 2]) / total
        expected = right * correct + (1 - right) * (1 - correct)
        with numpy.errstate(invalid="ignore", divide="ignore"):
            return numpy.where(expected < 1, (seen - expected) / (1 - expected), numpy.nan)

    def cell(one: Judged) -> list[float]:
        place = 2 * (one.score == 0.0) + (one.verdict != 1.0)
        return [float(place == other) for other in range(4)]

    return _estimate([(one.cluster, cell(one)) for one in judged], statistic)


def _rank_correlation(judged: Sequence[Judged]) -> tuple[float, Interval | None]:
    """Return Spearman's correlation: equal values have their mean rank, and draws keep the ranks."""

    def statistic(sums: Any) -> Any:
        import numpy

        number, x, y, xx, yy, xy = sums.T
        spread = (number * xx - x**2) * (number * yy - y**2)
        with numpy.errstate(invalid="ignore", divide="ignore"):
            return numpy.where(spread > 0, (number * xy - x * y) / numpy.sqrt(spread), numpy.nan)

    # Around zero, sums of squares lose no digits.
    middle = (len(judged) + 1) / 2
    scores = [rank - middle for rank in _ranks([one.score for one in judged])]
    verdicts = [rank - middle for rank in _ranks([one.verdict for one in judged])]
    rows = [
        (one.cluster, [1.0, x, y, x * x, y * y, x * y])
        for one, x, y in zip(judged, scores, verdicts, strict=True)
    ]
    return _estimate(rows, statistic)


def _ranks(values: Sequence[float]) -> list[float]:
    """Return the rank of each value, from 1; equal values have the mean of theirs."""
    places: dict[float, list[int]] = defaultdict(list)
    for place, value in enumerate(sorted(values), 1):
        places[value].append(place)
    return [math.fsum(places[value]) / len(places[value]) for value in values]


def _estimate(rows: Sequence[tuple[str, list[float]]], statistic: Any) -> tuple[float, Interval | None]:
    """Return a statistic of sums over all rows, and its bootstrap interval by clusters of rows."""
    import numpy

    images: dict[str, list[float]] = {}
    for cluster, row in rows:
        own = images.setdefault(cluster, [0.0] * len(row))
        images[cluster] = [one + more for one, more in zip(own, row, strict=True)]
    sums = sorted(images.values())
    value = float(statistic(numpy.asarray(sums).sum(axis=0, keepdims=True))[0])
    return value, bootstrap(sums, statistic) if len(images) >= IMAGES else None
