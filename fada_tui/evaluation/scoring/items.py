"""Which items an answer names: for the kind `set`."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from fada_tui.core.records import Question
from fada_tui.evaluation.negation import is_negated, negations
from fada_tui.evaluation.phrases import Find, Mention, finder, folded, keys, trimmed

BETA = 2.0
"""Of F-beta: an item missed weighs as much as four that are too many."""

MOST_WORDS = 4
"""Of an item that no reference has. What is longer in an answer is no list."""

MOST_PARTS = 200
"""Of a list: an answer that goes on and on lists nothing."""

_SEPARATOR = re.compile(r"(?:(?<=\S)\s+)?(?:[,;|•/&+]|\n\s*(?:[-*•]|\d+[.)])?|\band\b|\bor\b)\s*")
_BULLET = re.compile(r"^\s*(?:[-*•]|\d+[.)])\s+")
_NOTHING = re.compile(
    r"(?:none|nothing|nil|null|empty|n[./]?a|no|not (?:applicable|available)|"
    r"no (?:items?|structures?|measurements?|findings?))?"
    r"(?: (?:at all|(?:is |are )?(?:visible|seen|present|possible|identified|found)))?"
)
_NONE_FIRST = re.compile(r"[\W_]*(?:none|nothing|nil|null|n[./]?a)(?!\w)")
"""An answer or reference that begins with it says why there is none: "none, too dark", "N/A (poor view)"."""
_NONE_SAID = re.compile(r"\b(?:none|nothing|nil)\b")
_NO_ANSWER = re.compile(
    r"\b(?:cannot|can't|can not|could not|couldn't|unable to|not able to|not possible to|impossible to|"
    r"don't|do not)\s+(?:\w+ly\s+)?(?:be\s+)?(?:tell|say|answer|help|assist|know|determin\w+|judg\w+|"
    r"assess\w*|provide|analy[sz]e|interpret|comment|diagnose)\b(?!\s+any\b)"
    r"|\bno idea\b|\bnot (?:sure|certain)\b"
)
"""What denies no item, but that there is an answer."""
_DENIED = re.compile(r"no\s")
_SENTENCES = re.compile(r"[.!?]\s+\w")
_ARTICLE = re.compile(r"^(?:the|an?|visible)\s+")
_PROSE = re.compile(
    r"\b(?:is|are|was|were|be|can|could|may|might|i|we|you|it|this|that|there|here|image|shows?|see|seen|visible|"
    r"yes|present|appears?|looks?|has|have|of|in|on|with|for|to)\b"
)


class Piece(NamedTuple):
    """One of the parts of a list, `text[start:end]` of the folded text, without article."""

    text: str
    start: int
    end: int


def item_finder(question: Question, references: Iterable[str]) -> tuple[tuple[str, ...], Find]:
    """Return the items that there are, and what finds them in a folded text.

    They are the question's values, the words that synonyms stand for, and what else references list, in
    singular and plural; of items that overlap in a text the longest counts. An item is called as the
    references call it most often.
    """
    known: list[tuple[str, str]] = [(value, value) for value in question.values or ()]
    names = {trimmed(value): value for value in question.values or ()}
    for canonical, others in (question.synonyms or {}).items():
        name = names.get(trimmed(canonical), canonical)
        known += [(canonical, name), *((other, name) for other in others)]
    find = finder(known)
    spellings: dict[tuple[str, ...], Counter[str]] = {}
    for text, count in sorted(Counter(references).items()):
        reference = folded(text)
        if _NONE_FIRST.match(reference):
            continue
        mentions = find(reference)
        for piece in pieces(reference):
            if not _covered(piece, mentions) and _is_item(reference, piece):
                forms = keys(piece.text)
                group = next((spellings[form] for form in forms if form in spellings), Counter())
                group[_as_written(text, reference, piece)] += count
                for form in forms:
                    spellings.setdefault(form, group)
    for group in {id(group): group for group in spellings.values()}.values():
        name = min(group, key=lambda one: (-group[one], one))
        known += [(spelling, name) for spelling in sorted(group)]
    return tuple(dict.fromkeys(name for _, name in known)), finder(known)


def items_named(find: Find, echo: str) -> Callable[[str], tuple[str, ...] | None]:
    """Return what finds the items that an answer names and does not deny, in its order.

    Of an answer that is a list, parts that are no known item count as items, too; an answer in sentences can
    name known ones alone. What it finds is `None` where an answer neither names an item nor says that there
    is none: it says something else.

    Args:
        find: What finds known items.
        echo: The question's text, folded, which an answer may repeat.
    """

    def named(response: str) -> tuple[str, ...] | None:
        text = folded(response)
        text = text.replace(echo, "\n") if echo else text
        if _NOTHING.fullmatch(trimmed(text)):
            return ()
        mentions = find(text)
        found = [(one.start, one.name) for one in mentions if not is_negated(text, one.start, one.end)]
        if not _NONE_FIRST.match(text):
            found += [(one.start, one.text) for one in _unknown(text, mentions)]
        if not found and not _says_none(text):
            return None
        return tuple(dict.fromkeys(name for _, name in sorted(found)))

    return named


def f_beta(matched: int, missed: int, extra: int, beta: float = BETA) -> float:
    """Return F-beta of counts of items, 0 to 1; 1 where there are none at all."""
    if not matched:
        return float(not missed and not extra)
    weight = beta * beta
    return (1 + weight) * matched / ((1 + weight) * matched + weight * missed + extra)


def pieces(text: str, start: int = 0) -> Iterator[Piece]:
    """Yield the parts of a folded text that commas, lines, bullets or "and" separate."""
    if bullet := _BULLET.match(text[start:]):
        start += bullet.end()
    for end in (*_SEPARATOR.finditer(text, start), None):
        stop = end.start() if end else len(text)
        part = text[start:stop]
        name = _ARTICLE.sub("", trimmed(part))
        if name:
            yield Piece(name, start, stop)
        start = end.end() if end else stop


def _says_none(text: str) -> bool:
    """Return whether a folded text that names no item says that there is none."""
    if _NONE_SAID.search(text) or _NONE_FIRST.match(text):
        return True
    return bool(negations(text)) and _NO_ANSWER.search(text) is None


def _unknown(text: str, mentions: tuple[Mention, ...]) -> list[Piece]:
    """Return the parts of a list that no known item covers; nothing for a text that is no list."""
    if _SENTENCES.search(text.strip()):
        return []
    parts = list(pieces(text, text.rfind(":") + 1))
    if len(parts) > MOST_PARTS or any(len(part.text.split()) > MOST_WORDS for part in parts):
        return []
    return [
        part
        for part in parts
        if not _covered(part, mentions) and not _PROSE.search(part.text) and _is_item(text, part)
    ]


def _covered(piece: Piece, mentions: tuple[Mention, ...]) -> bool:
    return any(one.start < piece.end and piece.start < one.end for one in mentions)


def _is_item(text: str, piece: Piece) -> bool:
    if _NOTHING.fullmatch(piece.text) or _DENIED.match(piece.text) or not keys(piece.text):
        return False
    start = max(text.find(piece.text, piece.start, piece.end), piece.start)
    return not is_negated(text, start, min(start + len(piece.text), piece.end))


def _as_written(text: str, reference: str, piece: Piece) -> str:
    """Return an item in the upper and lower case of the text that it was found in."""
    if len(text) != len(reference):
        return piece.text
    start = reference.find(piece.text, piece.start)
    return text[start : start + len(piece.text)] if start >= 0 else piece.text
