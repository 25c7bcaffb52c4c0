"""What the filter box completes beside the filter's words."""

from collections.abc import Iterable

from fada_tui.evaluation.rubric import Rubric
from fada_tui.tui.state.review import Review


def filter_names(review: Review, rubric: Rubric, models: Iterable[str]) -> tuple[str, ...]:
    """Return the names that can be filtered by, each with its key: `category:"Public Symphysis"`.

    Args:
        review: whose images and questions they are.
        rubric: whose tags.
        models: whose answers there are; none of them is told in blind mode.
    """
    blind = review.open_runs.blind
    image_rows = review.gallery.image_rows if blind and review.gallery else review.image_rows
    names = {
        "category": image_rows.categories,
        "question": [question.short or question.id for question in review.questions],
        "tag": [tag.name for tag in rubric.tags],
        "model": () if blind else dict.fromkeys(models),
    }
    return tuple(
        f'{key}:"{name}"' if " " in name else f"{key}:{name}"
        for key, found in names.items()
        for name in found
    )
