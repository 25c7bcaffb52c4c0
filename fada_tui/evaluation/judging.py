"""How the answers that people judged were chosen, as far as a run's record tells."""

from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import pairwise
from typing import Literal

from fada_tui.core.records import Record, Result
from fada_tui.evaluation.verdicts import current


class Chosen(Record, frozen=True, kw_only=True):
    """Which answers were judged, and how."""

    which: Literal["all", "first", "part"]
    """All answers, the first ones in the run's order, or others."""
    judged: int
    """Answers with a verdict."""
    answers: int
    order: Literal["run", "other"] | None
    """Whether they were judged in the run's order; `None` where that is not recorded."""
    verdicts: int
    blind: int
    """Verdicts that were given without seeing whose answer it was."""
    assessors: tuple[str | None, ...]
    """In the order of their names, those without one last."""


def chosen(results: Iterable[Result]) -> Chosen | None:
    """Return how the judged answers were chosen; `None` where none is judged.

    Args:
        results: A run's, in its order; errors cannot be judged and are left out.
    """
    given = [
        [one for one in current(result.assessments) if one.verdict is not None]
        for result in results
        if result.error is None
    ]
    judged = [one for one in given if one]
    if not judged:
        return None
    standing = [one for verdicts in judged for one in verdicts]
    names = {one.assessor for one in standing}
    if len(judged) == len(given):
        which: Literal["all", "first", "part"] = "all"
    else:
        which = "first" if all(given[: len(judged)]) else "part"
    return Chosen(
        which=which,
        judged=len(judged),
        answers=len(given),
        order=_order([[one.at for one in verdicts] for verdicts in judged]),
        verdicts=len(standing),
        blind=sum(one.blind for one in standing),
        assessors=tuple(sorted(names, key=lambda one: (one is None, one or ""))),
    )


def _order(times: list[list[str | None]]) -> Literal["run", "other"] | None:
    """Return in which order results were judged, from the times of each one's verdicts in the run's order."""
    moments = [[_moment(at) for at in own] for own in times]
    firsts = [min(one for one in own if one is not None) for own in moments if None not in own]
    if len(firsts) < len(times) or len(firsts) < 2:
        return None
    return "run" if all(one <= other for one, other in pairwise(firsts)) else "other"


def _moment(at: str | None) -> datetime | None:
    try:
        when = datetime.fromisoformat(at or "")
        return when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
