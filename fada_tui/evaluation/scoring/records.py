"""What is computed of a question's scores: figures with n and interval, beside those of constant answers."""

from typing import Literal, TypeAlias

from fada_tui.core.records import ConstantAnswer, Record, ScoreKind
from fada_tui.evaluation.statistics import Interval

Unit: TypeAlias = Literal["share", "steps"]
"""`share`: 0 to 1, more is better. `steps`: places between two values in their order, fewer are better."""

NO_VALUE = "no value"
"""An answer that names none of the question's values."""

SEVERAL_VALUES = "several values"
"""An answer that names more than one of them."""


class Measured(Record, frozen=True, kw_only=True):
    """A figure over some results, and how sure it is."""

    value: float | None
    """In the figure's unit; `None` where there is nothing to compute it of."""
    n: int
    """Results that it is computed of."""
    interval: Interval | None = None
    """95 %, in the figure's unit; frames of one file and files with the same bytes count as one image."""
    reason: str | None = None
    """Why there is no value or no interval, for people; `None` where there are both."""


class ScoreFigure(Record, frozen=True, kw_only=True):
    """One figure of a question's scores, beside what constant answers would have."""

    key: str
    """For programs: `terms`, `f_beta`, `accuracy`, `macro_f1`, `exact`, `within_one`, `mean_distance`,
    `balanced_accuracy`, `sensitivity`, `specificity`, `token_f1` or `rouge_l`."""
    name: str
    """For people, as "F2" or "mean distance"."""
    unit: Unit
    answered: Measured
    """Of the answers alone. An answer without a value is a wrong one, but has no distance."""
    asked: Measured
    """Of all that was asked: an error is a wrong answer, worth 0. Where steps are counted, an error and an
    answer without a value are as many off as a value can be from the right one."""
    majority: ConstantAnswer | None
    """The constant answer that would have the best value of this figure over the same references; for
    `balanced_accuracy`, which no constant answer can lift above a half, any."""
    commonest: ConstantAnswer | None
    """The model's own most frequent answer, given every time; `None` where no answer comes twice."""


class Confusion(Record, frozen=True, kw_only=True):
    """How often each value was answered where each value is right."""

    references: tuple[str, ...]
    """The question's values, in its order: the columns."""
    answers: tuple[str, ...]
    """Those values, then `NO_VALUE` and `SEVERAL_VALUES`: the rows."""
    counts: tuple[tuple[int, ...], ...]
    """Answers, row by row."""

    @property
    def without_value(self) -> int:
        """Return the number of answers that name no value."""
        return sum(self.counts[self.answers.index(NO_VALUE)])

    @property
    def several_values(self) -> int:
        """Return the number of answers that name more than one."""
        return sum(self.counts[self.answers.index(SEVERAL_VALUES)])


class ExpertScores(Record, frozen=True, kw_only=True):
    """The question's first figure by a further expert's answers, and how far the experts agree."""

    name: str
    """Of the expert's references."""
    model: Measured
    """The model's answers against this expert's."""
    agreement: Measured
    """This expert's answers against the first expert's, scored as a model's would be: what a model can
    hardly surpass."""


class QuestionScores(Record, frozen=True, kw_only=True):
    """The figures of one model's answers to one question. They are never averaged with another kind's."""

    question_id: str
    kind: ScoreKind
    figures: tuple[ScoreFigure, ...]
    """The first is the main one."""
    references: int
    """Results that can be scored, errors among them: they have a reference, or terms of their category."""
    unusable: int
    """Results whose reference cannot be used: it names none of the question's values, or several."""
    errors: int
    """Of `references`, those without an answer."""
    confusion: Confusion | None
    """Of the answers; for kinds whose answers are one of the question's values."""
    experts: tuple[ExpertScores, ...]

    @property
    def main(self) -> ScoreFigure:
        """Return the main figure."""
        return self.figures[0]
