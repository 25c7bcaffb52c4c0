"""How answers end: in a phrase that repeats itself, or in mid-sentence. Pure, and linear in the text."""

import re
from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

TIMES: Final = 3
"""Times that a phrase stands one after another before it counts as a loop."""
REPEATED_WORDS: Final = 8
"""Words that the repetitions together have at least: "very, very, very" is none."""
LOOKED_AT: Final = 2_000
"""Words at an answer's end that are looked at."""
LETTERS: Final = 32
"""Letters of a word, or equal marks in a row, from which they are looked at like words."""
ANSWER_WORDS: Final = 20
"""Words from which an answer without a mark at its end is looked at: shorter ones may be phrases."""
SENTENCE_WORDS: Final = 3
"""Words of a sentence that was broken off, after others in its line."""
LINE_WORDS: Final = 8
"""Words of a last line that was broken off: items of lists, and headings, have fewer, and no marks."""

_LIST_MARK = re.compile(r"^[ \t]*(?:[-*+•]|\d{1,3}[.)])[ \t]+", re.MULTILINE)
_WORD = re.compile(r"\w+")
_RULES = "-=_*~#"
"""Marks of which people draw lines."""
_END_MARKS = (".", "!", "?", "…", ":", ";", "。", "！", "？", "|")
_CLOSING = "\"'”’»)]}`*_ "
_SENTENCE_END = re.compile(r"[.!?…](?=[\"'”’»)\]*_]*\s)")


class Repetition(NamedTuple):
    """The phrase that an answer ends in, over and over."""

    length: int
    """Of the phrase, in its unit."""
    times: int
    """Whole times that it stands there, one after another."""
    unit: Literal["word", "character"] = "word"


def repetition(text: str) -> Repetition | None:
    """Return the loop that an answer ends in; `None` if it ends in none.

    An answer ends in a loop if its last words, but for a last one that may be cut off, have a period: the
    same phrase stands at least `TIMES` times one after another, and these have `REPEATED_WORDS` words or
    more. Of several periods the shortest counts. Upper case, marks and list markers (`1.`, `-`) make no
    difference, figures do: the rows of a table and the items of a list differ in a word. A word of `LETTERS`
    letters is looked at letter by letter, and so many equal marks at the end are a loop, too, unless they
    draw a line.

    The period is found with the Z function of the reversed words (Gusfield 1997, section 1.4), in linear
    time.
    """
    marks = _marks(text)
    if marks is not None:
        return marks
    words = _WORD.findall(_LIST_MARK.sub("", text.casefold()) if "\n" in text else text.casefold())
    if words and len(words[-1]) >= LETTERS:
        found = _period([*words[-1]], LETTERS)
        return found and found._replace(unit="character")
    tail = words[-LOOKED_AT:]
    return _period(tail, REPEATED_WORDS) or _period(tail[:-1], REPEATED_WORDS)


def _marks(text: str) -> Repetition | None:
    """Return the mark that stands at the end `LETTERS` times or more."""
    shown = text.rstrip()
    last = shown[-1:]
    if not last or last.isalnum() or last in _RULES:
        return None
    times = len(shown) - len(shown.rstrip(last))
    return Repetition(1, times, "character") if times >= LETTERS else None


def _period(words: Sequence[str], least: int) -> Repetition | None:
    """Return the shortest period in which the words end; `None` if there is none."""
    if len(words) < least or words.count(words[-1]) < TIMES:
        return None
    backwards = words[::-1]
    reach = _z_function(backwards)
    for length in range(1, len(words) // TIMES + 1):
        covered = length + reach[length]
        if covered >= TIMES * length and covered >= least:
            return Repetition(length, covered // length)
    return None


def _z_function(words: Sequence[str]) -> list[int]:
    """Return of each place how many words from there on are the first ones."""
    count = len(words)
    reach = [0] * count
    left = right = 0
    for place in range(1, count):
        length = min(right - place, reach[place - left]) if place < right else 0
        while place + length < count and words[length] == words[place + length]:
            length += 1
        reach[place] = length
        if place + length > right:
            left, right = place, place + length
    return reach


def in_mid_sentence(text: str) -> bool:
    """Return whether an answer whose end nobody recorded stops in the middle of a sentence.

    So it does if it has `ANSWER_WORDS` words or more and no mark at its end, and its last sentence is too
    long for a phrase: `SENTENCE_WORDS` after a sentence that ended, `LINE_WORDS` in a line of its own.
    """
    shown = text.rstrip().rstrip(_CLOSING)
    if shown.endswith(_END_MARKS) or len(shown.split()) < ANSWER_WORDS:
        return False
    line = shown[shown.rfind("\n") + 1 :]
    ended = [found.end() for found in _SENTENCE_END.finditer(_LIST_MARK.sub("", line))]
    words = len(_LIST_MARK.sub("", line)[ended[-1] if ended else 0 :].split())
    return words >= (SENTENCE_WORDS if ended else LINE_WORDS)
