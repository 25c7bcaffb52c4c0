"""The first sheet of an XLSX file, read by openpyxl; how much that may unpack is looked at before."""

import io
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any
from xml.parsers import expat

from msgspec import Struct

from fada_tui.core.errors import reason
from fada_tui.core.table import Row, folded
from fada_tui.store.tables.cells import (
    Content,
    Dated,
    TableError,
    check_size,
    number,
    table_of,
    too_long,
    unguarded,
    with_dates,
    without_empty_end,
    yes_or_no,
)

if TYPE_CHECKING:
    from openpyxl import Workbook

MOST_UNPACKED = 2**27
"""Bytes that all parts of a file may have once they are unpacked."""

MOST_TAGS = 2_500_000
"""Marks `<` in them: four to eight for a cell. The library needs some 300 bytes for each, at worst."""

MOST_WHOLE = 2_000_000
"""Cells, empty ones counted, of a sheet that is held whole: one with merged cells."""

MOST_MERGED = 500_000
"""Cells that merged ranges may cover."""

XLSX_EXTRA = "pip install 'fada-tui[xlsx]'"

_LAST_ROW = 1_048_576
_CHUNK = 2**20
_LONGEST_WORD = len(b"<!DOCTYPE")
_TELLING = (b"mergeCell", b"<f>", b"<f ", b"<f/>", b":f>", b":f ", b":f/>")
"""What merged cells and formulas begin with."""
_DAMAGED = "it is damaged, or no spreadsheet; save it as XLSX again, or as CSV"


class _Parts(Struct):
    """What of a file decides how it is read."""

    merged: int = 0
    """Cells that merged ranges cover, in all sheets."""
    unsaved: int = 0
    """Formulas without a value, in all sheets."""


class _Grid(Struct):
    """A sheet's cells as texts, and what was found on the way."""

    texts: dict[int, list[str]] = {}
    """By the number of the row, from 1."""
    dates: list[Dated] = []
    booleans: list[str] = []
    errors: list[str] = []
    unsaved: list[str] = []
    """Formulas of which no value was saved."""


def parse_spreadsheet(data: bytes) -> Content:
    """Return the first sheet of an XLSX file's bytes as a table; formulas as the values that were saved.

    Raises:
        TableError: openpyxl is not installed, or the file is damaged, empty or too large.
    """
    try:
        import openpyxl  # noqa: F401
    except ImportError:
        raise TableError(f"spreadsheets take openpyxl: {XLSX_EXTRA}, or save it as CSV") from None
    try:
        parts = _inspect(data)
        # Of parts of a workbook that don't matter here it warns, and prints.
        with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            return _read(data, parts)
    except (TableError, MemoryError):
        raise
    except Exception as error:  # whatever a library raises of a file that somebody else made
        raise TableError(f"{_DAMAGED} ({reason(error, named=True)})") from None


def _inspect(data: bytes) -> _Parts:
    """Unpack all parts once, a chunk at a time, and refuse what would need too much memory."""
    found, tags = _Parts(), 0
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = archive.infolist()
        if any(entry.flag_bits & 1 for entry in entries):
            raise TableError("it has a password; save it without one")
        if sum(entry.file_size for entry in entries) > MOST_UNPACKED:
            raise TableError(f"unpacked it has more than {MOST_UNPACKED // 2**20} MiB; save the sheet as CSV")
        for entry in entries:
            looked_at = False
            for chunk in _chunks(archive, entry):
                tags += chunk.count(b"<")
                if tags > MOST_TAGS:
                    raise TableError(
                        "it has more cells than are read of a spreadsheet; save the sheet as CSV"
                    )
                if b"<!DOCTYPE" in chunk:
                    raise TableError(_DAMAGED)
                looked_at = looked_at or any(word in chunk for word in _TELLING)
            if looked_at:
                _look(archive, entry, found)
    if found.merged > MOST_MERGED:
        raise TableError(f"merged cells cover more than {MOST_MERGED:,} cells; split them up")
    return found


