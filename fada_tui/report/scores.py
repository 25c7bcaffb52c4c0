"""The section Scores: each question's figures beside those of constant answers, by the kind of its score."""

from collections.abc import Sequence
from functools import partial
from math import inf
from typing import Final

from msgspec import UNSET

from fada_tui.core.records import Run
from fada_tui.evaluation.pairing import FIGURES
from fada_tui.evaluation.score_agreement import ScoreAgreement, score_agreement
from fada_tui.evaluation.scoring import Confusion, QuestionScores
from fada_tui.report import score_texts
from fada_tui.report.figures import Figures
from fada_tui.report.header import DETAILS, EXPLAINED
from fada_tui.report.markdown import inline, name, table
from fada_tui.report.overview import COLUMNS, SCORES, doubt_line, figure_rows
from fada_tui.report.question_figures import QuestionFigures
from fada_tui.report.sections import Section

VALUES: Final = 6
"""Values of a confusion that stands on the page while there is room."""
LINES: Final = 24
"""Lines of a list or a table of all questions where there is little room."""

_COLUMNS = (
    "Figure",
    "n",
    "Value (95% interval)",
    "Of All Asked",
    "Majority answer's",
    "Own commonest answer's",
)
_DEFINITIONS: Final = {
    "terms": "terms named: share of the terms of the image's category that the answer names, denied ones and "
    "words of the question not counted",
    "f_beta": "F2: weighted harmonic mean of precision and recall of the named items, in which recall counts "
    "twice as much",
    "accuracy": "accuracy: share of answers that name the right value and no other",
    "macro_f1": "macro F1: mean of the values' F1, over those that are right for some image",
    "exact": "exact: share of answers that name the right value and no other",
    "within_one": "within one: share of answers at most one place off in the values' order",
    "mean_distance": "mean distance: places between the answer and the right value; fewer are better",
    "balanced_accuracy": "balanced accuracy: mean of sensitivity and specificity; a half for any constant "
    "answer",
    "sensitivity": "sensitivity: share of the positive images that are called positive",
    "specificity": "specificity: share of the negative images that are called negative",
    "token_f1": "token F1: harmonic mean of precision and recall of the reference's words",
    "rouge_l": "ROUGE-L: F1 of the longest sequence of words that both have, without stemming",
}
_METHOD = (
    "Intervals are of 95%, by image: Wilson's for shares, and for means under 50 images, where it is rather "
    "too wide; a bootstrap for means of 50 images and more. The majority answer is the constant answer that "
    "would have the best value; the own commonest is the model's most frequent one, given to every image. "
    "Scores are computed; no person's verdict. " + EXPLAINED
)


def section(
    run: Run, found: Figures, questions: Sequence[QuestionFigures], first_screen: Sequence[str]
) -> Section | None:
    """Return the section; `None` where the first screen says all.

    Args:
        run: The run.
        found: Its figures.
        questions: Those of its questions.
        first_screen: Lines of the page's first screen, which need not come again where all are there.
    """
    shown = set(first_screen)
    figures = figure_rows(run, found, questions)
    lines = table(COLUMNS, figures)
    rows = [] if not figures or shown.issuperset(lines) else [*lines, ""]
    doubts = [doubt_line(one) for one in questions if one.alike.finding == "doubt"]
    doubts = [] if shown.issuperset(doubts) else ["- One answer for nearly all images:", *doubts, ""]
    scored = [one for one in questions if one.scores is not None]
    agreement = {
        one.question.id: _agreement(one, score_agreement(one.question, run.results))
        for one in scored
        if one.tally.judged
    }
    if not rows and not doubts and not scored:
        return None

    def of_each(most: float) -> list[str]:
        lines = [
            line
            for one in scored
            for line in _question(one, most, _similarity(run, one), agreement.get(one.question.id, []))
        ]
        return [*doubts, *rows, *lines, *_definitions(scored), *_embeddings(run)]

    def of_all() -> list[str]:
        few = [*_begun(doubts), *_begun(rows)]
        return [*few, f"All figures of each question are in {DETAILS}.", ""]

    forms = (partial(of_each, inf), partial(of_each, VALUES), partial(of_each, 0), of_all)
    return Section(forms, heading=SCORES, goes_on=True)


def _begun(lines: Sequence[str]) -> list[str]:
    """Return the first of a block's lines."""
    if len(lines) <= LINES:
        return [*lines]
    return [*lines[: LINES - 2], "", f"{len(lines) - LINES + 1:,} more in {DETAILS}.", ""]


