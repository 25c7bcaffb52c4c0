"""Counts of the assessors' verdicts, and the shares that follow from them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final, Literal, NamedTuple, TypeAlias

from fada_tui.core.records import Assessment, Record, Result, Verdict
from fada_tui.evaluation.clusters import clusters
from fada_tui.evaluation.intervals import Method, Sums, interval_of_mean, method_of
from fada_tui.evaluation.statistics import Interval, Share

Outcome: TypeAlias = Literal["correct", "correct_or_partial", "quality"]
"""What is counted of a verdict: 1 for correct, 1 for correct or partial, or 1 and ½."""

OUTCOMES: Final[dict[Outcome, dict[Verdict, float]]] = {
    "correct": {"correct": 1.0, "partial": 0.0, "incorrect": 0.0},
    "correct_or_partial": {"correct": 1.0, "partial": 1.0, "incorrect": 0.0},
    "quality": {"correct": 1.0, "partial": 0.5, "incorrect": 0.0},
}
"""What each verdict is worth."""


def current(assessments: Sequence[Assessment]) -> tuple[Assessment, ...]:
    """Return the assessments in force: the last one of each assessor, unless it withdraws everything."""
    latest = {assessment.assessor: assessment for assessment in assessments}
    return tuple(
        assessment
        for assessment in latest.values()
        if assessment.verdict
        or assessment.context is not None
        or assessment.tags
        or assessment.note
        or assessment.flagged is True
    )


class Judged(NamedTuple):
    """The verdicts on the results of one cluster (see `clusters`)."""

    judged: int
    """Results with a verdict."""
    correct: float
    """Sum over these of what their verdicts are worth; of several assessors, their mean."""
    correct_or_partial: float
    quality: float
    errors: int
    """Results that are errors."""
    images: int = 1
    """Images that are one in this cluster, of those that have either."""


class VerdictShare(NamedTuple):
    """What verdicts are worth on average."""

    value: float
    """0 to 1."""
    n: int
    """Answers, and errors where these count."""
    clusters: int
    """Images, as far as they are independent."""
    interval: Interval
    """95 %, by clusters."""
    method: Method
    grouped: bool = False
    """Whether a cluster has several images: then there are more of them than `clusters`."""


class Tally(Record, frozen=True, kw_only=True):
    """The counts of verdicts over some results."""

    judged: int
    """Results with a verdict."""
    correct: int
    """Number of verdicts "correct", one for each assessor and result."""
    partial: int
    incorrect: int
    assessors: int
    answers: int
    """Results that are no errors, judged or not."""
    errors: int
    """Results that are errors."""
    context: Share
    """Context flags that are yes, of the flags given."""
    clusters: tuple[tuple[Judged, int], ...]
    """What clusters have, with the number of those that have it; empty where nothing is judged."""

    @property
    def verdicts(self) -> int:
        """Number of verdicts, one for each assessor and result."""
        return self.correct + self.partial + self.incorrect

    @property
    def quality(self) -> float | None:
        """(correct + ½ partial) / judged, 0 to 1; `None` where nothing is judged."""
        return found.value if (found := self.share("quality")) else None

    @property
    def interval(self) -> Interval | None:
        """The 95 % interval of the quality, by clusters."""
        return found.interval if (found := self.share("quality")) else None

    def share(self, outcome: Outcome, *, with_errors: bool = False) -> VerdictShare | None:
        """Return what the verdicts are worth on average; `None` where nothing is judged.

        Args:
            outcome: What is counted of a verdict.
            with_errors: Whether each error counts as an incorrect answer.
        """
        return _share(self.clusters, outcome, with_errors) if self.judged else None


@lru_cache(maxsize=1024)
def _share(counted: tuple[tuple[Judged, int], ...], outcome: Outcome, with_errors: bool) -> VerdictShare:
    place = Judged._fields.index(outcome)
    sums = [
        Sums(float(one[place]), one.judged + (one.errors if with_errors else 0))
        for one, times in counted
        for _ in range(times)
    ]
    sums = [one for one in sums if one.number]
    number = sum(one.number for one in sums)
    interval = interval_of_mean(sums)
    assert interval is not None
    return VerdictShare(
        value=sum(one.total for one in sums) / number,
        n=number,
        clusters=len(sums),
        interval=interval,
        method=method_of(sums),
        grouped=any(one.images > 1 for one, _ in counted),
    )


def tally(results: Iterable[Result]) -> Tally:
    """Count the current verdicts and context flags of the results."""
    results = list(results)
    counts: Counter[Verdict] = Counter()
    assessors: set[str | None] = set()
    flags: list[bool] = []
    verdicts_of: list[list[Verdict]] = []
    for result in results:
        standing = current(result.assessments) if result.assessments else ()
        flags += [assessment.context for assessment in standing if assessment.context is not None]
        verdicts = [assessment.verdict for assessment in standing if assessment.verdict is not None]
        assessors |= {assessment.assessor for assessment in standing if assessment.verdict is not None}
        counts.update(verdicts)
        verdicts_of.append(verdicts)
    judged = sum(map(bool, verdicts_of))
    return Tally(
        judged=judged,
        correct=counts["correct"],
        partial=counts["partial"],
        incorrect=counts["incorrect"],
        assessors=len(assessors),
        answers=sum(result.error is None for result in results),
        errors=sum(result.error is not None for result in results),
        context=Share(sum(flags), len(flags)),
        clusters=_by_cluster(results, verdicts_of) if judged else (),
    )


def worth(verdicts: Sequence[Verdict], outcome: Outcome) -> float:
    """Return what the verdicts on one result are worth, 0 to 1: of several, their mean."""
    return sum(OUTCOMES[outcome][verdict] for verdict in verdicts) / len(verdicts)


def _by_cluster(
    results: Sequence[Result], verdicts_of: Sequence[Sequence[Verdict]]
) -> tuple[tuple[Judged, int], ...]:
    """Return what clusters have; in an order that does not depend on that of the results."""
    found: dict[str, Judged] = {}
    images: dict[str, set[str]] = {}
    for name, result, verdicts in zip(clusters(results), results, verdicts_of, strict=True):
        if not verdicts and result.error is None:
            continue
        had = found.get(name, Judged(0, 0.0, 0.0, 0.0, 0))
        images.setdefault(name, set()).add(result.path)
        if not verdicts:
            found[name] = had._replace(errors=had.errors + 1)
            continue
        found[name] = had._replace(
            judged=had.judged + 1,
            correct=had.correct + worth(verdicts, "correct"),
            correct_or_partial=had.correct_or_partial + worth(verdicts, "correct_or_partial"),
            quality=had.quality + worth(verdicts, "quality"),
        )
    counted = Counter(one._replace(images=len(images[name])) for name, one in found.items())
    return tuple(sorted(counted.items()))
