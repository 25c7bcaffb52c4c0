"""The filter: words that an image and its answers must all match."""

import re
from collections.abc import Callable, Mapping

from msgspec import Struct

from fada_tui.core.records import Assessment, AutoScore

GOOD_SCORE = 0.5
"""The auto score from which an answer counts as rated right."""


class Subject(Struct, frozen=True, kw_only=True):
    """The data of an image and its answers that a filter checks."""

    name: str
    category: str
    assessments: tuple[Assessment, ...] = ()
    """One for each question asked, empty where there is none."""
    answered: bool = False
    error: bool = False
    autos: tuple[AutoScore | None, ...] = ()
    """In the order of the assessments."""
    models: tuple[str, ...] = ()
    """Models that have an answer about the image."""
    marked: bool = False


class Filter(Struct, frozen=True):
    """A filter as typed and as parsed."""

    words: tuple[str, ...] = ()
    text: str = ""
    error: str = ""
    """What is wrong with the filter; an invalid filter matches everything."""


def _has(verdict: str) -> Callable[[Subject], bool]:
    return lambda subject: any(one.verdict == verdict for one in subject.assessments)


def _unassessed(subject: Subject) -> bool:
    return subject.answered and any(one.verdict is None for one in subject.assessments)


def _assessed(subject: Subject) -> bool:
    return any(one.verdict is not None for one in subject.assessments)


def disagrees(assessment: Assessment, auto: AutoScore | None) -> bool:
    """Return whether verdict and rubric contradict: one right, the other wrong. Partial is neither."""
    if auto is None or auto.score is None or assessment.verdict in (None, "partial"):
        return False
    return (assessment.verdict == "correct") != (auto.score >= GOOD_SCORE)


_STATES: Mapping[str, Callable[[Subject], bool]] = {
    "unassessed": _unassessed,
    "assessed": _assessed,
    "correct": _has("correct"),
    "partial": _has("partial"),
    "incorrect": _has("incorrect"),
    "disagree": lambda subject: any(map(disagrees, subject.assessments, subject.autos)),
    "noted": lambda subject: any(one.note for one in subject.assessments),
    "answered": lambda subject: subject.answered,
    "waiting": lambda subject: not subject.answered and not subject.error,
    "error": lambda subject: subject.error,
    "marked": lambda subject: subject.marked,
}

_KEYS: Mapping[str, Callable[[Subject, str], bool]] = {
    "category": lambda subject, text: text in subject.category.casefold(),
    "model": lambda subject, text: any(text in model.casefold() for model in subject.models),
    "tag": lambda subject, text: any(
        text in tag.casefold() for one in subject.assessments for tag in one.tags
    ),
}

_SHORT = {"cat": "category"}

WORDS: tuple[str, ...] = (*_STATES, *(f"{key}:" for key in _KEYS))
"""The words of the filter language, beside parts of names."""

TELLING = frozenset({"disagree", "model:"})
"""Those that go by what blind mode hides: names of models, and auto scores."""

_WORD = re.compile(r'-?(?:[a-z]+:)?"[^"]*"?|\S+', re.IGNORECASE)


def parse(text: str, *, blind: bool = False) -> Filter:
    """Parse a filter: words of `WORDS`, `category:"Public Symphysis"`, `-correct`, or parts of names.

    Args:
        text: as typed.
        blind: refuse the words that go by what blind mode hides.
    """
    words = tuple(word.casefold().replace('"', "") for word in _WORD.findall(text))
    for word in words:
        key, colon, _ = word.removeprefix("-").partition(":")
        if blind and key + colon in TELLING:
            return Filter((), text.strip(), f"blind mode hides what '{key}{colon}' goes by; b ends it")
        if colon and _SHORT.get(key, key) not in _KEYS:
            return Filter((), text, f"no '{key}:'; there is {', '.join(f'{known}:' for known in _KEYS)}")
    return Filter(tuple(word for word in words if word.strip("-")), text.strip())


def matches(wanted: Filter, subject: Subject) -> bool:
    """Return whether a subject matches all words of a filter."""
    return all(_meets(word, subject) for word in wanted.words)


def _meets(word: str, subject: Subject) -> bool:
    if word.startswith("-"):
        return not _meets(word[1:], subject)
    if word in _STATES:
        return _STATES[word](subject)
    key, colon, value = word.partition(":")
    if colon:
        return _KEYS[_SHORT.get(key, key)](subject, value)
    return word in subject.name.casefold() or word in subject.category.casefold()
