"""Counts of the assessors' verdicts."""

from collections.abc import Iterable, Sequence
from typing import Final

from fada_tui.core.records import Assessment, Record, Result, Verdict
from fada_tui.evaluation.statistics import Interval, Share, wilson

POINTS: Final[dict[Verdict, float]] = {"correct": 1.0, "partial": 0.5, "incorrect": 0.0}


def current(assessments: Sequence[Assessment]) -> tuple[Assessment, ...]:
    """Return the assessments in force: the last one of each assessor, unless it withdraws everything."""
    latest = {assessment.assessor: assessment for assessment in assessments}
    return tuple(
        assessment
        for assessment in latest.values()
        if assessment.verdict or assessment.context is not None or assessment.tags or assessment.note
    )


class Tally(Record, frozen=True, kw_only=True):
    """The counts of verdicts over some results."""

    judged: int
    """Results with a verdict."""
    correct: int
    """Number of verdicts "correct", one for each assessor and result."""
    partial: int
    incorrect: int
    assessors: int
    points: float
    """Sum over the judged results of 1 for correct, ½ for partial; of several assessors, their mean."""
    context: Share
    """Context flags that are yes, of the flags given."""

    @property
    def quality(self) -> float | None:
        """(correct + ½ partial) / judged, 0 to 1; `None` where nothing is judged."""
        return self.points / self.judged if self.judged else None

    @property
    def interval(self) -> Interval | None:
        """The 95 % Wilson interval of the quality, the judged results taken to be independent."""
        return wilson(self.points, self.judged)


def tally(results: Iterable[Result]) -> Tally:
    """Count the current verdicts and context flags of the results."""
    counts: dict[Verdict, int] = {"correct": 0, "partial": 0, "incorrect": 0}
    assessors: set[str | None] = set()
    flags: list[bool] = []
    judged, points = 0, 0.0
    for result in results:
        if not result.assessments:
            continue
        standing = current(result.assessments)
        flags += [assessment.context for assessment in standing if assessment.context is not None]
        verdicts = [assessment.verdict for assessment in standing if assessment.verdict is not None]
        assessors |= {assessment.assessor for assessment in standing if assessment.verdict is not None}
        for verdict in verdicts:
            counts[verdict] += 1
        if verdicts:
            judged += 1
            points += sum(POINTS[verdict] for verdict in verdicts) / len(verdicts)
    return Tally(
        judged=judged,
        correct=counts["correct"],
        partial=counts["partial"],
        incorrect=counts["incorrect"],
        assessors=len(assessors),
        points=points,
        context=Share(sum(flags), len(flags)),
    )
