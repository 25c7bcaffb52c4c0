"""Words by which one of several answers to the same question differs from all the others."""

import re
from collections import Counter
from collections.abc import Sequence

from fada_tui.evaluation.scoring.marks import Mark

_WORD = re.compile(r"\w+(?:[.,'’/-]\w+)*")

_LINKING = frozenset(
    re.findall(
        r"\w+",
        "a an the and or as at by for from in into of on to with is are was were be has have "
        "it its that this these there which",
    )
)
"""Words that say nothing by themselves; all that deny, such as "no" and "without", say much."""


def words_of_one(answers: Sequence[str]) -> frozenset[str]:
    """Return the words, in lower case, that exactly one of several answers has; of fewer than two, none.

    Words that only link others are never among them. The cost is linear in the answers' lengths.
    """
    answers_with = Counter(word for answer in answers for word in set(_WORD.findall(answer.casefold())))
    if len(answers) < 2:
        return frozenset()
    return frozenset(word for word, count in answers_with.items() if count == 1) - _LINKING


def words_alone(answer: str, words: frozenset[str]) -> tuple[Mark, ...]:
    """Return where an answer has words that the others have not.

    Args:
        answer: one of several.
        words: as `words_of_one` returns them of all.
    """
    return tuple(
        Mark(match.start(), match.end(), "alone")
        for match in _WORD.finditer(answer)
        if match[0].casefold() in words
    )
