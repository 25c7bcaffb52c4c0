"""JSON Lines, one object a line, and a JSON list of objects, as a table."""

import codecs
from collections.abc import Iterator
from typing import Any

import msgspec

from fada_tui.core.json_data import MalformedError, decode_json
from fada_tui.core.table import Row, folded
from fada_tui.core.text import without_mark
from fada_tui.store.tables.cells import Content, TableError, check_size, number, table_of, yes_or_no

_decoder = msgspec.json.Decoder(Any)


def parse_json_rows(data: bytes) -> Content:
    """Return the table in the bytes of a JSON file: its columns are the keys of all objects.

    Raises:
        TableError: it is neither a list of objects nor one object a line.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise TableError("it is UTF-16; save it as UTF-8")
    text = without_mark(data)
    listed = text.lstrip()[:1] == b"["
    unit = "entry" if listed else "line"
    columns: dict[str, int] = {}
    found: list[tuple[int, dict[str, Any]]] = []
    for place, entry in _listed(text) if listed else _lines(text):
        if not isinstance(entry, dict):
            raise TableError(f'{unit} {place}: expected an object such as {{"image": "a.png"}}')
        for key in entry:
            columns.setdefault(key, len(columns))
        found.append((place, entry))
        check_size(len(found) * len(columns))
    booleans = [
        f"{unit} {place} '{key}'"
        for place, entry in found
        for key, value in entry.items()
        if isinstance(value, bool)
    ]
    rows = (Row(place, tuple(_text(entry.get(key)) for key in columns)) for place, entry in found)
    remarks = [f"true and false are read as yes and no: {folded(booleans)}"] if booleans else []
    return table_of([key.strip() for key in columns], rows, remarks, unit)


def _listed(text: bytes) -> Iterator[tuple[int, Any]]:
    try:
        entries = decode_json(text, _decoder)
    except MalformedError as error:
        raise TableError(f"not JSON: {error}") from None
    assert isinstance(entries, list)  # it begins with a bracket
    yield from enumerate(entries, start=1)


def _lines(text: bytes) -> Iterator[tuple[int, Any]]:
    for place, line in enumerate(text.split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            yield place, decode_json(line, _decoder)
        except MalformedError as error:
            raise TableError(
                f"line {place} is no JSON object: {error}; write one on each line, or a list of them"
            ) from None


def _text(value: Any) -> str:
    """Return a value as a cell's text; a list of words becomes the words with commas between them."""
    match value:
        case None:
            return ""
        case str():
            return value.strip()
        case bool():
            return yes_or_no(value)
        case int():
            return str(value)
        case float():
            return number(value)
        case list() if not any(isinstance(one, (dict, list)) for one in value):
            return ", ".join(_text(one) for one in value)
        case _:
            return msgspec.json.encode(value).decode()
