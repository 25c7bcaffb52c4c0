"""A table of texts, as it was read from a file: a spreadsheet, CSV, or JSON objects."""

from collections.abc import Sequence

from msgspec import Struct

_NAMED = 5
"""Cases that a line names; others are counted."""


class Row(Struct, frozen=True):
    """One row below the headings."""

    number: int
    """Where it stands in the file, from 1: its line, its row or its entry (see `Table.unit`)."""
    cells: tuple[str, ...]
    """One text for each heading, without white space around it; empty where there is none."""


class Table(Struct, frozen=True, kw_only=True):
    """A table of texts."""

    headings: tuple[str, ...]
    """As they stand in the file; two may be alike, and one without a name is empty."""
    rows: tuple[Row, ...]
    """Without those that are empty."""
    remarks: tuple[str, ...] = ()
    """What was read as something else than it may seem, or left out; a line each."""
    unit: str = "line"
    """What a row's number counts: `line`, `row` or `entry`."""
    sha256: str
    """Of the file's bytes."""


def folded(names: Sequence[str]) -> str:
    """Return the first names of a list, and how many more there are: `G3, G7 and 12 more`."""
    shown = ", ".join(names[:_NAMED])
    return f"{shown} and {len(names) - _NAMED:,} more" if len(names) > _NAMED else shown
