"""Control pictures show nothing; the questions of a run can be asked about them as well. Pure."""

from collections.abc import Iterable
from typing import Final

from fada_tui.core.records import Question, Result

CATEGORY: Final = "control"
"""The category of their results."""

PICTURES: Final = ("black", "grey", "noise")
"""Their names, in the order in which they are asked about."""


def path_of(picture: str) -> str:
    """Return the path in the results of a control picture; no file has to be there, and none is read."""
    return f"{CATEGORY}/{picture}"


def control_keys(questions: Iterable[Question]) -> tuple[tuple[str, str], ...]:
    """Return the keys of all results about control pictures, picture by picture."""
    asked = tuple(questions)
    return tuple((path_of(picture), question.id) for picture in PICTURES for question in asked)


def is_control(result: Result) -> bool:
    """Return whether a result is about a control picture: then it says nothing of any file."""
    named = result.category == CATEGORY and result.image in PICTURES
    return named and result.path == path_of(result.image) and not result.file
