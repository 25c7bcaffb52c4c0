"""CSV as people and spreadsheets write it: comma, semicolon or tab; UTF-8, or UTF-16 with its mark."""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from datetime import date

from fada_tui.core.table import Row
from fada_tui.store.tables.cells import (
    Content,
    Dated,
    TableError,
    check_size,
    ragged,
    table_of,
    too_long,
    unguarded,
    with_dates,
    without_empty_end,
)

_DELIMITERS = (",", ";", "\t")
_LOOKED_AT = 50
"""Rows by which the delimiter is found out."""
_SAMPLE = 2**20
"""Characters of them, at most."""
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_SAVE_AS = "save it as UTF-8 (in Excel: 'CSV UTF-8')"

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan janv ene gen", "feb févr fev", "mar mrz mär mars", "apr avr abr", "may mai mag maj",
            "jun juin giu", "jul juil lug", "aug août ago", "sep sept set", "oct okt ott out", "nov",
            "dec dez déc dic",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
"""Months as Excel shows them in some languages."""
_NAMES = "|".join(sorted(_MONTHS, key=len, reverse=True))
_SHOWN_DATE = re.compile(
    rf"(?:(?P<day>[0-9]{{1,2}})(?:\. ?|-)(?P<month>{_NAMES})\.?"
    rf"|(?P<of>{_NAMES})\.?[- ](?P<year>[0-9]{{2}}))",
    re.IGNORECASE,
)


def parse_delimited(data: bytes) -> Content:
    """Return the table in the bytes of a CSV file.

    Raises:
        TableError: it is no UTF-8 text, its quotes don't match, or it is empty or too large.
    """
    text = _text(data)
    first, rest = _separator_line(text)
    delimiter = first or _delimiter(rest)
    records = _records(rest, delimiter, 2 if first else 1)
    headings: tuple[str, ...] = ()
    rows: list[Row] = []
    dates: list[Dated] = []
    short: list[int] = []
    long: list[str] = []
    for line, record in records:
        cells = tuple(unguarded(cell.strip()) for cell in record)
        if not any(cells):
            continue
        if not headings:
            headings = without_empty_end(cells)
            continue
        width = len(headings)
        if len(cells) > width and any(cells[width:]):
            long.append(f"line {line} ({len(cells)} cells)")
        if len(cells) < width:
            short.append(line)
        kept = (*cells[:width], *("",) * (width - len(cells)))
        rows.append(Row(line, kept))
        check_size(len(rows) * width)
        dates += (found for column, cell in enumerate(kept) if (found := _dated(cell, line, column)))
    mended, remarks = with_dates(rows, dates)
    remarks += ragged(short, len(headings), "line")
    remarks += too_long(long, len(headings))
    return table_of(headings, mended, remarks, "line")


def _text(data: bytes) -> str:
    if data.startswith(_UTF16):
        try:
            return data.decode("utf-16")
        except UnicodeDecodeError:
            raise TableError(f"it is no whole UTF-16 text; {_SAVE_AS}") from None
    if b"\0" in data:
        raise TableError(f"it is no text in UTF-8; {_SAVE_AS}")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise TableError(f"line {line} is no UTF-8 text; {_SAVE_AS}") from None


def _separator_line(text: str) -> tuple[str | None, str]:
    """Return the delimiter that a first line `sep=;` names, as Excel writes it, and what follows it."""
    line, end, rest = text.partition("\n")
    name = line.strip('\r" ')
    return (name[4:], rest) if end and len(name) == 5 and name[:4].lower() == "sep=" else (None, text)


def _delimiter(text: str) -> str:
    """Return the delimiter that cuts the first rows into the same number of cells, and most of them."""
    sample = text[:_SAMPLE]
    return max(_DELIMITERS, key=lambda delimiter: _fit(sample, delimiter))


def _fit(sample: str, delimiter: str) -> tuple[bool, float, int]:
    widths: list[int] = []
    try:
        for record in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter):
            if any(record):
                widths.append(len(record))
            if len(widths) == _LOOKED_AT:
                break
    except csv.Error:
        pass  # told where the whole is read
    if not widths or widths[0] < 2:
        return False, 0.0, 0
    return True, sum(width == widths[0] for width in widths) / len(widths), widths[0]


def _records(text: str, delimiter: str, first: int) -> Iterator[tuple[int, list[str]]]:
    """Yield each record with the number of its first line."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = first
    while True:
        try:
            record = next(reader, None)
        except csv.Error as error:
            raise TableError(f"line {line}: {_reason(str(error))}") from None
        if record is None:
            return
        yield line, record
        line = first + reader.line_num


def _reason(said: str) -> str:
    if "field limit" in said:
        return (
            f"a cell has more than {csv.field_size_limit():,} characters; shorten it, or close the quotation "
            "mark that opens it"
        )
    if "unexpected end" in said:
        return "a quotation mark opens a cell that nothing closes; close it or remove the mark"
    if "expected after" in said:
        return 'text follows a quoted cell; within one, write each quotation mark twice ("")'
    return said


def _dated(cell: str, line: int, column: int) -> Dated | None:
    """Return a cell that Excel saved as it shows a date made of two numbers: 14-Nov, 14. Nov or Nov-40."""
    found = _SHOWN_DATE.fullmatch(cell)
    if not found:
        return None
    month = _MONTHS[(found["month"] or found["of"]).lower()]
    try:
        day = date(2000 + int(found["year"] or 0), month, int(found["day"] or 1))
    except ValueError:
        return None
    return Dated(line, column, f"line {line}", day, cell, yearless=False, of_month=bool(found["year"]))
