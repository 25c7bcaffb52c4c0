"""A column side by side: one answer, or equal ones of several models, and what is drawn of it: pure."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from fada_tui.core.records import Assessment
from fada_tui.evaluation.answer_words import words_alone
from fada_tui.tui.state.open_runs import Answer
from fada_tui.tui.state.views import AnswerView


class Column(NamedTuple):
    """One answer, or equal ones of several models."""

    answers: tuple[Answer, ...]
    """At least one; the first stands for all."""

    @property
    def to_judge(self) -> bool:
        """Whether one of them has no verdict yet."""
        return any(run.unassessed(*key) for run, key in self.answers)

    @property
    def kind(self) -> str:
        """The verdict on all of them, `unjudged` where there are several, `running` until they are whole."""
        if any(not run.answered(*key) for run, key in self.answers):
            return "running"
        verdicts = {run.assessment(*key).verdict for run, key in self.answers}
        return (verdicts.pop() if len(verdicts) == 1 else None) or "unjudged"


class ColumnView(Struct, frozen=True, kw_only=True):
    """A column as it is drawn."""

    name: str
    """The model's, or its letter in blind mode; of equal answers, how many models gave them."""
    models: tuple[str, ...] = ()
    """Names of the models that gave equal answers; none in blind mode."""
    differs: str = ""
    """In what the assessments of equal answers differ."""
    answer: AnswerView


def column_view(
    column: Column, view: AnswerView, name: str | None, words: frozenset[str], *, blind: bool
) -> ColumnView:
    """Return a column as it is drawn.

    Args:
        column: the column.
        view: its first answer as the answer pane shows it.
        name: what the only model is called; by default as in the view.
        words: those that no other column has.
        blind: name no models.
    """
    alone = words_alone(view.text, words) if view.state == "answered" else ()
    free = (one for one in alone if not any(a.start < one.end and one.start < a.end for a in view.marks))
    name = name or view.model
    view = replace(view, question="", model="", marks=tuple(sorted((*view.marks, *free))))
    if len(column.answers) == 1:
        return ColumnView(name=name, answer=view)
    # Times and lengths are each model's own.
    view = replace(view, first_token=None, tokens=None, per_second=None, time=None, batch_size=1)
    if column.to_judge:  # what shows once an answer is judged would calibrate the judging of the others
        shown = view.others or view.auto or view.score or view.reference
        view = replace(
            view,
            others=(),
            auto=None,
            score=None,
            reference=None,
            marks=alone,
            reference_marks=(),
            withheld=view.withheld or bool(shown),
        )
    assessments = [run.assessment(*key) for run, key in column.answers]
    if len({one.verdict for one in assessments}) > 1:
        view = replace(view, assessment=replace(view.assessment, verdict=None))
    return ColumnView(
        name=f"{len(column.answers)} models",
        models=() if blind else tuple(run.run.model.name for run, _ in column.answers),
        differs=differences(assessments),
        answer=view,
    )


def differences(assessments: Sequence[Assessment]) -> str:
    """Return in what the assessments of equal answers differ; empty where they do not."""
    verdicts = Counter(one.verdict for one in assessments)
    parts: list[str] = []
    if len(verdicts) > 1:
        counted = [f"{verdicts[one]} {one}" for one in ("correct", "partial", "incorrect") if verdicts[one]]
        parts.append(", ".join([*counted, *([f"{verdicts[None]} not judged"] if verdicts[None] else [])]))
    for what, values in (
        ("context", {one.context for one in assessments}),
        ("tags", {frozenset(one.tags) for one in assessments}),
        ("notes", {one.note for one in assessments}),
        ("flags", {one.flagged is True for one in assessments}),
    ):
        if len(values) > 1:
            parts.append(what)
    return f"differs: {', '.join(parts)}" if parts else ""
