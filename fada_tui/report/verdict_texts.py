"""People's verdicts in words: units are named, and never mixed in one count."""

from fada_tui.evaluation.judging import Chosen
from fada_tui.evaluation.verdicts import Outcome, Tally, VerdictShare
from fada_tui.report import units
from fada_tui.report.markdown import name

NAMED = 4
"""Assessors that are named."""


def counted(counts: Tally) -> str:
    """Return how much was judged: `48 verdicts on 30 of 114 answers, 6 errors`."""
    errors = f", {units.count(counts.errors, 'error')}" if counts.errors else ""
    whose = f"{counts.judged:,} of {units.count(counts.answers, 'answer')}"
    return f"{units.count(counts.verdicts, 'verdict')} on {whose}{errors}"


def weight_of_errors(counts: Tally) -> str | None:
    """Return that errors weigh more beside some of the answers than beside all; `None` where they do not."""
    left = counts.answers - counts.judged
    if not counts.judged or not counts.errors or not left:
        return None
    return (
        f"all {units.count(counts.errors, 'error')} of the run count, though {left:,} of its answers are not "
        "judged: they weigh more than in the run"
    )


def by_kind(counts: Tally) -> str:
    """Return the numbers of verdicts, and of how many people they are."""
    several = f" (verdicts of {counts.assessors} assessors)" if counts.assessors > 1 else ""
    return (
        f"✅ {counts.correct:,} correct, 🟡 {counts.partial:,} partially correct, "
        f"❌ {counts.incorrect:,} incorrect{several}"
    )


def briefly(counts: Tally) -> str:
    """Return the numbers of verdicts for a table, and on how many answers where several are on one."""
    if not counts.judged:
        return "–"
    several = "" if counts.verdicts == counts.judged else f" on {units.count(counts.judged, 'answer')}"
    return f"✅ {counts.correct:,} 🟡 {counts.partial:,} ❌ {counts.incorrect:,}{several}"


def share(found: VerdictShare | None) -> str:
    """Return what verdicts are worth, with the interval: `60% (39–78%)`."""
    return "–" if found is None else f"{units.percent(found.value)} ({units.interval(found.interval)})"


def in_both_ways(counts: Tally, outcome: Outcome) -> str | None:
    """Return a share with its interval and of how many it is, errors left out and counted as incorrect.

    It is `None` where nothing is judged.
    """
    found = counts.share(outcome)
    if found is None:
        return None
    said = f"{units.percent(found.value)} (95% interval {units.interval(found.interval)}, n = {of(found)})"
    asked = counts.share(outcome, with_errors=True) if counts.errors else None
    return said if asked is None else f"{said}; errors as incorrect {share(asked)}, n = {of(asked)}"


def of(found: VerdictShare) -> str:
    """Return of how many results a share is, and of how many images where these are fewer.

    Images that are not independent of each other, such as those of one patient, are one.
    """
    images = units.count(found.clusters, "independent image" if found.grouped else "image")
    return f"{found.n:,} on {images}" if found.clusters != found.n else f"{found.n:,}"


def how_chosen(found: Chosen) -> str:
    """Return how the judged answers were chosen, in which order, and who judged them, blind or not."""
    answers = units.count(found.answers, "answer")
    which = {
        "all": f"all {answers}" if found.answers > 1 else "the only answer",
        "first": f"the first {found.judged:,} of {answers} in the run's order",
        "part": f"{found.judged:,} of {answers}, by no rule that is recorded",
    }[found.which]
    order = {
        "run": "judged in the run's order",
        "other": "judged in another order than the run's",
        None: "judged in an order that is not recorded" if found.judged > 1 else None,
    }[found.order]
    blind = {0: "not blind", found.verdicts: "blind"}.get(
        found.blind, f"{found.blind:,} of {units.count(found.verdicts, 'verdict')} blind"
    )
    return "; ".join(part for part in (which, order, blind, f"by {_people(found)}") if part)


def _people(found: Chosen) -> str:
    named = ["a person without a name" if one is None else name(one) for one in found.assessors]
    rest = [f"{len(named) - NAMED:,} more"] if len(named) > NAMED else []
    *all_but_last, last = [*named[:NAMED], *rest]
    return f"{', '.join(all_but_last)} and {last}" if all_but_last else last
