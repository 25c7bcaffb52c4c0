"""The figures of each kind of score, computed of scored results."""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from fada_tui.core.records import Score
from fada_tui.evaluation.classification import macro_f1
from fada_tui.evaluation.intervals import Estimate, bootstrap, mean_interval, mean_of_two
from fada_tui.evaluation.scoring.items import BETA
from fada_tui.evaluation.scoring.records import NO_VALUE, SEVERAL_VALUES, Measured, Unit
from fada_tui.evaluation.scoring.vocabulary import Vocabulary
from fada_tui.evaluation.statistics import Interval


class Row(NamedTuple):
    """A result that counts, or several alike."""

    cluster: str
    """Its image (see `clusters`)."""
    truth: str
    """What is right: the reference's value, the reference itself, or the category."""
    score: Score | None
    """`None` for an error."""
    weight: int = 1
    """Number of results that it stands for."""


class Measure(NamedTuple):
    """A figure, and how it is computed: as a mean of values, or of the counts of values by right value."""

    key: str
    name: str
    of: Callable[[Row], float | None] | None = None
    """A result's value; of an error 0. `None` where it does not count."""
    of_counts: Callable[[Counter[tuple[str, str]]], float | None] | None = None
    """The figure of how often which value (right value, answered value) was given."""
    interval: Callable[[Sequence[Row]], Interval | None] | None = None
    """That figure's interval."""
    of_asked: Callable[[Row], float | None] | None = None
    """Like `of`, of all that was asked, where that is another: errors and answers without a value count."""
    unit: Unit = "share"
    largest: float = 1.0
    """Largest value that a result can have."""
    lacking: str = "no references"
    """Why there is no figure, if no result counts."""


def measures_of(vocabulary: Vocabulary) -> tuple[Measure, ...]:
    """Return the figures of a question's kind, the main one first."""
    values = vocabulary.values
    match vocabulary.question.kind:
        case "terms":
            return (Measure("terms", "terms named", _value, lacking="no category has terms"),)
        case "set":
            return (Measure("f_beta", f"F{BETA:g}", _value),)
        case "choice":
            return (
                Measure("accuracy", "accuracy", _value),
                Measure(
                    "macro_f1", "macro F1", None, _macro_f1, lambda rows: _macro_f1_interval(values, rows)
                ),
            )
        case "ordered":
            steps = max(len(values) - 1, 1)
            return (
                Measure("exact", "exact", _value),
                Measure("within_one", "within one", _within_one(values)),
                Measure(
                    *("mean_distance", "mean distance", lambda row: _steps(values, row)),
                    of_asked=_distance(values),
                    unit="steps",
                    largest=steps,
                    lacking="no answer has a value",
                ),
            )
        case "yes_no":
            return (
                Measure(
                    *("balanced_accuracy", "balanced accuracy", None),
                    of_counts=lambda counts: _balanced(values, counts),
                    interval=lambda rows: _balanced_interval(values, rows),
                    lacking="the references have only one of the two values",
                ),
                *(
                    Measure(key, key, _recall(value), lacking=f"no reference is '{value}'")
                    for key, value in zip(("sensitivity", "specificity"), reversed(values), strict=False)
                ),
            )
        case "text":
            return (Measure("token_f1", "token F1", _value), Measure("rouge_l", "ROUGE-L", _rouge_l))
        case _:
            return ()


def measured(measure: Measure, rows: Sequence[Row], *, asked: bool = False) -> Measured:
    """Return a figure of some results with its interval: of answers, or of all that was asked."""
    if measure.of is None:
        return _counted(measure, rows)
    of = measure.of_asked if asked and measure.of_asked else measure.of
    values: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        if (value := of(row)) is not None:
            values[row.cluster].append(value)
    interval = mean_interval(values, measure.largest)
    number = sum(map(len, values.values()))
    reason = None if number else measure.lacking if rows else "no answers"
    return Measured(value=point(measure._replace(of=of), rows), n=number, interval=interval, reason=reason)


def point(measure: Measure, rows: Iterable[Row]) -> float | None:
    """Return a figure of some results; `None` if none counts."""
    if measure.of is None:
        return measure.of_counts(_counts(rows)) if measure.of_counts else None
    counted = [(value, row.weight) for row in rows if (value := measure.of(row)) is not None]
    number = sum(weight for _, weight in counted)
    return math.fsum(value * weight for value, weight in counted) / number if number else None


