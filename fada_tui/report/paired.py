"""Runs compared by pairs on what both have: differences, intervals, p adjusted within each question."""

from collections.abc import Iterator, Sequence
from itertools import combinations

from fada_tui.core.records import Record, Run
from fada_tui.evaluation.paired import ALPHA, Difference, differences, holm, needed
from fada_tui.evaluation.pairing import OutcomeKind, Outcomes, RunOutcomes, aligned


class Pair(Record, frozen=True, kw_only=True):
    """Two runs and what one kind of outcome of one question says of the difference between them."""

    first: int
    """The run's place among those compared."""
    second: int
    found: Difference
    """Errors left out."""
    adjusted: float
    """Its p, by Holm over the question's pairs."""
    first_errors: int
    """Errors of the first that are left out: about images of which the other run has an outcome or an error
    that would count."""
    second_errors: int
    needed: int | None
    """Images with which the two would be told apart in four of five studies; `None` where they are, or where
    there is no difference."""
    as_wrong: Difference
    """With errors counted as wrong answers."""
    as_wrong_adjusted: float

    @property
    def better(self) -> int | None:
        """Return the run that is better, errors left out; `None` if the two cannot be told apart."""
        return self._better(self.found, self.adjusted)

    @property
    def better_as_wrong(self) -> int | None:
        """Return the same with errors counted as wrong."""
        return self._better(self.as_wrong, self.as_wrong_adjusted)

    def _better(self, found: Difference, p: float) -> int | None:
        if p > ALPHA or not found.difference:
            return None
        return self.first if found.difference > 0 else self.second


class Apart(Record, frozen=True, kw_only=True):
    """Two runs without such an outcome of the same image against the same reference."""

    first: int
    """The run's place among those compared."""
    second: int
    first_errors: int
    """Errors that count beside the other run."""
    second_errors: int
    as_wrong: Difference | None
    """With errors counted as wrong answers; `None` where there is no common outcome even so."""
    as_wrong_adjusted: float
    """Its p, by Holm over all pairs that have an outcome so; 1 where there is none."""

    @property
    def better_as_wrong(self) -> int | None:
        """Return the run that is better with errors counted as wrong; `None` if none can be told to be."""
        found = self.as_wrong
        if found is None or self.as_wrong_adjusted > ALPHA or not found.difference:
            return None
        return self.first if found.difference > 0 else self.second


class PairedQuestion(Record, frozen=True, kw_only=True):
    """One kind of outcome of one question: a family of tests."""

    question_id: str
    label: str
    text: str
    kind: OutcomeKind
    figure: str
    """What of the answer counts, for people."""
    scored_as: str
    """The question's kind."""
    pairs: tuple[Pair, ...]
    apart: tuple[Apart, ...]
    """Pairs of runs that cannot be compared."""

    @property
    def family(self) -> str:
        """Return what p is adjusted over."""
        number = len(self.pairs)
        return f"Holm over {number:,} pair{'' if number == 1 else 's'} of this question"


def names(runs: Sequence[Run]) -> list[str]:
    """Return what the runs are called: by their models, and where several are of one by their ids, too."""
    models = [run.model.name for run in runs]
    return [
        run.model.name if models.count(run.model.name) == 1 else f"{run.model.name} ({run.id})"
        for run in runs
    ]


def paired_questions(outcomes: Sequence[RunOutcomes]) -> Iterator[PairedQuestion]:
    """Yield what each question says of each two runs.

    One without a common outcome is left out, unless errors alone are in the way of it. Over questions nothing
    is added up.
    """
    for one in aligned(outcomes):
        found = _question(one)
        if found.pairs or any(pair.as_wrong for pair in found.apart):
            yield found


def _question(one: Outcomes) -> PairedQuestion:
    columns = [*combinations(range(len(one.runs)), 2)]
    dropped = differences(one.values, one.truths, one.clusters, columns)
    secondary = None if one.kind == "score" else one.errors
    counted = (
        differences(one.as_wrong, one.truths, one.clusters, columns, secondary=secondary)
        if one.errors.any()
        else dropped
    )
    both = [
        (pair, found, wrong)
        for pair, found, wrong in zip(columns, dropped, counted, strict=True)
        if found is not None and wrong is not None
    ]
    adjusted = holm([found.p for _, found, _ in both])
    adjusted_wrong = holm([wrong.p for _, _, wrong in both])
    wrongs = [wrong for wrong in counted if wrong is not None]
    of_all = iter(holm([wrong.p for wrong in wrongs]))
    adjusted_of_all = [1.0 if wrong is None else next(of_all) for wrong in counted]
    return PairedQuestion(
        question_id=one.question.id,
        label=one.question.short or one.question.id,
        text=one.question.text,
        kind=one.kind,
        figure=one.figure,
        scored_as=one.question.kind,
        pairs=tuple(
            Pair(
                first=one.runs[pair[0]],
                second=one.runs[pair[1]],
                found=found,
                adjusted=p,
                first_errors=_errors(one, *pair),
                second_errors=_errors(one, *reversed(pair)),
                needed=needed(found, len(both)) if p > ALPHA else None,
                as_wrong=wrong,
                as_wrong_adjusted=p_wrong,
            )
            for (pair, found, wrong), p, p_wrong in zip(both, adjusted, adjusted_wrong, strict=True)
        ),
        apart=tuple(
            Apart(
                first=one.runs[pair[0]],
                second=one.runs[pair[1]],
                first_errors=_errors(one, *pair),
                second_errors=_errors(one, *reversed(pair)),
                as_wrong=wrong,
                as_wrong_adjusted=p,
            )
            for pair, found, wrong, p in zip(columns, dropped, counted, adjusted_of_all, strict=True)
            if found is None or wrong is None
        ),
    )


def _errors(one: Outcomes, column: int, other: int) -> int:
    """Return the errors of a run that count beside another run."""
    if not one.errors[:, column].any():
        return 0
    same = one.truths[:, column] == one.truths[:, other]
    beside = one.values[:, other] == one.values[:, other]  # not a NaN
    if one.kind == "score":
        beside = beside | one.errors[:, other]
    return int((one.errors[:, column] & beside & same).sum())
