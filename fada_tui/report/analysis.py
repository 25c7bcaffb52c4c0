"""The section Analysis: the assessor's notes, then facts computed from the run and labelled as such."""

from collections.abc import Sequence

from fada_tui.core.records import Run
from fada_tui.evaluation.statistics import Share
from fada_tui.report import units
from fada_tui.report.category_differences import categories_told_apart
from fada_tui.report.figures import Figures
from fada_tui.report.notes import listed


def strengths_and_weaknesses(run: Run, found: Figures) -> list[str]:
    """Return the subsections Strengths and Weaknesses."""
    found_categories = categories_told_apart(run)
    strengths = [
        *found_categories.best,
        _context(found.tally.context, "Context recognised by the assessor's flags in", set_=True),
        _some(found.auto_context, "Context terms in", "answers"),
    ]
    weaknesses = [
        *found_categories.worst,
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
        *(line for said in found_categories.remarks for line in (said, "")),
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
