"""Unknown fields of a run's files: read with their record, kept by whatever changes it, written again.

A file of a newer version, or one that a person has added to, is rewritten without losing what this version
does not know. Records refuse unknown fields, so that a file without any costs nothing more.
"""

from functools import cache
from typing import Any, TypeVar, cast, get_args

import msgspec
from msgspec import UNSET
from msgspec.structs import fields, replace

from fada_tui.core.json_data import MalformedError, bounded, decode_json
from fada_tui.core.records.base import UNKNOWN_KEY, FileRecord, UnknownFields

Value = TypeVar("Value")
Kept = TypeVar("Kept", bound=FileRecord)

_anything: msgspec.json.Decoder[Any] = msgspec.json.Decoder(Any)
_IN_JSON = f'"{UNKNOWN_KEY}":'.encode()


def decode(data: bytes, decoder: msgspec.json.Decoder[Value]) -> Value:
    """Decode JSON into a record that keeps the unknown fields of each of its objects.

    Args:
        data: the JSON text.
        decoder: of a `FileRecord`, or of several that their tags tell apart.

    Raises:
        MalformedError: the bytes are not JSON, or a field is missing or has another type; the message names
            its place.
    """
    try:
        return decode_json(data, decoder)
    except MalformedError:
        value = decode_json(data, _anything)
        record = _record_of(value, decoder.type)
        if record is None:
            raise
        set_aside(value, record)
        return bounded(lambda: msgspec.convert(value, decoder.type))


def convert(value: Any, annotation: Any) -> Any:
    """Return decoded JSON as a type; its records keep the unknown fields of their objects.

    Args:
        value: what is to be converted; its objects may be changed.
        annotation: a type, in which records of one type may be.

    Raises:
        msgspec.ValidationError: it is not of that type.
    """
    if record := _record_in(annotation):
        set_aside(value, record)
    return msgspec.convert(value, annotation)


def encode(value: object) -> bytes:
    """Return a value as JSON, the unknown fields of each record after those that are known."""
    data = msgspec.json.encode(value)
    # In a text the quotes would be escaped.
    return data if _IN_JSON not in data else msgspec.json.encode(_with_fields_in_place(value))


def flattened(value: object) -> Any:
    """Return a value as it is, or as plain values with the unknown fields of records in their objects."""
    return value if _IN_JSON not in msgspec.json.encode(value) else _with_fields_in_place(value)


def _with_fields_in_place(value: object) -> Any:
    plain = msgspec.to_builtins(value)
    _put_back(plain)
    return plain


def unknown_hook(kind: type, value: Any) -> Any:
    """Decode unknown fields as another process encoded them with their record: a decoder's `dec_hook`."""
    if kind is UnknownFields and isinstance(value, dict):
        return UnknownFields(value)
    raise NotImplementedError(kind)


def set_aside(value: Any, record: type[FileRecord]) -> None:
    """Move, in decoded JSON, the unknown fields of each object to where its record keeps them.

    Args:
        value: an object that a record is to be made of, or a list of such.
        record: the record's type.
    """
    if isinstance(value, list):
        for one in value:
            set_aside(one, record)
    elif isinstance(value, dict):
        known = _known(record)
        if unknown := [key for key in value if key not in known]:
            value[UNKNOWN_KEY] = UnknownFields({key: value.pop(key) for key in unknown})
        for key, inner in known.items():
            if inner is not None and key in value:
                set_aside(value[key], inner)


def known_keys(record: type[FileRecord]) -> tuple[str, ...]:
    """Return the keys of a record's object."""
    return tuple(_known(record))


def only_known(value: Any, record: type[FileRecord]) -> Any:
    """Return an object, or a list of such, without what its record does not know; anything else as it is."""
    if isinstance(value, list):
        return [only_known(one, record) for one in value]
    if not isinstance(value, dict):
        return value
    return {key: inner for key, inner in value.items() if key in _known(record)}


def with_unknown_of(record: Kept, earlier: FileRecord) -> Kept:
    """Return a record with the unknown fields of what it takes the place of, at every level.

    Items of a list are the same if all known fields are.
    """
    changes: dict[str, Any] = {}
    if earlier.unknown_fields is not UNSET:
        added = {} if record.unknown_fields is UNSET else record.unknown_fields
        changes["unknown_fields"] = UnknownFields({**earlier.unknown_fields, **added})
    for name in record.__struct_fields__:
        now, before = getattr(record, name), getattr(earlier, name, None)
        if isinstance(now, FileRecord) and isinstance(before, FileRecord):
            changes[name] = with_unknown_of(now, before)
        elif isinstance(now, tuple) and isinstance(before, tuple) and now:
            changes[name] = tuple(_with_unknown_of_same(one, before) for one in now)
    return replace(record, **changes) if changes else record


def _with_unknown_of_same(item: Any, before: tuple[Any, ...]) -> Any:
    if not isinstance(item, FileRecord):
        return item
    same = (one for one in before if isinstance(one, FileRecord) and _bare(one) == _bare(item))
    return with_unknown_of(item, next(same, item))


def _bare(record: FileRecord) -> FileRecord:
    return replace(record, unknown_fields=UNSET)


@cache
def _known(record: type[FileRecord]) -> dict[str, type[FileRecord] | None]:
    """Return the keys of a record's object; with the record that is, or the records that are, within it."""
    known = {one.encode_name: _record_in(one.type) for one in fields(record) if one.name != "unknown_fields"}
    tag = record.__struct_config__.tag_field
    return known if tag is None else {tag: None, **known}


def _record_of(value: Any, annotation: Any) -> type[FileRecord] | None:
    """Return which of a type's records an object is, by its tag."""
    for record in get_args(annotation) or (annotation,):
        config = record.__struct_config__
        if config.tag is None or (isinstance(value, dict) and value.get(config.tag_field) == config.tag):
            return cast(type[FileRecord], record)
    return None


def _record_in(annotation: Any) -> type[FileRecord] | None:
    if isinstance(annotation, type) and issubclass(annotation, FileRecord):
        return annotation
    return next((found for part in get_args(annotation) if (found := _record_in(part))), None)


def _put_back(value: Any) -> None:
    if isinstance(value, list | tuple):
        for one in value:
            _put_back(one)
    elif isinstance(value, dict):
        unknown = value.pop(UNKNOWN_KEY, None) if isinstance(value.get(UNKNOWN_KEY), dict) else None
        for one in value.values():
            _put_back(one)
        if unknown:
            value.update(unknown)
