"""Asking about control pictures: what is asked, at which size, and of which runs it can be. Pure."""

from collections.abc import Iterable, Mapping
from statistics import median_low
from typing import Final, TypeAlias

from msgspec import UNSET

from fada_tui.core.control import CATEGORY, PICTURES, path_of
from fada_tui.core.errors import UsageError
from fada_tui.core.protocol import Item
from fada_tui.core.records import Environment, Result, Run
from fada_tui.images.opening import MAX_PIXELS
from fada_tui.models.endpoint import is_served
from fada_tui.report.units import count

Size: TypeAlias = tuple[int, int]
"""Width and height in pixels."""

USUAL_SIZE: Final[Size] = (512, 512)
"""That of control pictures where no image of the run could be read."""


def control_items(run: Run) -> tuple[Item, ...]:
    """Return the items of a run about control pictures: each picture with all its questions."""
    return tuple(
        Item(
            image=picture,
            category=CATEGORY,
            path=path_of(picture),
            question_id=question.id,
            question=question.text,
        )
        for picture in PICTURES
        for question in run.questions
    )


def wanted_items(run: Run) -> tuple[Item, ...]:
    """Return the items about control pictures that a run's plan has; none without a plan."""
    return control_items(run) if run.plan is not UNSET and run.plan.control else ()


def sizes_of(results: Iterable[Result]) -> dict[str, Size]:
    """Return the sizes of images by their paths, of those that could be decoded."""
    return {
        one.path: (one.width, one.height)
        for one in results
        if one.width and one.height and 0 < one.width * one.height <= MAX_PIXELS
    }


def control_size(run: Run, images: Mapping[str, Size]) -> Size:
    """Return the size of a run's control pictures: what those had that are there, else the images' median.

    Args:
        run: may have results about some of them already.
        images: sizes of its images.
    """
    if made := sizes_of(run.controls or ()):
        return next(iter(made.values()))
    if not images:
        return USUAL_SIZE
    return median_low([width for width, _ in images.values()]), median_low([h for _, h in images.values()])


def check(run: Run) -> None:
    """Refuse a run that does not say by what it was answered.

    Raises:
        UsageError: it was imported, or ended before it had an answer.
    """
    unknown = run.model.source is None or run.generation.max_new_tokens is None
    if unknown or (run.environment == Environment() and not is_served(run)):
        raise UsageError(
            f"{run.id} does not say by which model and settings its answers were made, so control pictures "
            "cannot be asked about in the same way; --control asks about them in a new run"
        )


def told(failed: Iterable[Result], total: int) -> str | None:
    """Return what to tell of errors in place of answers about control pictures; `None` without any."""
    messages = [result.error.message for result in failed if result.error]
    if not messages:
        return None
    return f"{len(messages)} of {count(total, 'answer')} about control pictures are errors: {messages[0]}"
