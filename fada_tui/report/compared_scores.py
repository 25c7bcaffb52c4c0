"""The scores of several runs by question: figures of one kind side by side, none averaged with another."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from msgspec import UNSET, to_builtins

from fada_tui.core.records import Question, Run, ScoredFigure
from fada_tui.report import score_texts, units
from fada_tui.report.markdown import inline, name, table

COLUMNS = 8
"""Questions of a table; more go on in another one."""

NOTE = (
    "Each question's main figure with its 95% interval, computed; never a mean over questions. The majority "
    "answer is the constant answer that would have the best value."
)
ERRORS = (
    "Errors are no answers and are left out of these figures: a run's page has each figure of all that was "
    "asked, too, with an error as a wrong answer."
)
NO_ERRORS: Final[Mapping[str, Mapping[str, int]]] = {}

_UNLIKE = "Not all rows of a question are scored {}: compare its figures with care."


class _Column(NamedTuple):
    """What is one question in all runs: the same id, words, and figure."""

    question_id: str
    text: str
    key: str
    figure: str
    """As people call it."""


def scores_section(runs: Iterable[Run], errors: Mapping[str, Mapping[str, int]] = NO_ERRORS) -> list[str]:
    """Return the tables of the runs' scores, a row for each run; empty where none has any.

    Args:
        runs: The runs.
        errors: Of each run that has some, by its id, how many by question.
    """
    scored = [(run, found) for run in runs if (found := _main_figures(run))]
    columns: dict[_Column, Question] = {}
    for run, found in scored:
        questions = {question.id: question for question in run.questions}
        for column in found:
            columns.setdefault(column, questions[column.question_id])
    if not columns:
        return []
    lines = ["## Scores by Question", ""]
    chosen = [*columns]
    for start in range(0, len(chosen), COLUMNS):
        part = chosen[start : start + COLUMNS]
        headings = _headings(part, columns)
        rows = [
            [_called(run, scored), *(_cell(found.get(one), errors.get(run.id)) for one in part)]
            for run, found in scored
        ]
        lines += [*table(["Model", *headings], [_majority([f for _, f in scored], part), *rows]), ""]
    notes = [NOTE, ""]
    if any(_failed(one, errors.get(run.id)) for run, found in scored for one in found.values()):
        notes += [ERRORS, ""]
    return [*lines, *notes, *_unlike([run for run, _ in scored], columns)]


def scores_briefly(run: Run) -> str:
    """Return each question's main figure in a line: `Side 70%, Parts 0.50`; empty without any."""
    labels = {question.id: question.short or question.id for question in run.questions}
    return ", ".join(
        f"{labels[column.question_id]} {score_texts.number(column.key, one.value)}"
        for column, one in _main_figures(run).items()
        if one.value is not None
    )


def scores_data(run: Run) -> list[dict[str, Any]]:
    """Return all figures of a run's scores for JSON, with the text of each question."""
    if run.scoring is UNSET:
        return []
    texts = {question.id: question.text for question in run.questions}
    return [
        {"question_id": one.question_id, "question": texts.get(one.question_id), **_rest(one)}
        for one in run.scoring.figures
    ]


def _rest(one: ScoredFigure) -> dict[str, Any]:
    told: dict[str, Any] = to_builtins(one)
    del told["question_id"]
    return told


def _main_figures(run: Run) -> dict[_Column, ScoredFigure]:
    if run.scoring is UNSET:
        return {}
    texts = {question.id: _asked(question.text) for question in run.questions}
    found: dict[_Column, ScoredFigure] = {}
    seen: set[str] = set()
    for one in run.scoring.figures:
        if one.question_id in texts and one.question_id not in seen:
            seen.add(one.question_id)
            found[_Column(one.question_id, texts[one.question_id], one.key, one.name)] = one
    return found


def _asked(text: str) -> str:
    return " ".join(text.casefold().split())


def _headings(columns: Sequence[_Column], questions: Mapping[_Column, Question]) -> list[str]:
    """Return the columns' headings; of an id with two texts the later ones are numbered."""
    headings: list[str] = []
    for column in columns:
        question = questions[column]
        label = f"{name(question.short or question.id)} ({inline(column.figure)})"
        others = [one for one in questions if one.question_id == column.question_id]
        if len(others) > 1:
            label += f", wording {others.index(column) + 1}"
        headings.append(label)
    return headings


def _called(run: Run, scored: Sequence[tuple[Run, object]]) -> str:
    """Return the model's name; with the run's where several runs are of it."""
    several = sum(other.model.name == run.model.name for other, _ in scored) > 1
    return f"{name(run.model.name)} ({name(run.id)})" if several else name(run.model.name)


def _cell(one: ScoredFigure | None, errors: Mapping[str, int] | None) -> str:
    if one is None:
        return "–"
    failed = _failed(one, errors)
    also = f", {units.count(failed, 'error')}" if failed else ""
    return f"{score_texts.recorded(one)}, n = {one.n:,}{also}"


def _failed(one: ScoredFigure, errors: Mapping[str, int] | None) -> int:
    return errors.get(one.question_id, 0) if errors else 0


def _unlike(runs: Sequence[Run], columns: Mapping[_Column, Question]) -> list[str]:
    """Return what to tell where one question's figures were computed by different files."""
    rubrics: dict[_Column, set[str]] = {}
    references: dict[_Column, set[str]] = {}
    for run in runs:
        if run.scoring is UNSET:
            continue
        for column in _main_figures(run):
            if columns[column].kind == "terms":
                rubrics.setdefault(column, set()).add(run.scoring.rubric_sha256)
            else:
                references.setdefault(column, set()).update(run.scoring.references_sha256[:1])
    found = {"by the same rubric": rubrics, "against the same file of references": references}
    by = [what for what, hashes in found.items() if any(len(of_one) > 1 for of_one in hashes.values())]
    return [_UNLIKE.format(" and ".join(by)), ""] if by else []


def _majority(found: Sequence[Mapping[_Column, ScoredFigure]], columns: Sequence[_Column]) -> list[str]:
    """Return the row of constant answers: of what all runs were scored against, where that is the same."""
    row = ["*majority answer*"]
    for column in columns:
        known = {one[column].majority for one in found if column in one}
        (first, *more) = known
        same = first is not None and not more
        row.append(score_texts.number(column.key, first.value) if first and same else "differs")
    return row
