"""What a detached process is told on its standard input: what is in force where it was launched.

It may hold a person's leave, and headers with keys; so it goes through a pipe, and is kept nowhere.
"""

import json

import msgspec

from fada_tui.config.engines import EngineSettings
from fada_tui.config.servers import ServerSettings
from fada_tui.config.settings import Settings
from fada_tui.core.json_data import parse_json
from fada_tui.core.records import Record
from fada_tui.runs.consent import Consent
from fada_tui.runs.planning import deadlines
from fada_tui.runs.worker_client.deadlines import Deadlines


class Orders(Record, frozen=True, kw_only=True):
    """What of settings and permissions a run that is resumed needs."""

    deadlines: Deadlines
    consent: Consent
    servers: dict[str, ServerSettings]
    engines: dict[str, EngineSettings] = msgspec.field(default_factory=dict)


def orders_of(settings: Settings, consent: Consent) -> Orders:
    """Return the orders that settings and permissions in force come to."""
    return Orders(
        deadlines=deadlines(settings), consent=consent, servers=settings.servers, engines=settings.engines
    )


def to_bytes(orders: Orders) -> bytes:
    """Return orders as JSON; names that are no Unicode are in it as halves of surrogate pairs."""
    return json.dumps(msgspec.to_builtins(orders)).encode()


def from_bytes(data: bytes) -> Orders:
    """Return the orders of `to_bytes`; raises `MalformedError`, `msgspec.ValidationError`."""
    return msgspec.convert(parse_json(data, halves=True), Orders)
