"""One sitting of an assessor: how many answers were judged, how quickly, and how many are to be."""

import time
from bisect import insort
from collections.abc import Callable
from statistics import median
from typing import Final

from fada_tui.evaluation.assessment.history import Step
from fada_tui.tui.state.assessments import Way
from fada_tui.tui.state.judged_answers import AnswerId

PAUSE_SECONDS: Final = 120.0
"""What lies between two verdicts for longer was a pause."""

FIRST_KNOWN: Final = 5
"""Verdicts from which the pace is known."""


class JudgingSession:
    """Counts the answers that have a verdict of this session, and the time between verdicts.

    Args:
        goal: answers to be judged; 0 for no goal.
        clock: tells the time in seconds.
    """

    def __init__(self, goal: int = 0, clock: Callable[[], float] = time.monotonic) -> None:
        self.goal = goal
        self._clock = clock
        self._judged: set[AnswerId] = set()
        self._gaps: list[float] = []
        """Seconds between verdicts, sorted."""
        self._verdicts = 0
        self._last: float | None = None

    @property
    def judged(self) -> int:
        """How many answers have a verdict that was given in this session."""
        return len(self._judged)

    @property
    def pace(self) -> float | None:
        """The median of the seconds from one verdict to the next; `None` until that can be told."""
        return median(self._gaps) if self._verdicts >= FIRST_KNOWN and self._gaps else None

    def left(self, answers: int) -> int:
        """Return how many answers are left to judge: until the goal is reached, where there is one.

        Args:
            answers: how many are left of what is looked at.
        """
        return min(max(self.goal - self.judged, 0), answers) if self.goal else answers

    def hear(self, step: Step, way: Way) -> bool:
        """Take what a key changed; return whether that reached the goal."""
        before, given = self.judged, False
        for change in step:
            answer = AnswerId(change.run_id, change.path, change.question_id)
            if change.after.verdict == change.before.verdict:
                continue
            if change.after.verdict is None:
                self._judged.discard(answer)
            else:
                self._judged.add(answer)
                given = True
        if given and way == "made":
            self._time()
        return way == "made" and before < self.goal <= self.judged

    def _time(self) -> None:
        now, last = self._clock(), self._last
        self._last = now
        self._verdicts += 1
        if last is not None and now - last <= PAUSE_SECONDS:
            insort(self._gaps, now - last)
