"""Where in a text the words stand that its score is about."""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple, TypeAlias

from fada_tui.evaluation.negation import negations
from fada_tui.evaluation.phrases import finder, folded
from fada_tui.evaluation.scoring.ranges import range_finder, range_of
from fada_tui.evaluation.scoring.values import derived

MarkKind: TypeAlias = Literal["matched", "missed", "extra", "alone"]
"""What a score found, missed, or found beside it; a word that no other of several answers has."""


class Mark(NamedTuple):
    """Characters `text[start:end]` that name something."""

    start: int
    end: int
    kind: MarkKind


def marks(
    text: str, names: Mapping[MarkKind, Sequence[str]], synonyms: Mapping[str, Sequence[str]]
) -> tuple[Mark, ...]:
    """Return the marks of a text, in its order; none of what it denies.

    Args:
        text: an answer or a reference, as it was written.
        names: terms, items, values or words, by what they are in the score.
        synonyms: other words for them, by name.
    """
    plain = folded(text)
    if len(plain) != len(text):  # a letter that folds to two: places would be others'
        return ()
    kinds = {name: kind for kind, group in names.items() for name in group}
    find = finder((word, name) for name in kinds for word in (name, *synonyms.get(name, ()), *derived(name)))
    by_number = range_finder([found for name in kinds if (found := range_of(name)) is not None])
    words = find(plain)
    numbers = (
        one for one in by_number(plain) if not any(a.start < one.end and one.start < a.end for a in words)
    )
    denied = negations(plain)
    return tuple(
        Mark(one.start, one.end, kinds[one.name])
        for one in sorted({*words, *numbers}, key=lambda one: one[1:])
        if not any(part.start <= one.start and one.end <= part.end for part in denied)
    )
