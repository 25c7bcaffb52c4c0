"""Reading a file as a table of texts, whatever it was written with."""

import hashlib
import os
from pathlib import Path

from fada_tui.core.bounded import read_small
from fada_tui.core.errors import UsageError
from fada_tui.core.file_names import encode_name
from fada_tui.core.table import Table
from fada_tui.store.tables.cells import Content, TableError
from fada_tui.store.tables.delimited import parse_delimited
from fada_tui.store.tables.json_rows import parse_json_rows
from fada_tui.store.tables.spreadsheet import parse_spreadsheet

LARGEST = 2**28
"""Bytes of the largest file that is read."""

ZIP = b"PK\x03\x04"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
JSON = (".jsonl", ".ndjson", ".json")
TEXT = (".csv", ".tsv", ".tab", ".txt")


def read_table(path: str | os.PathLike[str]) -> Table:
    """Return the table in a file: CSV, JSON Lines, a JSON list of objects, or a spreadsheet's first sheet.

    Raises:
        UsageError: there is no such file, or it cannot be read as a table; the message names file and place.
    """
    file = Path(path)
    shown = encode_name(str(file))
    try:
        data = read_small(file, LARGEST)
    except FileNotFoundError:
        raise UsageError(f"no file {shown}; name a table: CSV, JSON Lines or XLSX") from None
    except OSError as error:
        raise UsageError(f"{shown} cannot be read: {error.strerror}") from None
    try:
        found = parse_table(data, file.suffix.lower())
    except TableError as error:
        raise UsageError(f"{shown}: {error}") from None
    return Table(
        headings=found.headings,
        rows=found.rows,
        remarks=found.remarks,
        unit=found.unit,
        sha256=hashlib.sha256(data).hexdigest(),
    )


def parse_table(data: bytes, suffix: str) -> Content:
    """Return a table from a file's bytes: these say what it is where they can, else its name does.

    Args:
        data: of the file.
        suffix: of its name, in lower case.

    Raises:
        TableError: it cannot be read as a table.
    """
    if data.startswith(ZIP):
        if suffix in (".ods", ".numbers", ".zip"):
            raise TableError(f"{suffix} files are not read; save it as XLSX or as CSV")
        return parse_spreadsheet(data)
    if data.startswith(OLE):
        raise TableError("it has a password or is of the old XLS form; save it as XLSX without a password")
    if suffix in (".xlsx", ".xlsm"):
        raise TableError("it is damaged, or no spreadsheet; save it as XLSX again, or as CSV")
    if suffix in JSON or (suffix not in TEXT and data.lstrip()[:1] in (b"{", b"[")):
        return parse_json_rows(data)
    return parse_delimited(data)
