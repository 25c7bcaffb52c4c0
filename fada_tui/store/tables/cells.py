"""What all kinds of tables share: their contents, their size, and how values become texts."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from msgspec import Struct

from fada_tui.core.table import Row, folded

MOST_CELLS = 8_000_000
"""Cells of the largest table that is read."""

_GUARDED = re.compile(r"'(?=[=+\-@\t\r＝＋－＠])")
_RANGE = re.compile(r"(?P<low>[0-9]{1,2})\s*(?:-|‐|‑|–|—|to)\s*(?P<high>[0-9]{1,2})(?![-/.]?[0-9])")

Cells = tuple[str, ...]


class TableError(Exception):
    """A file cannot be read as a table; the text is one line, which does not name the file."""


class Content(Struct, frozen=True):
    """What a file holds: see `core.table.Table`."""

    headings: Cells
    rows: tuple[Row, ...]
    remarks: tuple[str, ...]
    unit: str


class Dated(Struct, frozen=True):
    """A cell that a spreadsheet holds as a date."""

    row: int
    """Number of its row."""
    column: int
    """From 0 up."""
    name: str
    """What the cell is called, as `G3`."""
    day: date
    whole: str
    """The date as ISO 8601, or as the file has it."""
    yearless: bool
    """Whether it is shown without its year, as a date is that was made of two numbers."""
    of_month: bool = False
    """Whether it is shown as month and year alone."""


def number(value: float) -> str:
    """Return a number without needless decimals: 3.0 is `3`."""
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(value)


def yes_or_no(value: bool) -> str:
    """Return what a boolean is read as."""
    return "yes" if value else "no"


def unguarded(text: str) -> str:
    """Return a text without the `'` that our exports put before what looks like a formula."""
    return text[1:] if _GUARDED.match(text) else text


def check_size(cells: int) -> None:
    """Raise `TableError` for a table with more cells than are read."""
    if cells > MOST_CELLS:
        raise TableError(f"it has more than {MOST_CELLS:,} cells; split it into several files")


def table_of(headings: Sequence[str], rows: Iterable[Row], remarks: Iterable[str], unit: str) -> Content:
    """Return a table without its empty rows; raises `TableError` if nothing is left."""
    kept = tuple(row for row in rows if any(row.cells))
    if not any(headings):
        raise TableError("it is empty: the first row with text has the columns' headings")
    if not kept:
        named = ", ".join(" ".join(heading.split()) for heading in headings if heading)
        raise TableError(f"it has headings ({named}) and no row below them")
    return Content(tuple(headings), kept, tuple(remarks), unit)


def without_empty_end(cells: Sequence[str]) -> Cells:
    """Return cells without the empty ones after the last text."""
    width = len(cells)
    while width and not cells[width - 1]:
        width -= 1
    return tuple(cells[:width])


def too_long(rows: Sequence[str], width: int) -> Iterator[str]:
    """Tell of rows with more cells than there are headings."""
    if rows:
        yield f"more cells than the {width} headings, left out: {folded(rows)}"


def ragged(short: Sequence[int], width: int, unit: str) -> Iterator[str]:
    """Tell of rows with fewer cells than there are headings."""
    if short:
        where = folded([str(one) for one in short])
        yield f"{unit} {where}: fewer cells than the {width} headings; the rest is taken as empty"


def with_dates(rows: Sequence[Row], dates: Sequence[Dated]) -> tuple[tuple[Row, ...], list[str]]:
    """Return rows with their dates as texts, and what to tell of them.

    Spreadsheets make a date of a range such as 11-14 (14 November). Where the column's other cells are
    ranges, or the date is shown without a year, its two numbers are put back, the lower one first, as in a
    range; elsewhere it stays a date.
    """
    if not dates:
        return tuple(rows), []
    columns = sorted({one.column for one in dates})
    like_ranges = {column for column in columns if _has_range(rows, column)}
    texts: dict[tuple[int, int], str] = {}
    ranges: dict[int, list[str]] = {column: [] for column in columns}
    plain: dict[int, list[str]] = {column: [] for column in columns}
    for one in dates:
        pair = _pair(one) if one.column in like_ranges or one.yearless else None
        texts[one.row, one.column] = pair or one.whole
        where, read = (ranges, f" read as {pair}") if pair else (plain, "")
        where[one.column].append(f"{one.name} ({one.whole}{read})")
    remarks = []
    for column in columns:
        if found := ranges[column]:
            remarks.append(f"dates that were taken for ranges of numbers: {folded(found)}")
        if found := plain[column]:
            remarks.append(f"dates that stay dates; write a range as text: {folded(found)}")
    mended = {row for row, _ in texts}
    return tuple(_mended(row, texts, columns) if row.number in mended else row for row in rows), remarks


def _mended(row: Row, texts: dict[tuple[int, int], str], columns: Sequence[int]) -> Row:
    cells = list(row.cells)
    for column in columns:
        cells[column] = texts.get((row.number, column), cells[column])
    return Row(row.number, tuple(cells))


def _has_range(rows: Iterable[Row], column: int) -> bool:
    found = (_RANGE.match(row.cells[column]) for row in rows)
    return any(one is not None and int(one["low"]) < int(one["high"]) for one in found)


def _pair(one: Dated) -> str | None:
    """Return the two numbers that a date was made of, the lower one first; `None` if it has a time."""
    if len(one.whole) > len("2025-11-14"):
        return None
    first, second = sorted((one.day.month, one.day.year % 100 if one.of_month else one.day.day))
    return f"{first}-{second}"
