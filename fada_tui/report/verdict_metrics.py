"""The metrics of people's verdicts for CSV and JSON: shares with intervals, errors counted in two ways."""

from collections.abc import Callable, Iterator
from typing import Any, Final

from fada_tui.core.records import Run
from fada_tui.evaluation.verdicts import OUTCOMES, Outcome, Tally, VerdictShare
from fada_tui.report import verdict_texts
from fada_tui.report.figures import Figures
from fada_tui.report.metric import Metric, Shown, Value

_NAMES: Final[dict[Outcome, str]] = {
    "correct": "correct_share",
    "correct_or_partial": "correct_or_partial_share",
    "quality": "quality",
}


_HEADINGS: Final[dict[Outcome, str]] = {
    "correct": "Correct",
    "correct_or_partial": "Correct or Partially Correct",
}


def verdict_metrics() -> Iterator[Metric]:
    """Yield the metrics beside those that count verdicts: how many they are, and what they come to."""
    yield Metric(key="verdicts", value=lambda _, its: its.tally.verdicts, unit="count")
    yield Metric(key="judged_images", value=_of("quality", False, lambda found: found.clusters), unit="count")
    for outcome in _HEADINGS:
        yield from _share(outcome, with_errors=False)
    yield Metric(key="judged_with_errors", value=_of("quality", True, lambda found: found.n), unit="count")
    for outcome in OUTCOMES:
        yield from _share(outcome, with_errors=True)


def shares_data(counts: Tally) -> dict[str, Any]:
    """Return the counts and shares of some results' verdicts, under the same keys as those of a run."""
    found: dict[str, Any] = {
        "judged": counts.judged,
        "verdicts": counts.verdicts,
        "correct": counts.correct,
        "partial": counts.partial,
        "incorrect": counts.incorrect,
        "errors": counts.errors,
    }
    for with_errors in (False, True):
        for outcome in OUTCOMES:
            share = counts.share(outcome, with_errors=with_errors)
            key = _key(outcome, with_errors)
            found |= {
                key: share and share.value,
                f"{key}_low": share and share.interval.low,
                f"{key}_high": share and share.interval.high,
            }
    return found


def _share(outcome: Outcome, *, with_errors: bool) -> Iterator[Metric]:
    key = _key(outcome, with_errors)
    yield Metric(
        key=key,
        value=_of(outcome, with_errors, lambda one: one.value),
        unit="share",
        better="higher",
        shown={} if with_errors else {"page": Shown(_HEADINGS[outcome], _on_page(outcome))},
    )
    yield Metric(
        key=f"{key}_low", value=_of(outcome, with_errors, lambda one: one.interval.low), unit="share"
    )
    yield Metric(
        key=f"{key}_high", value=_of(outcome, with_errors, lambda one: one.interval.high), unit="share"
    )


def _on_page(outcome: Outcome) -> Callable[[Run, Figures], str | None]:
    return lambda _, its: verdict_texts.in_both_ways(its.tally, outcome)


def _key(outcome: Outcome, with_errors: bool) -> str:
    return f"{_NAMES[outcome]}_with_errors" if with_errors else _NAMES[outcome]


def _of(
    outcome: Outcome, with_errors: bool, value: Callable[[VerdictShare], Value]
) -> Callable[[Run, Figures], Value]:
    def of(_: Run, its: Figures) -> Value:
        share = its.tally.share(outcome, with_errors=with_errors)
        return None if share is None else value(share)

    return of
