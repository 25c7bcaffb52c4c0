"""What columns, questions and files are called, compared as people write them."""

import re
import unicodedata
from collections.abc import Sequence

from msgspec import UNSET, Struct

from fada_tui.core.records import Question
from fada_tui.evaluation.rubric import normal

_END_MARKS = " .?!:;,…*\"'“”„‘’«»"

_NUMBERED = re.compile(
    r"\s*[(\[]?\s*"
    r"(?:(?:question|q|nr|no|#)\.?\s*[0-9]+(?:\s*[)\].:;,_|–—-]|\s)|[0-9]+(?:\s*[)\].:]|\s+[–—-]\s))"
    r"\s*(?P<rest>.+)",
    re.IGNORECASE | re.DOTALL,
)
"""A number before a name: `Q1: `, `1. `, `(2) `, `Question 3 - `."""

_BARE_NUMBER = re.compile(r"(?:question|q|nr|no|#)?\.?\s*[0-9]+", re.IGNORECASE)


def key(text: str) -> str:
    """Return a name normalised for comparison: case, spaces, `_`, `-` and end marks make no difference."""
    return normal(unicodedata.normalize("NFKC", text)).strip(_END_MARKS)


def squeezed(text: str) -> str:
    """Return a column's name normalised for comparison, without spaces: `Image_Name` is `imagename`."""
    return key(text).replace(" ", "")


def is_number(text: str) -> bool:
    """Return whether a name is a number alone, as `Q1`."""
    return _BARE_NUMBER.fullmatch(text.strip()) is not None


class QuestionNames(Struct, frozen=True):
    """A run's questions by what they are called."""

    by_id: dict[str, str]
    """Question ids by their normalised selves."""
    by_name: dict[str, tuple[str, ...]]
    """Question ids by id, short name and text, normalised; several where two questions share a name."""

    def of_id(self, text: str) -> str | None:
        """Return the id of the question with this id."""
        return self.by_id.get(key(text))

    def of_name(self, text: str) -> tuple[str, ...]:
        """Return the ids of the questions that a text names, if need be without a number before the name.

        A number alone names no question but one that has it for an id.
        """
        if found := self.by_name.get(key(text), ()):
            return found
        numbered = _NUMBERED.fullmatch(text)
        return self.by_name.get(key(numbered["rest"]), ()) if numbered else ()


def question_names(questions: Sequence[Question]) -> QuestionNames:
    """Return questions by what they are called."""
    by_name: dict[str, tuple[str, ...]] = {}
    for question in questions:
        for name in (question.id, "" if question.short is UNSET else question.short, question.text):
            if (known := key(name)) and question.id not in by_name.get(known, ()):
                by_name[known] = (*by_name.get(known, ()), question.id)
    return QuestionNames({key(question.id): question.id for question in questions}, by_name)
