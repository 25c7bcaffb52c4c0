"""How much the runs of the queue will do, and how long that takes by earlier runs."""

from msgspec import UNSET

from fada_tui.core.records import Generation, Plan, Run
from fada_tui.models.registry import is_of
from fada_tui.runs.forecast import seconds_expected
from fada_tui.runs.job import Job
from fada_tui.runs.run_queue import Extent
from fada_tui.runs.several import ONE, several_of
from fada_tui.tui.state.disk_index import DiskIndex
from fada_tui.tui.state.open_runs import OpenRun


def extent_of(job: Job, disk_index: DiskIndex, cards: int = 0) -> Extent:
    """Return how much a new run will do; earlier runs of its model tell how long that takes.

    Args:
        job: the run.
        disk_index: the earlier ones.
        cards: GPUs of this machine, as far as they were seen.
    """
    images, questions = len(job.plan.images), len(job.questions)
    seconds = _seconds(job.plan, images * questions, job.generation, disk_index, cards)
    return Extent(images, questions, images * questions, seconds)


def extent_left(run: OpenRun, disk_index: DiskIndex, cards: int = 0) -> Extent:
    """Return what is left to do of an unfinished run; runs of its model tell how long that takes."""
    return extent_without(run.run, run.counts()[1], disk_index, cards)


def extent_without(run: Run, answers: int, disk_index: DiskIndex, cards: int = 0) -> Extent:
    """Return what is left to do of a run that has so many answers."""
    images, questions, plan = run.dataset.images, len(run.questions), run.plan
    left = max(images * questions - answers, 0)
    seconds = None if plan is UNSET else _seconds(plan, left, run.generation, disk_index, cards)
    return Extent(images, questions, left, seconds)


def _seconds(plan: Plan, answers: int, made: Generation, disk_index: DiskIndex, cards: int) -> float | None:
    runs = (run for run in disk_index.runs if is_of(run, plan.model))
    by = plan.engine or "transformers"
    earlier = [(run, disk_index.figures[run.id]) for run in runs if run.generated_by == by]
    try:
        on = several_of(plan.devices or None, cards)
    except ValueError:  # as a newer version lists them
        on = ONE
    return seconds_expected(plan.model, answers, earlier, made, on)
