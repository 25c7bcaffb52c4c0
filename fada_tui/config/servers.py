"""Settings of one server: a table `[servers."HOST"]` or `[servers."HOST:PORT"]` of `settings.toml`.

Values of headers are secrets: no message here holds one.
"""

import math
import re
from collections.abc import Iterator
from typing import Any

import msgspec

from fada_tui.core.errors import UsageError
from fada_tui.core.records import Record
from fada_tui.core.toml import suggestion

OF_OPTIONS = {
    "temperature": "temperature",
    "top_p": "top_p",
    "seed": "seed",
    "max_tokens": "max_new_tokens",
    "max_completion_tokens": "max_new_tokens",
}
"""Fields of requests that settings decide, with the setting of each."""

_OURS = frozenset({"model", "messages", "stream", "stream_options", "n"})
"""Fields without which an answer could not be read, or would be another's."""

_OF_CONNECTIONS = frozenset(
    {"host", "content-length", "content-type", "transfer-encoding", "connection", "accept-encoding", "te"}
)
_PLACE = re.compile(r"[^\s/@?#]+")
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")
_PLAIN = (str, int, bool)


class ServerSettings(Record, frozen=True, kw_only=True):
    """What one's settings say of a server."""

    headers: dict[str, str] = msgspec.field(default_factory=dict)
    """Headers of each request, by name; `$NAME` in a value stands for an environment variable. Secret."""
    extra: dict[str, Any] = msgspec.field(default_factory=dict)
    """Further fields of each request for an answer, as `chat_template_kwargs`."""
    api_key_env: str | None = None
    """Environment variable that holds its key, where the model's entry names none."""


def servers_of(value: Any, place: str) -> dict[str, ServerSettings]:
    """Return the servers' settings by host, or host and port.

    Args:
        value: the table `servers`.
        place: file and key, for messages.

    Raises:
        UsageError: something in it is of the wrong kind; says where and what is expected.
    """
    return {name: _server(name, table, f'{place}."{name}"') for name, table in _table(value, place).items()}


def unknown_keys(value: Any, place: str) -> Iterator[str]:
    """Yield a warning for each key that is not known; `servers_of` passes over it."""
    known = ServerSettings.__struct_fields__
    for name, table in value.items() if isinstance(value, dict) else ():
        for key in table if isinstance(table, dict) else ():
            if key not in known:
                yield f'{place}."{name}": unknown key {key!r} is ignored{suggestion(key, known)}'


def _server(name: str, value: Any, place: str) -> ServerSettings:
    if not _PLACE.fullmatch(name):
        raise UsageError(f'{place}: expected a host, or HOST:PORT, as in [servers."gpu7.example:8000"]')
    table = _table(value, place)
    headers = _table(table.get("headers", {}), f"{place}.headers")
    for header, text in headers.items():
        _check_header(header, text, f'{place}.headers."{header}"')
    extra = _table(table.get("extra", {}), f"{place}.extra")
    for field, inner in extra.items():
        _check_field(field, inner, f"{place}.extra.{field}")
    variable = table.get("api_key_env")
    if variable is not None and not (isinstance(variable, str) and _VARIABLE.fullmatch(variable)):
        raise UsageError(
            f"{place}.api_key_env: expected the name of an environment variable, in capitals; the key itself "
            "stands in no file"
        )
    return ServerSettings(headers=headers, extra=extra, api_key_env=variable)


def _table(value: Any, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise UsageError(f"{place}: expected a table, got {_kind(value)}")
    return value


def _check_header(header: str, value: Any, place: str) -> None:
    if not _HEADER.fullmatch(header):
        raise UsageError(f"{place}: no header has such a name")
    if header.lower() in _OF_CONNECTIONS:
        raise UsageError(f"{place}: this header follows from the request; leave it out")
    if not isinstance(value, str):
        raise UsageError(f"{place}: expected text, got {_kind(value)}")
    if not value or not (value.isascii() and value.isprintable()) or value != value.strip():
        raise UsageError(f"{place}: expected printable ASCII text without white space at its ends")


def _check_field(field: str, value: Any, place: str) -> None:
    if setting := OF_OPTIONS.get(field):
        raise UsageError(f"{place}: this is what the setting {setting} is for")
    if field in _OURS:
        raise UsageError(f"{place}: fada-tui sets this field itself; leave it out")
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict | list):
            waiting += one.values() if isinstance(one, dict) else one
        elif not (isinstance(one, _PLAIN) or (isinstance(one, float) and math.isfinite(one))):
            raise UsageError(f"{place}: expected what JSON can hold, got {_kind(one)}")


def _kind(value: Any) -> str:
    """Return what a value of TOML is, in words, without the value."""
    kinds = {dict: "a table", list: "a list", str: "text", bool: "true or false", int: "a number"}
    return kinds.get(type(value), "a number that is none" if isinstance(value, float) else "a date or time")
