"""The filter: words that one answer must meet, all of them together."""

import operator
import re
from collections.abc import Callable, Mapping
from functools import lru_cache, partial

from msgspec import Struct

from fada_tui.core.records import Assessment, AutoScore

GOOD_SCORE = 0.5
"""The auto score from which an answer counts as rated right."""


class Subject(Struct, frozen=True, kw_only=True, gc=False):
    """What a filter checks: one answer, or the place where it will be."""

    name: str
    """Of the image."""
    category: str
    question: tuple[str, ...] = ()
    """Id and short name of the question."""
    assessment: Assessment = Assessment()
    """This assessor's own."""
    answered: bool = False
    error: bool = False
    auto: AutoScore | None = None
    """`None` where the rubric's terms do not rate the answer."""
    score: float | None = None
    """By the question's kind, else the rubric's, 0 to 1."""
    model: str = ""
    """Empty in blind mode."""
    marked: bool = False
    text: str = ""
    """Of the answer."""


Test = Callable[[Subject], bool]
"""Whether an answer meets a word."""


class Filter(Struct, frozen=True):
    """A filter as typed and as parsed."""

    words: tuple[str, ...] = ()
    text: str = ""
    error: str = ""
    """What is wrong with the filter; an invalid filter matches everything."""
    in_texts: bool = False
    """Parts of names are looked for in the answers' texts, too."""


def disagrees(assessment: Assessment, auto: AutoScore | None) -> bool:
    """Return whether verdict and rubric contradict: one right, the other wrong. Partial is neither."""
    if auto is None or auto.score is None or assessment.verdict in (None, "partial"):
        return False
    return (assessment.verdict == "correct") != (auto.score >= GOOD_SCORE)


def second(assessment: Assessment) -> bool:
    """Return whether an answer is worth a second look: partly right, or flagged."""
    return assessment.verdict == "partial" or assessment.flagged is True


_STATES: Mapping[str, Test] = {
    "unassessed": lambda subject: subject.answered and subject.assessment.verdict is None,
    "assessed": lambda subject: subject.assessment.verdict is not None,
    "correct": lambda subject: subject.assessment.verdict == "correct",
    "partial": lambda subject: subject.assessment.verdict == "partial",
    "incorrect": lambda subject: subject.assessment.verdict == "incorrect",
    "flagged": lambda subject: subject.assessment.flagged is True,
    "second": lambda subject: second(subject.assessment),
    "noted": lambda subject: bool(subject.assessment.note),
    "disagree": lambda subject: disagrees(subject.assessment, subject.auto),
    "answered": lambda subject: subject.answered,
    "waiting": lambda subject: not subject.answered and not subject.error,
    "error": lambda subject: subject.error,
    "marked": lambda subject: subject.marked,
}

_KEYS: Mapping[str, Callable[[Subject, str], bool]] = {
    "category": lambda subject, value: value in subject.category.casefold(),
    "question": lambda subject, value: any(value in name.casefold() for name in subject.question),
    "tag": lambda subject, value: any(value in tag.casefold() for tag in subject.assessment.tags),
    "text": lambda subject, value: _in_text(value, subject.text),
    "note": lambda subject, value: (
        bool(subject.assessment.note) and _in_text(value, subject.assessment.note or "")
    ),
    "model": lambda subject, value: value in subject.model.casefold(),
}

_SHORT = {"cat": "category", "q": "question"}

_SIGNS: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
}

SCORE = "score<0.5"
"""The example by which comparisons of scores are told."""

WORDS: tuple[str, ...] = (*_STATES, *(f"{key}:" for key in _KEYS), SCORE)
"""The words of the filter language, beside parts of names."""

TELLING = frozenset({"disagree", "model:", SCORE})
"""Those that go by what blind mode hides: names of models, and scores."""

_WORD = re.compile(r'-?(?:[a-z]+:)?"[^"]*"?|\S+', re.IGNORECASE)

_SCORE = re.compile(r"score([<>]=?|=)(.*)")


def parse(text: str, *, blind: bool = False, in_texts: bool = False) -> Filter:
    """Parse a filter: words of `WORDS`, `category:"Public Symphysis"`, `-correct`, or parts of names.

    Args:
        text: as typed.
        blind: refuse the words that go by what blind mode hides.
        in_texts: what is no word is looked for in the answers' texts, too.
    """
    words = tuple(word.casefold().replace('"', "") for word in _WORD.findall(text))
    for word in words:
        if error := _fault(word.removeprefix("-"), blind):
            return Filter((), text.strip(), error)
    return Filter(tuple(word for word in words if word.strip("-")), text.strip(), "", in_texts)


def _fault(word: str, blind: bool) -> str:
    """Return what is wrong with a word; nothing where it is understood."""
    key, colon, _ = word.partition(":")
    if compared := _SCORE.fullmatch(word):
        if blind:
            return "blind mode hides what 'score' goes by; b ends it"
        return "" if _number(compared[2]) is not None else f"a score is compared with a number: {SCORE}"
    if blind and key + colon in TELLING:
        return f"blind mode hides what '{key}{colon}' goes by; b ends it"
    if colon and _SHORT.get(key, key) not in _KEYS:
        return f"no '{key}:'; there is {', '.join(f'{known}:' for known in _KEYS)}"
    return ""


def _number(text: str) -> float | None:
    return float(text) if re.fullmatch(r"\d+\.?\d*|\.\d+", text, re.ASCII) else None


def matches(wanted: Filter, subject: Subject) -> bool:
    """Return whether an answer meets all words of a filter."""
    return all(test(subject) for test in _tests(wanted))


@lru_cache(maxsize=8)
def _tests(wanted: Filter) -> tuple[Test, ...]:
    """Return the tests of a filter's words, the quickest first."""
    return tuple(_test(word, wanted.in_texts) for word in sorted(wanted.words, key=_costly))


def _costly(word: str) -> bool:
    return word.removeprefix("-").startswith(("text:", "note:"))


def _test(word: str, in_texts: bool) -> Test:
    if word.startswith("-"):
        return partial(_fails, _test(word[1:], in_texts))
    if word in _STATES:
        return _STATES[word]
    if compared := _SCORE.fullmatch(word):
        return partial(_compares, _SIGNS[compared[1]], _number(compared[2]) or 0.0)
    key, colon, value = word.partition(":")
    if colon:
        return partial(_has, _KEYS[_SHORT.get(key, key)], value)
    return partial(_named, word, in_texts)


def _fails(test: Test, subject: Subject) -> bool:
    return not test(subject)


def _has(holds: Callable[[Subject, str], bool], value: str, subject: Subject) -> bool:
    return holds(subject, value)


def _compares(sign: Callable[[float, float], bool], number: float, subject: Subject) -> bool:
    """Compare the score of an answer that is judged: before that it is not to be known."""
    return (
        subject.score is not None
        and subject.assessment.verdict is not None
        and sign(round(subject.score, 6), number)
    )


def _named(word: str, in_texts: bool, subject: Subject) -> bool:
    return (
        word in subject.name.casefold()
        or word in subject.category.casefold()
        or (in_texts and _in_text(word, subject.text))
    )


def _in_text(wanted: str, text: str) -> bool:
    """Return whether a text has these words next to each other, whatever white space is between them."""
    folded = text.casefold()
    return wanted in folded or (" " in wanted and " ".join(wanted.split()) in " ".join(folded.split()))
