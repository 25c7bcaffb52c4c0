"""Lists of images that people keep: a path on each line, a table, or JSON."""

import codecs
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from fada_tui.core.bounded import read_small
from fada_tui.core.errors import UsageError
from fada_tui.core.file_names import encode_name
from fada_tui.core.image_list import Entry, ImageListFile
from fada_tui.core.json_data import MalformedError, decode_json
from fada_tui.core.table import folded
from fada_tui.core.text import without_mark
from fada_tui.evaluation.references.columns import FOLDERS, IMAGES, PATHS
from fada_tui.evaluation.references.names import squeezed
from fada_tui.images.formats import SUFFIXES
from fada_tui.store.tables.cells import Content, TableError, check_size
from fada_tui.store.tables.reading import JSON, LARGEST, OLE, TEXT, ZIP, parse_table

_NAMES = (*PATHS, "imgpath", "imagefilepath", "relativepath", *IMAGES, "imgname", "imgfile", "name")
"""What a column, or a key of an object, is called that has the image; of several the earlier name counts."""
_LISTS = (*_NAMES, *(f"{name}s" for name in _NAMES))
"""What a list of images is called in an object, without white space, `_` and `-`."""
_DELIMITERS = (",", ";", "\t")
_SPREADSHEETS = (".xlsx", ".xlsm", ".xls", ".ods", ".numbers")
_LINES = (".jsonl", ".ndjson")
_TABLES = (".csv", ".tsv", ".tab")
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_ANY = msgspec.json.Decoder(Any)


class _Found(NamedTuple):
    """The entries of a file."""

    entries: tuple[Entry, ...]
    unit: str
    remarks: tuple[str, ...] = ()


def read_image_list(given: str) -> ImageListFile:
    """Return the list of images in a file.

    A file of the whole name that is given counts; otherwise what follows its last colon is the column, or the
    key, under which the images are.

    Args:
        given: the file, or `FILE:KEY`.

    Raises:
        UsageError: there is no such file, it cannot be read, or it holds no list of images; one line.
    """
    file, key = _located(given)
    shown = encode_name(str(file))
    try:
        data = read_small(file, LARGEST)
    except FileNotFoundError:
        raise UsageError(
            f"no file {shown}; name a list of images: a path on each line, CSV, XLSX or JSON"
        ) from None
    except OSError as error:
        raise UsageError(f"{shown} cannot be read: {error.strerror}") from None
    except ValueError as error:  # no file can be called so
        raise UsageError(f"{shown} cannot be read: {error}") from None
    try:
        found = _parse(data, file.suffix.lower(), key)
        if not found.entries:
            raise TableError("it is empty: put a path on each line")
    except TableError as error:
        raise UsageError(f"{shown}: {error}") from None
    return ImageListFile(
        file=file,
        key=key,
        entries=found.entries,
        unit=found.unit,
        remarks=found.remarks,
        sha256=hashlib.sha256(data).hexdigest(),
    )


def _located(given: str) -> tuple[Path, str | None]:
    whole = Path(given)
    name, colon, key = given.rpartition(":")
    if colon and name and key and not _is_there(whole) and _is_there(Path(name)):
        return Path(name), key
    return whole, None


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a name that is too long, for one
        return False


def _parse(data: bytes, suffix: str, key: str | None) -> _Found:
    """Return the entries of a file: its bytes say of which form it is where they can, else its name does."""
    if data.startswith((ZIP, OLE)) or suffix in _SPREADSHEETS:
        return _of_table(parse_table(data, suffix), key)
    if suffix in JSON or (suffix not in TEXT and without_mark(data).lstrip()[:1] in (b"{", b"[")):
        return _of_json(without_mark(data), suffix, key)
    text = _text(data)
    first = next((line for line in text.split("\n") if line.strip()), "")
    if any(mark in first for mark in _DELIMITERS) and (suffix in _TABLES or _is_heading(first)):
        return _of_table(parse_table(data, suffix), key)
    if suffix in _TABLES and _is_quoted_over_lines(text):
        return _of_table(parse_table(data, suffix), key)
    return _of_lines(text, key, is_table=suffix in _TABLES)


