"""Headers of requests: those sent anyway, the key, and those of the settings, whose values are secret."""

import re
from collections.abc import Mapping

import httpx2

from fada_tui import __version__
from fada_tui.core.errors import ErrorKind
from fada_tui.core.secrets import in_headers, remember
from fada_tui.core.text import printable
from fada_tui.models.endpoint import Endpoint
from fada_tui.worker.remote.errors import ServerRefusal

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_KEYS = ("authorization", "proxy-authorization", "api-key", "x-api-key")
"""Headers that hold a key."""


def headers(endpoint: Endpoint, key: str | None, given: Mapping[str, str]) -> httpx2.Headers:
    """Return the headers of each request; keys and given values are hidden from now on.

    Args:
        endpoint: the server.
        key: sent as bearer token, unless another authorization is given.
        given: headers of the settings, which replace those that are sent anyway.

    Raises:
        ServerRefusal: one cannot be sent, or would carry a key over the network in the clear.
    """
    remember([key] if key else [])
    remember(in_headers(given.values()))
    for name, value in given.items():
        _check(endpoint, name, value)
    # A proxy that compresses a stream holds its words back until it has enough of them.
    sent = httpx2.Headers({"User-Agent": f"fada-tui/{__version__}", "Accept-Encoding": "identity"})
    sent.update({"Authorization": f"Bearer {key}"} if key else {})
    sent.update(given)
    return sent


def _check(endpoint: Endpoint, name: str, value: str) -> None:
    shown = printable(name)
    if not _NAME.fullmatch(name) or not (value.isascii() and value.isprintable()):
        message = f"the header {shown} for {endpoint.place} holds characters that no header has: change it"
        raise ServerRefusal(ErrorKind.ENDPOINT_REFUSED, message)
    if name.lower() in _KEYS and endpoint.scheme == "http" and not endpoint.here:
        message = (
            f"the header {shown} is not sent to {endpoint.place} over plain http, since it holds a key: "
            "use https, or take it out"
        )
        raise ServerRefusal(ErrorKind.ENDPOINT_REFUSED, message)
