"""Whether a model's answers go with the images: in words, for page, terminal and dashboard."""

from collections.abc import Sequence
from typing import Final

from fada_tui.core.records import Looking, Run
from fada_tui.evaluation.constant_answers import Alike, AnswerCounts, alike
from fada_tui.evaluation.looking import LEVEL
from fada_tui.report import units
from fada_tui.report.header import DETAILS
from fada_tui.report.markdown import inline, name, table
from fada_tui.report.question_figures import QuestionFigures, right_answers
from fada_tui.report.sections import Section

LINES: Final = 24
"""Lines of the section where there is little room."""

_NAMED = 4
"""Questions that are named in a line."""
_COLUMNS = ("Question", "Finding", "Tested By", "Observed", "Dealt to Other Images", "p", "Images Dealt")
_FINDINGS: Final = {
    "one_answer": "one answer",
    "evidence": "evidence of looking",
    "no_evidence": "not shown",
    "untestable": "cannot be tested",
}
_METHOD = (
    "By score: the mean score of the answers, beside that of the same answers dealt to other images. By "
    "category: the bits that answers and images' categories share, beside those of dealt answers. p is the "
    f"share of the deals that came to as much; up to {LEVEL:g} is evidence, or up to {LEVEL / 2:g} where a "
    "question could be tested in both ways. Not shown accuses nobody: a model can look and answer badly. "
    "People's verdicts are not dealt."
)


def constant_answers(run: Run) -> list[Alike]:
    """Return the questions that a run answers alike for (nearly) every image, though they are not alike."""
    ids = [question.id for question in run.questions]
    return [one for one in alike(ids, run.results, right_answers(run)) if one.finding == "doubt"]


def constant_line(constant: Sequence[Alike | AnswerCounts | Looking], questions: int) -> str:
    """Return `5 of 8 questions: one answer for every image`; nothing where there is none.

    Args:
        constant: The questions that have one answer.
        questions: How many there are in all.
    """
    if not constant:
        return ""
    every = "every" if all(one.count == one.images for one in constant) else "nearly every"
    return f"{len(constant):,} of {units.count(questions, 'question')}: one answer for {every} image"


def constant_told(run: Run) -> str:
    """Return the line with the questions' names, for a terminal; nothing where there is none."""
    constant = constant_answers(run)
    labels = {question.id: question.short or question.id for question in run.questions}
    named = ", ".join(labels[one.question_id] for one in constant)
    return f"{constant_line(constant, len(run.questions))} ({named})" if constant else ""


def evidence_line(questions: Sequence[QuestionFigures]) -> str | None:
    """Return in how many questions there is evidence; `None` where none could be tested.

    Where no question has answers to test, that there are too few images has been said.
    """
    by_finding: dict[str, list[QuestionFigures]] = {}
    for one in questions:
        if one.looking is not None:
            by_finding.setdefault(one.looking.finding, []).append(one)
    shown, not_shown = by_finding.get("evidence", []), by_finding.get("no_evidence", [])
    untestable = by_finding.get("untestable", [])
    if not shown and not not_shown and all(one.alike.finding != "varies" for one in untestable):
        return None
    of = units.count(len(questions), "question")
    if not shown and not not_shown:
        reasons = dict.fromkeys(one.looking.reason for one in untestable if one.looking)
        why = f" ({inline(reason)})" if len(reasons) == 1 and (reason := next(iter(reasons))) else ""
        return f"Evidence of looking: cannot be tested in {names(untestable)}{why}"
    parts = [f"Evidence of looking in {len(shown):,} of {of}" if shown else "No evidence of looking"]
    if not_shown:
        parts.append(f"not shown in {names(not_shown)}")
    if untestable:
        parts.append(f"cannot be tested in {names(untestable)}")
    return "; ".join(parts)


def names(questions: Sequence[QuestionFigures]) -> str:
    """Return questions' names on one line, the first few where they are many."""
    named = ", ".join(name(one.label) for one in questions[:_NAMED])
    return f"{named} and {len(questions) - _NAMED:,} more" if len(questions) > _NAMED else named


def section(questions: Sequence[QuestionFigures]) -> Section | None:
    """Return the section with the figures of each question; `None` where none could be tested."""
    found = [(one, one.looking) for one in questions if one.looking is not None]
    if all(looking.by is None for _, looking in found):
        return None
    rows = [_row(one, looking) for one, looking in found]
    lines = table(_COLUMNS, rows)

    def begun() -> list[str]:
        rest = len(lines) - LINES
        more = [f"{rest:,} more in {DETAILS}.", ""] if rest > 0 else []
        return [*lines[:LINES], "", *more, _METHOD, ""]

    forms = (
        lambda: [*lines, "", _METHOD, ""],
        begun,
        lambda: [f"The figures of each question are in {DETAILS}.", ""],
    )
    return Section(forms, heading="Does It Look at the Image", goes_on=True)


def _row(one: QuestionFigures, looking: Looking) -> tuple[str, ...]:
    finding = _FINDINGS.get(looking.finding, inline(looking.finding))
    if looking.finding == "one_answer":
        finding += f" for {looking.count:,} of {looking.images:,} images"
    elif looking.reason:
        finding += f": {inline(looking.reason)}"
    if looking.by is None or looking.observed is None or looking.expected is None or looking.p is None:
        return (name(one.label), finding, "–", "–", "–", "–", "–")
    unit = " bits" if looking.by == "category" else ""
    return (
        name(one.label),
        finding,
        looking.by,
        f"{looking.observed:.3f}{unit}",
        f"{looking.expected:.3f}{unit}",
        f"{looking.p:.4f}",
        "–" if looking.dealt is None else f"{looking.dealt:,}",
    )
