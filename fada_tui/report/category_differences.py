"""Best and worst categories in words where they can be told apart, and else that none can."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Final, NamedTuple, TypeAlias

from fada_tui.core.records import Result, Run
from fada_tui.evaluation.clusters import clusters
from fada_tui.evaluation.differences import Comparison, Group, Pair, compare
from fada_tui.evaluation.intervals import Sums
from fada_tui.evaluation.verdicts import current, worth
from fada_tui.report import units
from fada_tui.report.figures import expects_terms
from fada_tui.report.looking import constant_answers
from fada_tui.report.markdown import name

QUESTIONS: Final = 4
"""Questions by whose scores categories are told apart, that stand on the page."""
_NAMED = 8
"""Categories that are named where several are alike."""

_ValueOf: TypeAlias = Callable[[Result], float | None]
"""A result's value, 0 to 1; `None` where it has none."""


class ToldApart(NamedTuple):
    """What is to be said of a run's categories: facts for lists, and sentences."""

    best: tuple[str, ...] = ()
    worst: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


def categories_told_apart(run: Run) -> ToldApart:
    """Return what people's verdicts say of the categories; without any, what scores do, by question.

    One answer for every image is right where the right answer happens to be that one: the scores of such a
    question rank the references, and say nothing of the model.
    """
    judged = _compared(run.results, _by_verdicts)
    if judged.groups:
        return _told(judged, "by verdicts")
    found = []
    constant = {one.question_id for one in constant_answers(run)}
    for question in run.questions:
        if question.id in constant:
            continue
        own = [result for result in run.results if result.question_id == question.id]
        terms = expects_terms(run, question.id)
        compared = _compared(own, partial(_by_score, terms=terms))
        basis = (
            f"by scores of {name(question.short or question.id)}" if len(run.questions) > 1 else "by scores"
        )
        found.append(_told(compared, basis))
    some = [one for one in found if one.best]
    none = [line for one in found if not one.best for line in one.remarks]
    if len(none) > 1:
        where = f"{units.count(len(none), 'other question')}" if some else f"any of {len(none):,} questions"
        none = [f"By scores no category can be told apart in {where}."]
    if constant:
        of = units.count(len(constant), "question")
        none.append(f"Categories are not compared in {of} with one answer for (nearly) every image.")
    more = len(some) - QUESTIONS
    rest = [f"Categories can be told apart by {units.count(more, 'more question')}."] if more > 0 else []
    return ToldApart(
        tuple(line for one in some[:QUESTIONS] for line in one.best),
        tuple(line for one in some[:QUESTIONS] for line in one.worst),
        (*(line for one in some[:QUESTIONS] for line in one.remarks), *rest, *none),
    )


def _by_verdicts(result: Result) -> float | None:
    verdicts = [one.verdict for one in current(result.assessments) if one.verdict is not None]
    return worth(verdicts, "quality") if verdicts else None


def _by_score(result: Result, terms: bool) -> float | None:
    if result.score:
        return result.score.value
    return result.auto.score if terms and result.auto is not None else None


def _compared(results: Iterable[Result], value_of: _ValueOf) -> Comparison:
    valued = [(result, value) for result in results if (value := value_of(result)) is not None]
    sums: dict[str, dict[str, Sums]] = {}
    for cluster, (result, value) in zip(clusters([result for result, _ in valued]), valued, strict=True):
        own = sums.setdefault(result.category, {})
        had = own.get(cluster, Sums(0.0, 0))
        own[cluster] = Sums(had.total + value, had.number + 1)
    return compare({category: [*own.values()] for category, own in sums.items()})


def _told(found: Comparison, basis: str) -> ToldApart:
    if len(found.groups) < 2:
        return ToldApart()
    numbers = [group.n for group in found.groups]
    if not found.told_apart:
        of = f"{len(found.groups):,} categories, n {_from_to(min(numbers), max(numbers))}"
        return ToldApart(remarks=(f"{_begin(basis)} no category can be told apart ({of}).",))
    best, worst = found.groups[0].value, found.groups[-1].value
    extremes = [pair for pair in found.told_apart if (pair.better.value, pair.worse.value) == (best, worst)]
    adjusted = "the interval of Agresti and Caffo, adjusted over "
    adjusted += f"{units.count(found.pairs, 'pair')} of categories (Bonferroni)"
    if not extremes:
        first, *rest = found.told_apart
        more = f"; so are {units.count(len(rest), 'more pair')}" if rest else ""
        both = f"{_named([first.better])} and {_named([first.worse])}"
        said = f"{_begin(basis)} {both} can be told apart"
        return ToldApart(remarks=(f"{said}: {_difference(first)}, {adjusted}{more}.",))
    better = _once(pair.better for pair in extremes)
    worse = _once(pair.worse for pair in extremes)
    least = min(extremes, key=lambda pair: pair.interval.low)
    return ToldApart(
        best=(f"Best category {basis}: {_named(better)}, {units.percent(best)}",),
        worst=(f"Worst category {basis}: {_named(worse)}, {units.percent(worst)}",),
        remarks=(
            f"{_begin(basis)} best and worst category can be told apart: {_difference(least)}, {adjusted}; "
            f"of all pairs {len(found.told_apart):,} can.",
        ),
    )


def _begin(basis: str) -> str:
    return basis[:1].upper() + basis[1:]


def _once(groups: Iterable[Group]) -> list[Group]:
    by_name: Mapping[str, Group] = {group.name: group for group in groups}
    return [*by_name.values()]


def _named(groups: list[Group]) -> str:
    shown = ", ".join(f"{name(group.name)} (n = {group.n:,})" for group in groups[:_NAMED])
    return f"{shown} and {len(groups) - _NAMED:,} more" if len(groups) > _NAMED else shown


def _difference(pair: Pair) -> str:
    low, high = (round(bound * 100) for bound in pair.interval)
    return f"{round(pair.difference * 100)} points better ({max(low, 1)} to {high})"


def _from_to(least: int, most: int) -> str:
    return f"= {least:,}" if least == most else f"from {least:,} to {most:,}"
