"""Reading a file of others' results as rows, whatever it was written with."""

from pathlib import Path

from fada_tui.core.bounded import read_small
from fada_tui.core.errors import UsageError
from fada_tui.core.file_names import encode_name
from fada_tui.store.imported.columns import Columns, listed
from fada_tui.store.imported.shapes import SHAPES, Row, looks_like_json, read_json_rows
from fada_tui.store.tables import read_table

LARGEST = 2**28
"""Bytes of the largest file that is read."""


def read_rows(
    file: Path, columns: Columns, *, one_model: bool, one_question: bool
) -> tuple[list[Row], list[str]]:
    """Return the rows of a file, and what of it was left unread or taken for something else.

    Args:
        file: JSON in any shape that `shapes` knows, JSON Lines, CSV or XLSX.
        columns: what columns hold.
        one_model: whether a person says which model it was.
        one_question: whether a person says which one question was asked.

    Raises:
        UsageError: it cannot be read, or holds no rows.
    """
    shown = encode_name(str(file))
    try:
        data = read_small(file, LARGEST)
    except OSError as error:
        raise UsageError(f"cannot read {shown}: {error.strerror}") from None
    if looks_like_json(data):
        try:
            return read_json_rows(data, columns, one_model=one_model, one_question=one_question)
        except UsageError as error:
            raise UsageError(f"{shown}: {error}") from None
    if not data.strip():
        raise UsageError(f"{shown}: it is empty; {SHAPES}")
    try:
        table = read_table(file)
    except UsageError as error:
        raise UsageError(f"{error}; {SHAPES}") from None
    known = [name for name in table.headings if columns.column(name)]
    if twice := next((name for name in known if known.count(name) > 1), None):
        raise UsageError(f"{shown}: two columns are called {listed([twice])}: rename one")
    rows = [
        Row(f"{table.unit} {row.number}", dict(zip(table.headings, row.cells, strict=True)))
        for row in table.rows
    ]
    return rows, list(table.remarks)
