"""The answers that were judged, in the order of their last verdicts: the way back."""

from collections.abc import Callable, Iterable
from itertools import dropwhile
from typing import NamedTuple

from fada_tui.evaluation.assessment.history import Step
from fada_tui.tui.state.open_runs import OpenRun


class AnswerId(NamedTuple):
    """Which answer of which run."""

    run_id: str
    path: str
    question_id: str


class JudgedAnswers:
    """Goes back through what was judged, the last first, until the user goes or judges elsewhere."""

    def __init__(self) -> None:
        self._order: dict[AnswerId, None] = {}
        """The last one judged last; a dictionary, so that another verdict moves an answer to the end."""
        self._known: set[str] = set()
        """Ids of the runs whose earlier verdicts are among them."""
        self._reached: AnswerId | None = None
        """Where the way back has led, whether or not it could be shown."""
        self._stood: AnswerId | None = None
        """What was looked at after that."""

    def hear(self, step: Step) -> None:
        """Take the verdicts that a step gave."""
        for change in step:
            if change.after.verdict not in (None, change.before.verdict):
                answer = AnswerId(change.run_id, change.path, change.question_id)
                self._order.pop(answer, None)
                self._order[answer] = None
                self._reached = None

    def add_earlier(self, runs: Iterable[OpenRun]) -> None:
        """Put verdicts before those heard of that stand in these runs, such as yesterday's."""
        for run in runs:
            if run.id not in self._known:
                self._known.add(run.id)
                found = sorted((one.at or "", AnswerId(run.id, *key)) for key, one in run.judged())
                earlier = (answer for _, answer in found if answer not in self._order)
                self._order = {**dict.fromkeys(earlier), **self._order}

    def back(
        self,
        here: AnswerId | None,
        stands: Callable[[AnswerId], bool],
        shown: Callable[[AnswerId], bool],
    ) -> AnswerId | None:
        """Return the answer judged last, or, again, the one before it; `None` if there is none.

        Args:
            here: what is looked at, which is not returned.
            stands: whether an answer has its verdict still.
            shown: whether one can go there; else the next way back leads beyond it.
        """
        answers = iter(reversed(self._order))
        if self._reached is not None and self._stood == here:
            answers = dropwhile(lambda answer: answer != self._reached, answers)
        for answer in answers:
            if answer not in (here, self._reached) and stands(answer):
                self._reached, self._stood = answer, answer if shown(answer) else here
                return answer
        return None
