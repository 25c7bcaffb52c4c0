"""The sections of a page, each in the longest form for which the page has room. Pure."""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple, TypeAlias

PAGE_LINES: Final = 300
"""Lines of a page, a person's notes not counted."""

Form: TypeAlias = Callable[[], list[str]]
"""Returns lines of Markdown."""


class Section(NamedTuple):
    """A section of a page, or a part of one."""

    forms: tuple[Form, ...]
    """What stands under its heading, from the whole to the shortest; what is not needed is not called."""
    heading: str = ""
    """Empty where the forms have their own."""
    level: int = 2
    """Of the heading."""
    first: int = 0
    """The longest form that may stand on the page."""
    last_resort: bool = False
    """Whether its shortest form is for where nothing else can be shortened."""
    goes_on: bool = False
    """Whether the whole form stands on the page of details where the page has a shorter one."""

    def lines(self, form: int) -> list[str]:
        """Return the section with its heading; empty where the form is."""
        body = self.forms[form]()
        return [f"{'#' * self.level} {self.heading}", "", *body] if body and self.heading else body


def only(form: Form) -> Section:
    """Return a section that has one form, with its heading."""
    return Section((form,))


def fitting(sections: Sequence[Section], most: int) -> list[int]:
    """Return which form of each section to take, so that all have so many lines at most, as far as possible.

    Again and again the section that saves most is shortened.
    """
    sizes = [
        {form: len(section.lines(form)) for form in range(section.first, len(section.forms))}
        for section in sections
    ]
    taken = [section.first for section in sections]

    def shorter(place: int) -> int | None:
        now = sizes[place][taken[place]]
        return next((form for form, size in sizes[place].items() if form > taken[place] and size < now), None)

    while sum(size[form] for size, form in zip(sizes, taken, strict=True)) > most:
        steps = [(place, form) for place in range(len(sections)) if (form := shorter(place)) is not None]
        willing = [(place, form) for place, form in steps if not _reluctant(sections[place], form)]
        if not steps:
            break
        place, form = max(
            willing or steps, key=lambda step: sizes[step[0]][taken[step[0]]] - sizes[step[0]][step[1]]
        )
        taken[place] = form
    return taken


def _reluctant(section: Section, form: int) -> bool:
    return section.last_resort and form == len(section.forms) - 1
