"""Merging a journal into its run: a pure, idempotent function."""

from collections.abc import Iterable

from msgspec import UNSET
from msgspec.structs import replace

from fada_tui.core.records import ModelFacts, ModelMemory, Plan, Result, ResultMemory, Run
from fada_tui.store.journal import AssessmentLine, ImageLine, JournalLine, MemoryLine, NotesLine, ResultLine

Key = tuple[str, str]


def fold(run: Run, lines: Iterable[JournalLine]) -> Run:
    """Return the run merged with the journal's lines, its results in the order of the plan.

    Each result is there once: a later one takes the place of an error, never of an answer. The run is
    complete once every planned result is there.
    """
    results = {result.key: result for result in run.results}
    notes, found = run.notes, run.images_found or ()
    for line in lines:
        match line:
            case ResultLine(result=result):
                known = results.get(result.key)
                if known is None or (known.error is not None and result.error is None):
                    kept = known.assessments if known else ()
                    results[result.key] = replace(result, assessments=kept + result.assessments)
            case MemoryLine(memory=memory):
                key = (line.path, line.question_id)
                if measured := results.get(key):
                    results[key] = with_memory(measured, memory)
            case AssessmentLine(assessment=assessment):
                key = (line.path, line.question_id)
                if (assessed := results.get(key)) and assessment not in assessed.assessments:
                    results[key] = replace(assessed, assessments=(*assessed.assessments, assessment))
            case NotesLine(notes=latest):
                notes = latest
            case ImageLine(image=image) if image not in found:
                found = (*found, image)
    ordered = _in_plan_order(run, results)
    return _settle(
        replace(
            run, results=ordered, images_found=found or UNSET, notes=notes, model=_with_peaks(run, ordered)
        )
    )


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
    return replace(result, memory=memory)


def _in_plan_order(run: Run, results: dict[Key, Result]) -> tuple[Result, ...]:
    if run.plan is UNSET:
        return tuple(results.values())
    place = {key: index for index, key in enumerate(planned_keys(run, run.plan))}
    return tuple(sorted(results.values(), key=lambda result: place.get(result.key, len(place))))


def _settle(run: Run) -> Run:
    if run.plan is UNSET or run.error is not UNSET:
        return run
    made = {result.key for result in run.results}
    complete = all(key in made for key in planned_keys(run, run.plan))
    return replace(run, status="complete" if complete else "interrupted")


def _with_peaks(run: Run, results: Iterable[Result]) -> ModelFacts:
    """Return the model's facts with the memory peaks of its results."""
    memory = run.model.memory
    for result in results:
        memory = ModelMemory(
            weights=memory.weights,
            torch_peak_allocated=highest(memory.torch_peak_allocated, result.memory.torch_peak_allocated),
            torch_peak_reserved=memory.torch_peak_reserved,
            nvml_process_peak=highest(memory.nvml_process_peak, result.memory.nvml_process),
            worker_rss_peak=highest(memory.worker_rss_peak, result.memory.worker_rss),
        )
    return replace(run.model, memory=memory)


def highest(*values: int | None) -> int | None:
    """Return the largest of the known values; `None` if none is known."""
    return max((value for value in values if value is not None), default=None)
