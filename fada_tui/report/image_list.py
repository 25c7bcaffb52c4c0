"""What the page, and the terminal, say of a person's list of images."""

from fada_tui.core.records import ImageList
from fada_tui.report import units


def image_list_told(one: ImageList) -> list[str]:
    """Return what a terminal is told of a list of images: lines, not yet escaped."""
    return [f"{one.name}: {line}" for line in (_counted(one), *one.remarks)]


def image_list_line(one: ImageList) -> str:
    """Return what is told of a list of images as one line, not yet escaped."""
    return f"{one.name}: {'; '.join((_counted(one), *one.remarks))}"


def _counted(one: ImageList) -> str:
    """Return how many images a list names, and how many of its entries lead to none."""
    named = f"{units.count(one.images, 'image')} of {units.count(one.entries, 'entry', 'entries')}"
    beside = [
        f"{number:,} {what}"
        for number, what in ((one.unmatched, "left out"), (one.repeated, "again"))
        if number
    ]
    return "; ".join((named, ", ".join(beside))) if beside else named
