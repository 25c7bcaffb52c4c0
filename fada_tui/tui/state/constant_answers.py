"""Questions that an open run answers alike for every image, counted as its answers come."""

from collections.abc import Callable, Iterable
from functools import cache

from msgspec import UNSET

from fada_tui.core.records import Result, Run
from fada_tui.evaluation.classification import true_classes
from fada_tui.evaluation.constant_answers import AnswerCounts, said


class ConstantAnswers:
    """How far the answers of a run are one and the same, by question.

    Args:
        run: the run, with its plan while it has one, which says what is right before its results do.
        results: those that there are.
    """

    def __init__(self, run: Run, results: Iterable[Result]) -> None:
        self._right = _right(run)
        self._counts: dict[str, AnswerCounts] = {}
        for result in results:
            self.take(result)

    def take(self, result: Result) -> None:
        """Count a result that has not been counted yet; an error counts for nothing."""
        answer = said(result)
        if result.error is None and answer is not None:
            counts = self._counts.setdefault(result.question_id, AnswerCounts())
            counts.add(answer, self._right(result))

    @property
    def doubtful(self) -> list[AnswerCounts]:
        """Return those of the questions that get one answer for (nearly) every image."""
        return [counts for counts in self._counts.values() if counts.finding == "doubt"]


def _right(run: Run) -> Callable[[Result], str | None]:
    """Return what gives a result's right answer, where known: an expert's, or the class of its folder."""
    if run.classes is not UNSET:
        classes, aliases = run.classes, run.dataset.aliases or {}

        @cache
        def of(category: str) -> str | None:
            found = true_classes([category], classes, aliases)[category]
            return found.name if found else None

        return lambda result: of(result.category)
    planned = () if run.plan is UNSET else run.plan.images
    references = {image.path: image.references for image in planned if image.references}

    def reference(result: Result) -> str | None:
        if result.reference is not UNSET:
            return result.reference
        return (references.get(result.path) or {}).get(result.question_id)

    return reference
