"""Output to stdout, which carries data only."""

import sys
from typing import Any

import msgspec

from fada_tui.core.file_names import encode_name
from fada_tui.core.records import encode


def print_line(line: str) -> None:
    """Write a line and flush it."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def print_json(value: object) -> None:
    """Write a value as JSON on one line; names that are no Unicode as `file_names.encode_name` has them."""
    try:
        line = encode(value)
    except UnicodeEncodeError:
        line = encode(_encodable(msgspec.to_builtins(value)))
    print_line(line.decode())


def _encodable(value: Any) -> Any:
    match value:
        case str():
            return value if _is_unicode(value) else encode_name(value).encode(errors="replace").decode()
        case list() | tuple():
            return [_encodable(one) for one in value]
        case dict():
            return {_encodable(key): _encodable(one) for key, one in value.items()}
        case _:
            return value


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)
