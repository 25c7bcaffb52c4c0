"""Marks of a text, in a form that survives its wrapping into lines."""

from collections.abc import Iterable

from fada_tui.core.text import printable
from fada_tui.evaluation.scoring.marks import Mark, MarkKind


def counted(text: str, marks: Iterable[Mark]) -> tuple[Mark, ...]:
    """Return marks whose places count the characters that are shown, white space left out.

    Wrapping moves white space alone, so these places are the same in the lines.
    """
    marks = tuple(marks)
    if not marks:
        return ()
    places = [0]
    for character in text:
        places.append(places[-1] + length(character))
    return tuple(Mark(places[one.start], places[one.end], one.kind) for one in marks)


def length(text: str) -> int:
    """Return how many characters of a text are shown, white space left out."""
    return sum(len(printable(character)) for character in text if not character.isspace())


def pieces(line: str, begin: int, marks: Iterable[Mark]) -> list[tuple[str, MarkKind | None]]:
    """Return a line in pieces of one mark each, or none.

    Args:
        line: of the wrapped text.
        begin: characters before it that are no white space.
        marks: as `counted` returns them.
    """
    kinds = {place: one.kind for one in marks for place in range(one.start, one.end)}
    found: list[tuple[str, MarkKind | None]] = []
    place = begin
    for character in line:
        kind = kinds.get(place)
        if character.isspace():  # within a phrase only
            kind = kind if kind is not None and kinds.get(place - 1) == kind else None
        else:
            place += 1
        if found and found[-1][1] == kind:
            found[-1] = (found[-1][0] + character, kind)
        else:
            found.append((character, kind))
    return found
