"""Merging a journal into its run: a pure, idempotent function."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

from msgspec import UNSET
from msgspec.structs import replace

from fada_tui.core.control import control_keys
from fada_tui.core.records import (
    Assessment,
    FileRecord,
    ModelFacts,
    Plan,
    Result,
    ResultMemory,
    Run,
    with_unknown_of,
)
from fada_tui.store.journal import (
    AssessmentLine,
    ControlLine,
    ImageLine,
    JournalLine,
    MemoryLine,
    NotesLine,
    ResultLine,
)

Key = tuple[str, str]
Kept = TypeVar("Kept", bound=FileRecord)


class Folding:
    """A run while the lines of its journal are merged into it, one after another.

    Each result is there once: a later one takes the place of an error, never of an answer. A line's unknown
    fields go to what it is about; those of an error do not go to the answer that takes its place.

    Args:
        run: as `run.json` has it.
    """

    def __init__(self, run: Run) -> None:
        self.run = run
        self.results: dict[Key, Result] = {}
        for result in run.results:
            _take(self.results, result)
        self.controls: dict[Key, Result] = {}
        for result in run.controls or ():
            _take(self.controls, result)
        self._notes, self._found = run.notes, run.images_found or ()

    def take(self, line: JournalLine) -> None:
        """Merge a line."""
        match line:
            case ResultLine():
                _take(self.results, _with_rest(line.result, line))
            case ControlLine():
                _take(self.controls, _with_rest(line.result, line))
            case MemoryLine():
                memory = _with_rest(line.memory, line)
                key = (line.path, line.question_id)
                if measured := self.results.get(key):
                    self.results[key] = with_memory(measured, memory)
            case AssessmentLine():
                assessment = assessment_of(line)
                key = (line.path, line.question_id)
                if (assessed := self.results.get(key)) and assessment not in assessed.assessments:
                    self.results[key] = replace(assessed, assessments=(*assessed.assessments, assessment))
            case NotesLine():
                self._notes = with_unknown_of(_with_rest(line.notes, line), self._notes)
            case ImageLine():
                image = _with_rest(line.image, line)
                self._found = self._found if image in self._found else (*self._found, image)

    def folded(self) -> Run:
        """Return the run with all of that, its results in the order of the plan.

        It is complete once every planned result is there, those about control pictures included, which stay
        apart in every other way.
        """
        run = self.run
        ordered = _in_plan_order(run, self.results)
        return _settle(
            replace(
                run,
                results=ordered,
                controls=_in_order(self.controls, control_keys(run.questions)) or run.controls,
                images_found=self._found or UNSET,
                notes=self._notes,
                model=_with_peaks(run, ordered),
            )
        )


def fold(run: Run, lines: Iterable[JournalLine]) -> Run:
    """Return the run merged with the journal's lines, as `Folding` does it."""
    folding = Folding(run)
    for line in lines:
        folding.take(line)
    return folding.folded()


def lost_assessments(folded: Run, lines: Iterable[JournalLine]) -> tuple[AssessmentLine, ...]:
    """Return the assessments that a folded run could not take: of results that are not there."""
    kept = {result.key: result.assessments for result in folded.results}
    return tuple(
        line
        for line in lines
        if isinstance(line, AssessmentLine)
        and assessment_of(line) not in kept.get((line.path, line.question_id), ())
    )


def _take(results: dict[Key, Result], result: Result) -> None:
    """Add a result, unless it would take the place of an answer, or an error that of an error."""
    known = results.get(result.key)
    if known is None:
        results[result.key] = result
    elif known.error is not None and result.error is None:
        results[result.key] = replace(result, assessments=known.assessments + result.assessments)


def planned_keys(run: Run, plan: Plan) -> tuple[Key, ...]:
    """Return the keys of all results in the plan, image by image."""
    return tuple((image.path, question.id) for image in plan.images for question in run.questions)


def with_memory(result: Result, seen: ResultMemory) -> Result:
    """Return the result with telemetry's memory figures; torch's own figure is kept."""
    memory = replace(
        result.memory,
        nvml_process=seen.nvml_process,
        nvml_used=seen.nvml_used,
        worker_rss=seen.worker_rss,
    )
    return replace(result, memory=with_unknown_of(memory, seen))


def assessment_of(line: AssessmentLine) -> Assessment:
    """Return a line's assessment as a run keeps it."""
    return _with_rest(line.assessment, line)


def _with_rest(record: Kept, line: JournalLine) -> Kept:
    return record if line.unknown_fields is UNSET else with_unknown_of(record, line)


def _in_plan_order(run: Run, results: dict[Key, Result]) -> tuple[Result, ...]:
    if run.plan is UNSET:
        return tuple(results.values())
    return _in_order(results, planned_keys(run, run.plan))


def _in_order(results: dict[Key, Result], keys: Sequence[Key]) -> tuple[Result, ...]:
    place = {key: index for index, key in enumerate(keys)}
    return tuple(sorted(results.values(), key=lambda result: place.get(result.key, len(place))))


def _settle(run: Run) -> Run:
    if run.plan is UNSET or run.error is not UNSET:
        return run
    made = {result.key for result in run.results}
    complete = all(key in made for key in planned_keys(run, run.plan))
    if run.plan.control:
        made = {result.key for result in run.controls or ()}
        complete = complete and all(key in made for key in control_keys(run.questions))
    return replace(run, status="complete" if complete else "interrupted")


def _with_peaks(run: Run, results: Sequence[Result]) -> ModelFacts:
    """Return the model's facts with the memory peaks of its results."""
    known = run.model.memory
    seen = [result.memory for result in results]
    memory = replace(
        known,
        torch_peak_allocated=highest(known.torch_peak_allocated, *(one.torch_peak_allocated for one in seen)),
        nvml_process_peak=highest(known.nvml_process_peak, *(one.nvml_process for one in seen)),
        worker_rss_peak=highest(known.worker_rss_peak, *(one.worker_rss for one in seen)),
    )
    return replace(run.model, memory=memory)


def highest(*values: int | None) -> int | None:
    """Return the largest of the known values; `None` if none is known."""
    return max((value for value in values if value is not None), default=None)