def _similarity(run: Run, one: QuestionFigures) -> list[tuple[str, ...]]:
    """Return the row of the embeddings' cosine, where it was asked for: beside the words', never alone."""
    return [
        (
            "similarity",
            f"{figure.n:,}",
            score_texts.recorded(figure),
            "–",
            score_texts.constant(figure.key, figure.majority),
            score_texts.constant(figure.key, figure.commonest),
        )
        for figure in (run.scoring.figures if run.scoring is not UNSET else ())
        if figure.key == "similarity" and figure.question_id == one.question.id
    ]


def _embeddings(run: Run) -> list[str]:
    if run.scoring is UNSET or run.scoring.similarity is UNSET:
        return []
    by = inline(run.scoring.similarity.model)
    return [f"Similarity is the mean cosine of the embeddings of answer and reference, by {by}.", ""]


def _agreement(one: QuestionFigures, found: ScoreAgreement | None) -> list[str]:
    """Return the line that says how far people's verdicts agree with a question's scores."""
    if found is None or one.scores is None:
        return []
    what = f"- Agreement of {FIGURES[one.scores.kind]} with verdicts"
    if found.value is None:
        return [f"{what}: cannot be told, {found.reason}, n = {found.n:,}"]
    called = "Cohen's kappa" if found.statistic == "kappa" else "rank correlation"
    bounds = found.interval
    within = f"{bounds.low:.2f} to {bounds.high:.2f}" if bounds else f"no interval: {found.reason}"
    return [f"{what}: {called} {found.value:.2f} ({within}), n = {found.n:,}"]


def _question(
    one: QuestionFigures,
    most_values: float,
    more: Sequence[tuple[str, ...]] = (),
    agreement: Sequence[str] = (),
) -> list[str]:
    scores = one.scores
    if scores is None:
        return []
    rows = [
        (
            inline(figure.name),
            f"{figure.answered.n:,}",
            score_texts.value(figure),
            score_texts.value(figure, figure.asked) if scores.errors else "the same",
            score_texts.constant(figure.key, figure.majority),
            score_texts.constant(figure.key, figure.commonest),
        )
        for figure in scores.figures
    ]
    confusion = scores.confusion
    shown = confusion is not None and len(confusion.references) <= most_values
    return [
        f"### {name(one.label)} ({inline(scores.kind)})",
        "",
        *table(_COLUMNS, [*rows, *more]),
        "",
        *_remarks(scores, agreement),
        *(_confusion(confusion) if confusion is not None and shown else []),
    ]


def _remarks(scores: QuestionScores, agreement: Sequence[str]) -> list[str]:
    main = scores.main
    lines = [*agreement]
    if scores.unusable:
        lines.append(f"- References that cannot be used: {scores.unusable:,}, with no value or several")
    if scores.confusion is not None and (scores.confusion.without_value or scores.confusion.several_values):
        without, several = scores.confusion.without_value, scores.confusion.several_values
        lines.append(f"- Answers without a value: {without:,}; with several: {several:,}; all are wrong")
    for expert in scores.experts:
        model, agreement = score_texts.value(main, expert.model), score_texts.value(main, expert.agreement)
        lines += [
            f"- Against {name(expert.name)}: {inline(main.name)} {model}, n = {expert.model.n:,}",
            f"- Agreement of {name(expert.name)} with the first expert: {inline(main.name)} {agreement}, "
            f"n = {expert.agreement.n:,}",
        ]
    return [*lines, ""] if lines else []


def _confusion(found: Confusion) -> list[str]:
    rows = []
    for answer, counts in zip(found.answers, found.counts, strict=True):
        cells = [
            f"**{count:,}**" if answer == right else f"{count:,}" if count else "·"
            for right, count in zip(found.references, counts, strict=True)
        ]
        rows.append((f"**{name(answer)}**", *cells))
    return [*table(("Answered \\\\ right", *map(name, found.references)), rows), ""]


def _definitions(scored: Sequence[QuestionFigures]) -> list[str]:
    if not scored:
        return []
    keys = dict.fromkeys(figure.key for one in scored if one.scores for figure in one.scores.figures)
    return [*(f"- {_DEFINITIONS[key]}" for key in keys if key in _DEFINITIONS), "", _METHOD, ""]
