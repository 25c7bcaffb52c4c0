"""What an engine's guardian is told and tells, as JSON lines."""

from typing import TypeAlias

import msgspec
from msgspec import Struct

from fada_tui.core.json_data import decode_json

LONGEST_LINE = 8192
"""Characters of a line of output that are kept."""

LONGEST_TOLD = 500
"""Characters of one that are told."""


class Start(Struct, frozen=True, tag="start", kw_only=True):
    """The first order: start an engine."""

    argv: tuple[str, ...]
    """With the port in it; `launch.KEY_FILE` is for the guardian to replace. Encoded by `core.file_names`."""
    environment: dict[str, str] = {}
    """Variables beside the guardian's own."""
    key: str
    key_variable: str | None = None
    key_file: str | None = None
    log: str
    """File that its output is appended to; encoded by `core.file_names`."""
    patience: float
    """Seconds that its processes have to end before they are killed."""


class LogTo(Struct, frozen=True, tag="log_to"):
    """An order: append output to another file; `None` drops it."""

    log: str | None


Order: TypeAlias = Start | LogTo


class Started(Struct, frozen=True, tag="started"):
    """The engine's process is there."""

    pid: int
    """Of the engine, and of its process group."""


class Printed(Struct, frozen=True, tag="printed"):
    """The engine printed a line. Some are left out where they come faster than they are read."""

    line: str
    """Without keys."""


class Ended(Struct, frozen=True, tag="ended"):
    """The engine's process has ended, and all that it had started; the guardian ends, too."""

    status: int | None
    """Negative for a signal; `None` if it could not be started."""
    message: str = ""
    """Why it could not be started."""


Told: TypeAlias = Started | Printed | Ended

_orders: msgspec.json.Decoder[Order] = msgspec.json.Decoder(Order)
_told: msgspec.json.Decoder[Told] = msgspec.json.Decoder(Told)


def encode(message: Order | Told) -> bytes:
    """Return a message as a line."""
    return msgspec.json.encode(message) + b"\n"


def decode_order(line: bytes) -> Order:
    """Read an order; raises `msgspec.MsgspecError`."""
    return decode_json(line, _orders)


def decode_told(line: bytes) -> Told:
    """Read what the guardian tells; raises `msgspec.MsgspecError`."""
    return decode_json(line, _told)
