"""The section Analysis: the assessor's notes, then facts computed from the run and labelled as such."""

from collections.abc import Container, Sequence
from typing import NamedTuple

from fada_tui.core.records import Result, Run
from fada_tui.evaluation.statistics import Share, mean
from fada_tui.evaluation.verdicts import tally
from fada_tui.report import units
from fada_tui.report.figures import Figures, expects_terms
from fada_tui.report.markdown import name
from fada_tui.report.notes import listed

NAMED = 8
"""Categories that are named where several are alike."""


class Ranking(NamedTuple):
    """Categories by quality, best and worst; ties are named together."""

    best: str
    worst: str


def strengths_and_weaknesses(run: Run, found: Figures) -> list[str]:
    """Return the subsections Strengths and Weaknesses."""
    ranking = _ranking(run)
    strengths = [
        ranking and f"Best category {ranking.best}",
        _context(found.tally.context, "Context recognised by the assessor's flags in", set_=True),
        _some(found.auto_context, "Context terms in", "answers"),
    ]
    weaknesses = [
        ranking and f"Worst category {ranking.worst}",
        _context(found.tally.context, "Context missed by the assessor's flags in", set_=False),
        _some(_rest(found.auto_context), "No context terms in", "answers"),
        _some(found.maternal, "Maternal terms where the image shows the fetus in", "answers"),
        _some(found.other_planes, "Another category's plane named in", "answers"),
        _some(found.identical, "The same words for different images in", "answers"),
        _some(found.repeating, "A phrase repeated over and over at the end of", "answers"),
        _some(found.in_mid_sentence, "Stopped in mid-sentence:", "answers whose end is not recorded"),
        _some(found.cut, "Cut at the token limit:", "answers"),
        _some(Share(found.errors, found.results), "Errors:", "results"),
    ]
    return [
        "### Strengths",
        "",
        *_numbered(run.notes.strengths, strengths),
        "",
        "### Weaknesses",
        "",
        *_numbered(run.notes.weaknesses, weaknesses),
        "",
    ]


def _numbered(notes: Sequence[str], facts: Sequence[str | None]) -> list[str]:
    return listed(notes, [f"{fact} (computed)" for fact in facts if fact], below=3) or ["None noted."]


def _some(share: Share, what: str, of_what: str) -> str | None:
    return f"{what} {units.of(share)} {of_what}" if share.hits else None


def _context(flags: Share, what: str, *, set_: bool) -> str | None:
    return _some(flags if set_ else _rest(flags), what, "flagged answers")


def _rest(share: Share) -> Share:
    return Share(share.total - share.hits, share.total)


def _ranking(run: Run) -> Ranking | None:
    """Rank categories by the assessors' verdicts, or by auto scores where there are no verdicts.

    `None` where fewer than two categories can be compared, or all are alike.
    """
    by_category: dict[str, list[Result]] = {}
    for result in run.results:
        by_category.setdefault(result.category, []).append(result)
    judged = {category: tally(group) for category, group in by_category.items()}
    quality = {
        category: (counts.quality, counts.judged)
        for category, counts in judged.items()
        if counts.quality is not None
    }
    if quality:
        return _extremes(quality, "by verdicts")
    terms = {one.id for one in run.questions if expects_terms(run, one.id)}
    automatic = {category: _auto_scores(group, terms) for category, group in by_category.items()}
    averages = {
        category: (average, len(scores))
        for category, scores in automatic.items()
        if (average := mean(scores)) is not None
    }
    return _extremes(averages, "by auto score")


def _auto_scores(results: Sequence[Result], questions: Container[str]) -> list[float]:
    return [
        result.auto.score
        for result in results
        if result.question_id in questions and result.auto is not None and result.auto.score is not None
    ]


def _extremes(values: dict[str, tuple[float, int]], basis: str) -> Ranking | None:
    shares = {share for share, _ in values.values()}
    if len(shares) < 2:
        return None

    def named(share: float) -> str:
        tied = [
            f"{name(category)} (n = {number:,})"
            for category, (value, number) in values.items()
            if value == share
        ]
        more = f" and {len(tied) - NAMED:,} more" if len(tied) > NAMED else ""
        alike = ", ".join(tied[:NAMED]) + more
        return f"{basis}: {alike}, {units.percent(share)}"

    return Ranking(best=named(max(shares)), worst=named(min(shares)))