def _chunks(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yield a part's bytes; each chunk begins with the end of the one before, so that no word is cut."""
    end = b""
    with archive.open(entry) as part:
        while chunk := part.read(_CHUNK):
            yield end + chunk
            end = chunk[1 - _LONGEST_WORD :]


def _look(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, found: _Parts) -> None:
    """Count a part's merged cells and its formulas without a value."""
    from openpyxl.worksheet.cell_range import CellRange

    within: list[str] = []
    """Names of the elements since a cell began; `text` after one with a value."""

    def start(tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if name == "c":
            within.clear()
        elif name == "mergeCell":
            size = CellRange(attributes["ref"]).size
            found.merged += size["columns"] * size["rows"]
        within.append(name)

    def text(_: str) -> None:
        if within and within[-1] == "v":
            within.append("text")

    def end(tag: str) -> None:
        if tag.rpartition(":")[2] == "c" and "f" in within and "text" not in within:
            found.unsaved += 1

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.CharacterDataHandler, parser.EndElementHandler = start, text, end
    with archive.open(entry) as part:
        parser.ParseFile(part)


def _open(data: bytes, *, whole: bool, values: bool = True) -> "Workbook":
    from openpyxl import load_workbook

    return load_workbook(io.BytesIO(data), read_only=not whole, data_only=values, keep_links=False)


def _read(data: bytes, parts: _Parts) -> Content:
    workbook = _open(data, whole=parts.merged > 0)
    sheets = workbook.worksheets
    if not sheets:
        raise TableError("it has no sheet with cells; save it as XLSX again, or as CSV")
    sheet = next((one for one in sheets if one.sheet_state == "visible"), sheets[0])
    if parts.merged and sheet.max_row * sheet.max_column > MOST_WHOLE:
        last = sheet.dimensions.rpartition(":")[2]
        raise TableError(
            f"sheet '{sheet.title}' goes up to {last}; delete what lies far out, or save it as CSV"
        )
    formulas = _formulas(data, sheets.index(sheet)) if parts.unsaved else frozenset()
    grid = _grid(sheet, formulas)
    remarks = _on_cells(grid)
    if others := [one.title for one in sheets if one is not sheet]:
        remarks.insert(0, f"sheet '{sheet.title}' is read, others are not: {folded(others)}")
    merged = (
        sorted(sheet.merged_cells.ranges, key=lambda one: (one.min_row, one.min_col)) if parts.merged else []
    )
    top = next((number for number, row in grid.texts.items() if any(row)), None)
    if top is None:
        raise TableError(f"sheet '{sheet.title}' is empty; put the table on the first sheet")
    _fill(grid.texts, [one for one in merged if one.min_row <= top])
    headings = without_empty_end(grid.texts.pop(top))
    width = len(headings)
    below = {number: row for number, row in grid.texts.items() if number > top}
    wide = [f"row {number}" for number, row in below.items() if any(row[width:])]
    rows = [Row(number, tuple(row[:width]) + ("",) * (width - len(row))) for number, row in below.items()]
    dates = [one for one in grid.dates if one.row > top and one.column < width]
    mended, on_dates = with_dates(rows, dates)
    remarks += on_dates
    if merged:
        texts = {row.number: list(row.cells) for row in mended}
        _fill(texts, [one for one in merged if one.min_row > top])
        mended = tuple(Row(number, tuple(cells)) for number, cells in texts.items())
        names = folded([one.coord for one in merged])
        remarks.append(f"merged cells: what they say counts for each of them: {names}")
    return table_of(headings, mended, (*remarks, *too_long(wide, width)), "row")


def _rows(sheet: Any) -> Iterator[tuple[int, Sequence[Any]]]:
    """Yield a sheet's rows that have cells, with their numbers from 1."""
    if hasattr(sheet, "reset_dimensions"):
        sheet.reset_dimensions()  # what a file says of its size need not be true
    size = 0
    for place, row in enumerate(sheet.iter_rows(), start=1):
        if place > _LAST_ROW:
            raise TableError(_DAMAGED)
        size += len(row)
        check_size(size)
        if row:
            yield place, row


def _formulas(data: bytes, index: int) -> frozenset[str]:
    """Return the cells of a sheet that are formulas."""
    sheet = _open(data, whole=False, values=False).worksheets[index]
    return frozenset(cell.coordinate for _, row in _rows(sheet) for cell in row if cell.data_type == "f")


def _grid(sheet: Any, formulas: frozenset[str]) -> _Grid:
    grid = _Grid()
    for place, row in _rows(sheet):
        texts = [_text(grid, cell, place, column) for column, cell in enumerate(row)]
        empty = (cell for cell in row if cell.value is None) if formulas else ()
        grid.unsaved += (name for cell in empty if (name := _name(cell)) in formulas)
        grid.texts[place] = texts
    return grid


def _name(cell: Any) -> str | None:
    """Return what a cell is called; `None` for one that the file does not have."""
    return getattr(cell, "coordinate", None)


def _text(grid: _Grid, cell: Any, place: int, column: int) -> str:
    """Return a cell's value as text; what has no plain text is noted."""
    match cell.value:
        case None:
            return ""
        case str() as text:
            if cell.data_type == "e":
                grid.errors.append(f"{cell.coordinate} ({text})")
                return ""
            return unguarded(text.strip())
        case bool() as said:
            grid.booleans.append(f"{cell.coordinate} ({str(said).upper()})")
            return yes_or_no(said)
        case int() | float() as figure:
            return number(figure)
        case date() as day:
            found = _dated(cell, day, place, column)
            grid.dates.append(found)
            return found.whole
        case time() as clock:
            return clock.isoformat("auto" if clock.second else "minutes")
        case other:
            return str(other)


def _dated(cell: Any, day: date, place: int, column: int) -> Dated:
    shown = str(cell.number_format).casefold()
    whole = day.isoformat()
    if isinstance(day, datetime):
        timed = day.time() != time()
        whole = day.isoformat(" ", "minutes") if timed else day.date().isoformat()
    return Dated(
        row=place,
        column=column,
        name=cell.coordinate,
        day=day,
        whole=whole,
        yearless="y" not in shown and "d" in shown and "m" in shown,
        of_month="y" in shown and "d" not in shown,
    )


def _fill(texts: dict[int, list[str]], ranges: Sequence[Any]) -> None:
    """Give all cells of merged ranges the text of their first one."""
    for one in ranges:
        first = texts.get(one.min_row, [])
        text = first[one.min_col - 1] if one.min_col <= len(first) else ""
        for row in range(one.min_row, one.max_row + 1):
            cells = texts.get(row, [])
            for column in range(one.min_col - 1, min(one.max_col, len(cells))):
                cells[column] = text


def _on_cells(grid: _Grid) -> list[str]:
    told = (
        ("TRUE and FALSE are read as yes and no", grid.booleans),
        ("cells with an error, taken as empty", grid.errors),
        ("formulas without a saved value, taken as empty (open and save it in Excel)", grid.unsaved),
    )
    return [f"{what}: {folded(names)}" for what, names in told if names]
