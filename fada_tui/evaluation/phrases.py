"""Words and phrases in a text: in any case, in singular and plural, with spaces or hyphens.

All of it works on folded text (`folded`), whose places are not always those of the original.
"""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

_FORMS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("us", ("us", "uses", "i")),
    ("ums", ("um", "ums", "a")),
    ("um", ("um", "ums", "a")),
    ("ss", ("ss", "sses")),
    ("is", ("is", "es")),
    ("yses", ("yses", "ysis")),
    ("ices", ("ices", "ix", "ex", "ice")),
    ("ix", ("ix", "ixes", "ices")),
    ("ex", ("ex", "exes", "ices")),
    ("ur", ("ur", "urs", "ora")),
    ("ora", ("ora", "oras", "ur")),
    ("ae", ("ae", "as", "a")),
    ("ies", ("ies", "y", "ys", "ie")),
    ("ches", ("ch", "che", "ches")),
    ("a", ("a", "as", "ae", "um")),
    ("i", ("i", "is", "us")),
    ("y", ("y", "ys", "ies")),
    ("s", ("s", "", "es")),
)
"""English and Latin forms of a phrase's last word by its ending, the first that fits."""

_DASHES = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"), "-")
_MARKS = _DASHES | dict.fromkeys(map(ord, "\u2018\u2019\u02bc\uff07"), "'") | {0xAD: None}
_WORD = re.compile(r"[^\W_]+")
_LETTERS = re.compile(r"\w+")
_JOINED = re.compile(r"[\s\-/'’()&+*_]+")
"""What may lie between the words of a phrase."""


class Mention(NamedTuple):
    """A phrase in a text: `text[start:end]` of the folded text."""

    name: str
    start: int
    end: int


Find = Callable[[str], tuple[Mention, ...]]
"""From a folded text to the phrases in it."""


def folded(text: str) -> str:
    """Return the text without upper case, all dashes as `-` and all apostrophes as `'`."""
    return text.translate(_MARKS).casefold()


def trimmed(text: str) -> str:
    """Return a text for comparison: folded, single spaces between words, no marks around it."""
    return " ".join(folded(text).split()).strip(" \t.,;:!?\"'*_`()[]{}|-•")


def forms(word: str) -> tuple[str, ...]:
    """Return a folded word in singular and plural, itself among them."""
    for ending, others in _FORMS:
        if word.endswith(ending) and len(word) > len(ending) + 1:
            return tuple(dict.fromkeys((word, *(word[: -len(ending)] + other for other in others))))
    return (word, f"{word}s", f"{word}es") if word[-1:].isalpha() else (word,)


@lru_cache(maxsize=4096)
def pattern(text: str) -> re.Pattern[str]:
    """Return the regular expression that finds a phrase in folded text, in singular and plural.

    A space or hyphen in it stands for any of these; words are whole.
    """
    *first, last = re.split(r"[\s-]+", folded(text).strip(" -")) or [""]
    last_word = "|".join(map(re.escape, forms(last)))
    between = r"[\s-]+".join([*map(re.escape, first), f"(?:{last_word})"])
    return re.compile(rf"(?<!\w){between}(?!\w)")


def beginnings(text: str) -> frozenset[str]:
    """Return the words of a folded text, by which `may_be_in` decides."""
    return frozenset(_LETTERS.findall(text))


def may_be_in(text: str, words: frozenset[str]) -> bool:
    """Return whether a phrase's `pattern` can be found at all in a text of these `beginnings`."""
    first = _first_words(text)
    return first is None or not first.isdisjoint(words)


@lru_cache(maxsize=4096)
def _first_words(text: str) -> frozenset[str] | None:
    """Return the words that a phrase can begin with; `None` where it does not begin with a word."""
    first, *more = re.split(r"[\s-]+", folded(text).strip(" -")) or [""]
    found = (first,) if more else forms(first)
    return frozenset(found) if all(map(_LETTERS.fullmatch, found)) else None


def keys(text: str) -> tuple[tuple[str, ...], ...]:
    """Return a phrase's words in singular and plural; nothing for one without a letter or digit."""
    words = _WORD.findall(folded(text))
    return tuple((*words[:-1], last) for last in forms(words[-1])) if words else ()


def finder(phrases: Iterable[tuple[str, str]]) -> Find:
    """Return what finds the phrases of a list, of those that overlap the longest.

    Args:
        phrases: Pairs of a phrase and the name that its mentions get. Of a phrase with two names the first
            counts.
    """
    names: dict[tuple[str, ...], str] = {}
    for text, name in phrases:
        for key in keys(text):
            names.setdefault(key, name)
    lengths: dict[str, list[int]] = {}
    for key in sorted(names, key=len, reverse=True):
        known = lengths.setdefault(key[0], [])
        if len(key) not in known:
            known.append(len(key))

    def find(text: str) -> tuple[Mention, ...]:
        words = [(found[0], *found.span()) for found in _WORD.finditer(text)]
        found = []
        for place, (word, start, _) in enumerate(words):
            for length in lengths.get(word, ()):
                part = words[place : place + length]
                name = names.get(tuple(one for one, _, _ in part))
                if name is not None and _are_joined(text, part):
                    found.append(Mention(name, start, part[-1][2]))
                    break
        return _longest(found)

    return find


def _are_joined(text: str, words: list[tuple[str, int, int]]) -> bool:
    return all(_JOINED.fullmatch(text, one[2], other[1]) for one, other in pairwise(words))


def _longest(found: list[Mention]) -> tuple[Mention, ...]:
    """Return of mentions, in their order, those that are left if of overlapping ones the longest go first."""
    taken: list[Mention] = []
    group: list[Mention] = []
    end = 0
    for one in found:
        if one.start >= end:
            taken += _longest_of(group)
            group = []
        group.append(one)
        end = max(end, one.end)
    return (*taken, *_longest_of(group))


def _longest_of(group: list[Mention]) -> list[Mention]:
    if len(group) < 2:
        return group
    taken: list[Mention] = []
    for one in sorted(group, key=lambda one: (one.start - one.end, one.start)):
        if all(one.end <= other.start or other.end <= one.start for other in taken):
            taken.append(one)
    return sorted(taken, key=lambda one: one.start)
