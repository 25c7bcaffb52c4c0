"""The section Verdicts by Question: what people's verdicts come to, question by question and over all."""

from collections.abc import Sequence
from functools import partial

from fada_tui.evaluation.intervals import Method
from fada_tui.evaluation.verdicts import OUTCOMES, Tally
from fada_tui.report import verdict_texts
from fada_tui.report.figures import Figures
from fada_tui.report.header import DETAILS, EXPLAINED
from fada_tui.report.markdown import name, table
from fada_tui.report.question_figures import QuestionFigures
from fada_tui.report.sections import Section

_COLUMNS = ("Question", "n", "Correct", "Correct or Partially", "Quality")
_METHODS: dict[Method, str] = {
    "wilson": "Wilson's where each image has one answer, right or wrong",
    "wilson_of_means": "Wilson's of the images' means, with as many trials as images, where images have "
    "several answers or half points, which is rather too wide",
    "bootstrap": "a bootstrap by images for other means of 50 images and more",
}


def section(found: Figures, questions: Sequence[QuestionFigures]) -> Section | None:
    """Return the section; `None` where nobody has judged an answer, or there is but one question."""
    if not found.tally.judged or len(questions) < 2:
        return None
    parts = [(name(one.label), one.tally) for one in questions if one.tally.judged]

    def lines(shown: Sequence[tuple[str, Tally]], rest: Sequence[str] = ()) -> list[str]:
        rows = [*shown, ("all questions", found.tally)]
        return [*_table(rows), "", *rest, _method(rows), ""]

    forms = (partial(lines, parts), partial(lines, (), [f"By question: see {DETAILS}.", ""]))
    return Section(forms, heading="Verdicts by Question", goes_on=True)


def _table(parts: Sequence[tuple[str, Tally]]) -> list[str]:
    rows = []
    for label, counts in parts:
        for with_errors in (False, True) if counts.errors else (False,):
            quality = counts.share("quality", with_errors=with_errors)
            if quality is None:
                continue
            shares = [counts.share(outcome, with_errors=with_errors) for outcome in OUTCOMES]
            rows.append(
                (
                    f"{label}, errors as incorrect" if with_errors else label,
                    verdict_texts.of(quality),
                    *map(verdict_texts.share, shares),
                )
            )
    return table(_COLUMNS, rows)


def _method(counted: Sequence[tuple[str, Tally]]) -> str:
    shares = [
        found
        for _, counts in counted
        for outcome in OUTCOMES
        for with_errors in (False, True)
        if (found := counts.share(outcome, with_errors=with_errors))
    ]
    used = [words for method, words in _METHODS.items() if any(one.method == method for one in shares)]
    return (
        "Quality is (correct + ½ partially correct) / n; of several assessors of one answer, their mean "
        f"counts. Intervals are of 95%, by images: {'; '.join(used)}. {EXPLAINED}"
    )
