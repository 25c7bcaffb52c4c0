"""How much the runs of the queue will do, and how long that takes by earlier runs."""

from msgspec import UNSET

from fada_tui.core.records import Generation, ModelEntry, Run
from fada_tui.models.registry import is_of
from fada_tui.runs.forecast import seconds_expected
from fada_tui.runs.job import Job
from fada_tui.runs.run_queue import Extent
from fada_tui.tui.state.disk_index import DiskIndex
from fada_tui.tui.state.open_runs import OpenRun


def extent_of(job: Job, disk_index: DiskIndex) -> Extent:
    """Return how much a new run will do; earlier runs of its model tell how long that takes."""
    images, questions = len(job.plan.images), len(job.questions)
    seconds = _seconds(job.plan.model, images * questions, job.generation, disk_index)
    return Extent(images, questions, images * questions, seconds)


def extent_left(run: OpenRun, disk_index: DiskIndex) -> Extent:
    """Return what is left to do of an unfinished run; runs of its model tell how long that takes."""
    return extent_without(run.run, run.counts()[1], disk_index)


def extent_without(run: Run, answers: int, disk_index: DiskIndex) -> Extent:
    """Return what is left to do of a run that has so many answers."""
    images, questions, plan = run.dataset.images, len(run.questions), run.plan
    left = max(images * questions - answers, 0)
    seconds = None if plan is UNSET else _seconds(plan.model, left, run.generation, disk_index)
    return Extent(images, questions, left, seconds)


def _seconds(model: ModelEntry, answers: int, made: Generation, disk_index: DiskIndex) -> float | None:
    earlier = [(run, disk_index.figures[run.id]) for run in disk_index.runs if is_of(run, model)]
    return seconds_expected(model, answers, earlier, made)
