"""The image list in one line: where one is in it, and how far this image's questions are."""

from msgspec import Struct

from fada_tui.tui.state.review import Review


class ListLine(Struct, frozen=True, kw_only=True):
    """The place of an image in the list."""

    name: str = ""
    number: int = 0
    """Of the images that the list shows, from 1."""
    images: int = 0
    category: str = ""
    marks: tuple[str, ...] = ()
    """Of its questions, as the image list marks images: a verdict, unjudged, running, error, waiting."""
    current: int = 0
    """Index of the question that is looked at."""


def list_line(review: Review) -> ListLine:
    """Return the list's line for the current position; nothing in it grows with the list."""
    slot, images = review.slot, len(review.shown.slots)
    if slot is None:
        return ListLine(images=images)
    run = review.run
    return ListLine(
        name=slot.image.image,
        number=(review.shown.position(slot) or 0) + 1,
        images=images,
        category=slot.image.category,
        marks=run.mark(slot.image.path).kinds if run else (),
        current=review.key_index,
    )
