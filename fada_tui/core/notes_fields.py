"""The fields of a person's notes, and two versions of these as one: pure, and read without Markdown."""

from collections.abc import Mapping
from typing import Final

from msgspec.structs import replace

from fada_tui.core.records import Notes

FIELDS: Final[Mapping[str, str]] = {
    "strengths": "Strengths",
    "weaknesses": "Weaknesses",
    "conclusion": "Conclusion",
    "recommendation": "Recommendation",
    "technical": "Technical notes",
}
"""The heading of each field of the notes."""

LISTS: Final = frozenset({"strengths", "weaknesses"})
"""The fields that are lists of entries."""


def merged(seen: Notes, mine: Notes, there: Notes) -> Notes:
    """Return notes with what one person changed, over what others wrote meanwhile.

    Args:
        seen: what the person had before them.
        mine: what they made of it.
        there: what is there by now. Where both changed a field, both texts stay.
    """
    changes = {}
    for field in FIELDS:
        was, said, now = (getattr(one, field) for one in (seen, mine, there))
        if said in (was, now):
            continue
        if now == was:
            changes[field] = said
        elif field in LISTS:
            changes[field] = (*now, *(entry for entry in said if entry not in now))
        else:
            changes[field] = "\n\n".join(filter(None, (now, said)))
    return replace(there, **changes)
