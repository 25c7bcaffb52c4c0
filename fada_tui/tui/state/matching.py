"""Which answers meet the filter: looked at once, and again only where they have changed."""

from collections.abc import Iterator, Sequence

from fada_tui.core.records import PlannedImage, Question
from fada_tui.evaluation.assessment.filters import Filter, Subject, matches
from fada_tui.tui.state.image_rows import Slot
from fada_tui.tui.state.open_runs import OpenRun, OpenRuns

SLICE = 50
"""Images that are looked at between two pauses."""


def subject_of(
    run: OpenRun | None,
    image: PlannedImage,
    question: Question | None,
    *,
    marked: bool = False,
    blind: bool = False,
) -> Subject:
    """Return what a filter needs to know of an answer, or of the place where it will be.

    Args:
        run: whose answer it is; `None` before there is one.
        image: what is asked about.
        question: what is asked; `None` where that is not known yet.
        marked: whether it is marked.
        blind: leave out whatever may tell the model.
    """
    names = () if question is None else (question.id, question.short or "")
    if run is None or question is None:
        return Subject(name=image.image, category=image.category, question=names, marked=marked)
    result = run.result(image.path, question.id)
    model = "" if blind else run.run.model.name
    if result is None:
        return Subject(name=image.image, category=image.category, question=names, model=model, marked=marked)
    auto = result.auto if result.auto is not None and question.kind in ("none", "terms") else None
    score = result.score.value if result.score else (auto.score if auto else None)
    return Subject(
        name=image.image,
        category=image.category,
        question=names,
        assessment=run.assessment(image.path, question.id),
        answered=result.error is None,
        error=result.error is not None,
        auto=None if blind else auto,
        score=None if blind else score,
        model=model,
        marked=marked,
        text=result.response or "",
    )


class Matching:
    """The questions of each slot whose answers meet a filter.

    Args:
        open_runs: whose answers are looked at.
    """

    def __init__(self, open_runs: OpenRuns) -> None:
        self._open_runs = open_runs
        self._filter = Filter()
        self._marked: frozenset[str | tuple[str, str]] = frozenset()
        self._upcoming: tuple[Question, ...] = ()
        self._basis: tuple[object, ...] = ()
        self._found: dict[str | tuple[str, str], tuple[int, ...]] = {}
        self._seen: dict[str, int] = {}
        """How many changes of each run are taken in."""

    def keep_up(
        self,
        wanted: Filter,
        marked: frozenset[str | tuple[str, str]],
        runs: Sequence[OpenRun],
        upcoming: tuple[Question, ...],
    ) -> None:
        """Forget what is no longer so, and what was found for another filter.

        Args:
            wanted: the filter.
            marked: keys of the marked slots.
            runs: those whose answers the list shows.
            upcoming: the questions of images without a run.
        """
        here = (self._open_runs.current, self._open_runs.blind, self._open_runs.assessor)
        basis = (wanted, here, marked, upcoming, tuple(run.questions for run in runs))
        if basis != self._basis:
            self._found.clear()
            self._basis, self._filter, self._marked, self._upcoming = basis, wanted, marked, upcoming
        for run in runs:
            seen = self._seen.get(run.id, 0)
            for path, _ in run.changes[seen:]:
                self._found.pop(path, None)
                self._found.pop((run.id, path), None)
            self._seen[run.id] = len(run.changes)

    def of(self, slot: Slot) -> tuple[int, ...]:
        """Return the questions of a slot whose answers meet the filter, by their index."""
        found = self._found.get(slot.key)
        if found is None:
            found = self._found[slot.key] = tuple(self._look(slot))
        return found

    def look(self, slots: Sequence[Slot]) -> Iterator[None]:
        """Look at all slots that are not known yet, with a pause after some."""
        unknown = [slot for slot in slots if slot.key not in self._found]
        for number, slot in enumerate(unknown):
            self.of(slot)
            if number % SLICE == SLICE - 1:
                yield

    def _look(self, slot: Slot) -> Iterator[int]:
        run = self._open_runs.run_of(slot)
        marked, blind = slot.key in self._marked, self._open_runs.blind
        questions: Sequence[Question | None] = run.questions if run else self._upcoming
        for index, question in enumerate(questions or (None,)):
            if matches(self._filter, subject_of(run, slot.image, question, marked=marked, blind=blind)):
                yield index


def turned(through: Sequence[int], here: int, count: int, step: int) -> int | None:
    """Return the question before, or after, of those that a filter lets through, around the end.

    Args:
        through: indices of the questions.
        here: where one is.
        count: of all questions.
        step: 1 for onwards, -1 for back.
    """
    others = [one for one in through if one != here]
    return min(others, key=lambda one: (one - here) * step % count, default=None)