def answered_value(score: Score | None) -> str:
    """Return the one value that an answer names, `NO_VALUE` or `SEVERAL_VALUES`; an error has no value."""
    said = (*score.matched, *score.extra) if score else ()
    return NO_VALUE if not said else said[0] if len(said) == 1 else SEVERAL_VALUES


def _counted(measure: Measure, rows: Sequence[Row]) -> Measured:
    value = point(measure, rows)
    if value is None:
        return Measured(value=None, n=len(rows), reason=measure.lacking if rows else "no answers")
    interval = measure.interval(rows) if measure.interval else None
    reason = None if interval else "too few different answers for an interval"
    return Measured(value=value, n=len(rows), interval=interval, reason=reason)


def _counts(rows: Iterable[Row]) -> Counter[tuple[str, str]]:
    counts: Counter[tuple[str, str]] = Counter()
    for row in rows:
        counts[row.truth, answered_value(row.score)] += row.weight
    return counts


def _value(row: Row) -> float | None:
    return row.score.value if row.score else 0.0


def _rouge_l(row: Row) -> float | None:
    if row.score is None:
        return 0.0
    return row.score.rouge_l if isinstance(row.score.rouge_l, float) else None


def _recall(value: str) -> Callable[[Row], float | None]:
    return lambda row: _value(row) if row.truth == value else None


def _steps(values: Sequence[str], row: Row) -> int | None:
    """Return how far an answer's value is from the right one; `None` for an answer without one value."""
    said = answered_value(row.score)
    return abs(values.index(said) - values.index(row.truth)) if said in values else None


def _within_one(values: Sequence[str]) -> Callable[[Row], float | None]:
    def within(row: Row) -> float:
        steps = _steps(values, row)
        return float(steps is not None and steps <= 1)

    return within


def _distance(values: Sequence[str]) -> Callable[[Row], float | None]:
    def distance(row: Row) -> float:
        steps, place = _steps(values, row), values.index(row.truth)
        return max(place, len(values) - 1 - place) if steps is None else steps

    return distance


def _balanced(values: Sequence[str], counts: Counter[tuple[str, str]]) -> float | None:
    shares = []
    for value in values:
        total = sum(count for (truth, _), count in counts.items() if truth == value)
        if not total:
            return None
        shares.append(counts[value, value] / total)
    return math.fsum(shares) / len(shares) if shares else None


def _balanced_interval(values: Sequence[str], rows: Sequence[Row]) -> Interval | None:
    """Return the interval from those of sensitivity and specificity, which are of different images."""
    both = []
    for value in values:
        found = measured(Measure("", "", _recall(value)), rows)
        if found.value is None or found.interval is None:
            return None
        both.append(Estimate(found.value, found.interval))
    return mean_of_two(*both) if len(both) == 2 else None


def _macro_f1(counts: Counter[tuple[str, str]]) -> float | None:
    """Return the mean of F1 over the values that have references; `None` without any."""
    return macro_f1(tuple(sorted(counts.items())))


def _macro_f1_interval(values: Sequence[str], rows: Sequence[Row]) -> Interval | None:
    said = (*values, NO_VALUE, SEVERAL_VALUES)
    cells = [(truth, answer) for truth in values for answer in said]
    places = {cell: place for place, cell in enumerate(cells)}
    images: dict[str, list[float]] = defaultdict(lambda: [0.0] * len(cells))
    for row in rows:
        images[row.cluster][places[row.truth, answered_value(row.score)]] += 1
    return bootstrap(
        sorted(images.values()), lambda sums: _macro_f1_draws(sums.reshape(-1, len(values), len(said)))
    )


def _macro_f1_draws(counts: Any) -> Any:
    """Return the macro F1 of each of several counts: an array of rounds × right values × answered values."""
    import numpy

    images, hits = counts.sum(axis=2), numpy.diagonal(counts, axis1=1, axis2=2)
    given = counts.sum(axis=1)[:, : counts.shape[1]]
    with numpy.errstate(invalid="ignore", divide="ignore"):
        f1 = numpy.where(images > 0, 2 * hits / (images + given), numpy.nan)
    return numpy.nanmean(f1, axis=1)
