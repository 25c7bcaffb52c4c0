"""Which of a question's values an answer names: for the kinds `choice`, `ordered` and `yes_no`."""

import re
from collections.abc import Callable, Iterator, Sequence

from fada_tui.core.records import Question
from fada_tui.evaluation.negation import is_left_open, is_negated
from fada_tui.evaluation.phrases import finder, folded, trimmed
from fada_tui.evaluation.scoring.ranges import range_finder, range_of

YES_NO = ("no", "yes")
"""The values of the kind `yes_no` where a question names none: that for no first."""

_YES = ("yes", "yeah", "yep")
_NO = ("no", "nope")
_FIRST = re.compile(
    r"[\W_]*(?:there (?:is|are|was|were) )?(yes|yeah|yep|no|nope)\b"
    r"(?!\s+(?:idea|clue|answer|comment|opinion|information|data|way|doubt|question|problem)\b)"
    r"(?P<both>\s*(?:and|or|/)\s*(?:yes|no)\b)?"
)
_ALONE = re.compile(r"\b(?:(yes|yeah|yep)\b|(no|nope)(?=[*_\"'`]*\s*(?:[.,;:!?)\n|]|$)))")
_DERIVED = ("ity", "ities")
"""What makes nouns of words in -al: abnormal, abnormality."""


def values_of(question: Question) -> tuple[str, ...]:
    """Return the values of a question, in its order; nothing for kinds without."""
    if question.values:
        return question.values
    return YES_NO if question.kind == "yes_no" else ()


def value_finder(question: Question) -> Callable[[str], tuple[str, ...]]:
    """Return what finds the question's values in an answer, in the question's order.

    A value is found as whole words, by itself or a synonym; of overlapping ones the longest counts. One that
    the answer denies or leaves open does not count unless it names it elsewhere. Numbers fall into values
    that are ranges.

    Of `yes_no`, denying one value is naming the other ("no abnormality" is normal). Only where an answer does
    neither, "yes" and "no" stand for the values: the answer's first word, or else one that stands alone.
    """
    values = values_of(question)
    binary = question.kind == "yes_no" and len(values) == 2
    ranges = [found for value in values if (found := range_of(value)) is not None]
    by_number = range_finder(ranges)
    by_words = finder(_phrases(question, values, {one.value for one in ranges}))
    echo = folded(question.text).strip()

    def find(response: str) -> tuple[str, ...]:
        text = folded(response)
        text = text.replace(echo, "\n") if echo else text
        named: set[str] = set()
        denied: set[str] = set()
        for one in (*by_words(text), *by_number(text)):
            if is_left_open(text, one.start, one.end):
                continue
            (denied if is_negated(text, one.start, one.end) else named).add(one.name)
        if binary and not named:
            named = set(values) - denied if len(denied) == 1 else _plain(text, values)
        return tuple(value for value in values if value in named)

    return find


def _phrases(question: Question, values: Sequence[str], ranges: set[str]) -> Iterator[tuple[str, str]]:
    """Yield the words for each value; of `yes_no`, a plain yes and no are no words for it."""
    plain = (*_YES, *_NO) if question.kind == "yes_no" else ()
    synonyms = {trimmed(name): others for name, others in (question.synonyms or {}).items()}
    for value in values:
        for text in (value, *synonyms.get(trimmed(value), ())):
            if trimmed(text) not in plain and text not in ranges:
                yield text, value
                if trimmed(text).startswith("not "):
                    yield trimmed(text).removeprefix("no"), value  # of "isn't visible": t visible
    for value in values:
        yield from ((word, value) for word in derived(value))


def derived(value: str) -> tuple[str, ...]:
    """Return the nouns that are made of a value: of "abnormal" abnormality."""
    word = trimmed(value)
    return tuple(word + ending for ending in _DERIVED) if word.isalpha() and word.endswith("al") else ()


def _plain(text: str, values: Sequence[str]) -> set[str]:
    """Return what a plain yes or no in a folded text stands for."""
    if first := _FIRST.match(text):
        if first["both"]:
            return set(values)
        return {values[first[1] in _YES]}
    return {values[found[1] is not None] for found in _ALONE.finditer(text)}