def _text(data: bytes) -> str:
    """Return the text of a file; a byte of a name that is not UTF-8 as the surrogate that stands for it."""
    if data.startswith(_UTF16):
        try:
            return data.decode("utf-16")
        except UnicodeDecodeError:
            raise TableError("it is no whole UTF-16 text; save it as UTF-8") from None
    if b"\0" in data:
        raise TableError("it is no text; name a list of images: a path on each line, CSV, XLSX or JSON")
    return without_mark(data).decode("utf-8", "surrogateescape")


def _is_heading(line: str) -> bool:
    """Return whether a line with several cells is the headings of a table."""
    for mark in _DELIMITERS:
        cells = [squeezed(cell) for cell in line.split(mark)]
        if len(cells) > 1 and any(cell in _NAMES for cell in cells):
            return not any(_is_image_name(cell) for cell in cells)
    return False


def _is_quoted_over_lines(text: str) -> bool:
    """Return whether a line opens a quoted cell that it doesn't close, such as a name with a line break."""
    return '"' in text and any(
        line.startswith('"') and line.count('"') % 2 for line in map(str.lstrip, text.split("\n"))
    )


def _is_image_name(text: str) -> bool:
    return text.casefold().endswith(SUFFIXES)


def _of_lines(text: str, key: str | None, *, is_table: bool) -> _Found:
    """Return the entries of a file with a path on each line, or of a CSV with one column.

    Where no image is called so, the first line of a CSV is a heading, and a line with `#` first a comment.
    """
    check_size(text.count("\n"))
    entries: list[Entry] = []
    begun = False
    for number, line in enumerate(text.split("\n"), start=1):
        path = line.removesuffix("\r")
        if not path.strip():
            continue
        names = tuple(dict.fromkeys((path, path.strip(), _unquoted(path.strip()))))
        plain = names[-1]
        first, begun = not begun, True
        if first and key is not None:
            if squeezed(plain) != squeezed(key):
                raise TableError(
                    f"it has a path on each line, and nothing called '{key}'; leave ':{key}' off"
                )
        elif first and is_table and squeezed(plain) not in _NAMES and not _is_image_name(plain):
            entries.append(Entry(number, names, otherwise="heading"))
        elif not first or squeezed(plain) not in _NAMES:
            entries.append(Entry(number, names, otherwise="comment" if plain.startswith("#") else "image"))
    return _Found(tuple(entries), "line")


def _unquoted(text: str) -> str:
    quoted = len(text) > 1 and text[0] == text[-1] == '"'
    return text[1:-1].replace('""', '"') if quoted else text


def _of_table(table: Content, key: str | None) -> _Found:
    headings = [squeezed(heading) for heading in table.headings]
    places = _places(headings, [squeezed(key)] if key is not None else _NAMES)
    entries: list[Entry] = []
    if not places:
        if len(headings) > 1 or key is not None:
            raise TableError(_no_column(table.headings, key))
        places = [0]
        first = table.headings[0]
        entries = [Entry(1, (first,), otherwise="image" if _is_image_name(first) else "heading")]
    folder = next(iter(_places(headings, FOLDERS)), None)
    folder = None if folder in places else folder
    for row in table.rows:
        names = tuple(row.cells[place] for place in places if row.cells[place])
        entries.append(Entry(row.number, names, row.cells[folder] if folder is not None else ""))
    return _Found(tuple(entries), table.unit, table.remarks)


def _places(headings: Sequence[str], names: Iterable[str]) -> list[int]:
    return [place for name in names for place, heading in enumerate(headings) if heading == name]


def _no_column(headings: Iterable[str], key: str | None) -> str:
    listed = ", ".join(f"'{heading}'" for heading in headings if heading)
    if key is not None:
        return f"it has no column '{key}' (columns: {listed})"
    return (
        f"no column says which image is meant; call it 'image', or name it as FILE:COLUMN (columns: {listed})"
    )


def _of_json(data: bytes, suffix: str, key: str | None) -> _Found:
    if data.startswith(_UTF16):
        raise TableError("it is UTF-16; save it as UTF-8")
    if suffix in _LINES:
        return _of_values(_json_lines(data), "line", key)
    try:
        value = decode_json(data, _ANY)
    except MalformedError as error:
        line = data.lstrip().partition(b"\n")[0]
        if not _is_json(line):
            raise TableError(f"not JSON: {error}") from None
        return _of_values(_json_lines(data), "line", key)
    if isinstance(value, list):
        return _of_values(enumerate(value, start=1), "entry", key)
    if isinstance(value, dict):
        return _of_values(enumerate(_list_of(value, key), start=1), "entry", None)
    raise TableError('it holds no list; write the paths as a list, as in ["a.png", "b.png"]')


def _is_json(text: bytes) -> bool:
    try:
        decode_json(text, _ANY)
    except MalformedError:
        return False
    return True


def _json_lines(data: bytes) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(data.split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            yield number, decode_json(line, _ANY)
        except MalformedError as error:
            raise TableError(f"line {number} is no JSON: {error}; write one object on each line") from None


def _list_of(value: Mapping[str, Any], key: str | None) -> list[Any]:
    """Return the list of images in an object: under the key that a person names, else under a known one."""
    lists = [name for name, found in value.items() if isinstance(found, list)]
    listed = folded([f"'{name}'" for name in lists]) or "none"
    if key is not None:
        if key not in lists:
            raise TableError(f"it has no list under the key '{key}' (keys with lists: {listed})")
        return list(value[key])
    known = [name for name in lists if squeezed(name) in _LISTS] or lists
    if len(known) != 1:
        raise TableError(f"name the key of the list of images, as FILE:KEY (keys with lists: {listed})")
    return list(value[known[0]])


def _only_key(values: Iterable[tuple[int, Any]]) -> tuple[str, ...]:
    """Return the key of objects that have one alone, and all the same."""
    keys = {key for _, value in values if isinstance(value, dict) for key in value}
    return (squeezed(keys.pop()),) if len(keys) == 1 else ()


def _of_values(values: Iterable[tuple[int, Any]], unit: str, key: str | None) -> _Found:
    """Return the entries of a list of paths, or of objects that have them under a known key, or this one."""
    values = list(values)
    wanted = (squeezed(key),) if key is not None else (*_NAMES, *_only_key(values))
    ranks = {name: rank for rank, name in enumerate(wanted)}
    squeezed_keys: dict[str, str] = {}
    entries: list[Entry] = []
    named = key is None
    for number, value in values:
        check_size(len(entries))
        if isinstance(value, str):
            entries.append(Entry(number, (value,) if value.strip() else ()))
        elif isinstance(value, dict):
            for own in value:
                if own not in squeezed_keys:
                    squeezed_keys[own] = squeezed(own)
            known = {squeezed_keys[own]: text for own, text in value.items() if isinstance(text, str)}
            names = [known[name] for name in sorted(ranks.keys() & known.keys(), key=lambda one: ranks[one])]
            folder = next((known[name] for name in FOLDERS if name in known and name not in ranks), "")
            named = named or bool(names)
            entries.append(Entry(number, tuple(name for name in names if name.strip()), folder))
        else:
            raise TableError(f'{unit} {number}: expected a path, or an object such as {{"image": "a.png"}}')
    if entries and not (named and any(entry.names for entry in entries)):
        keys = folded([f"'{own}'" for own in squeezed_keys]) or "none"
        wanted_key = f"'{key}'" if key is not None else "'image', or name it as FILE:KEY"
        raise TableError(f"no key says which image is meant; call it {wanted_key} (keys: {keys})")
    return _Found(tuple(entries), unit)
