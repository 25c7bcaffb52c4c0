"""A model's server: its address, the permission to send images, and the key for it.

A source `http(s)://host[:port]/path?query#MODEL` names the base URL of an OpenAI-compatible server, which
mostly ends in `/v1`, and the name that the server knows the model by. Nothing here connects to anything.
"""

import ipaddress
import re
from collections.abc import Iterable, Mapping
from urllib.parse import unquote

from msgspec import UNSET, Struct
from msgspec.structs import replace

from fada_tui.core.errors import UsageError
from fada_tui.core.records import Run

ADAPTER = "server"
"""Name of the adapter for models behind a server."""

KEY_VARIABLE = "FADA_TUI_API_KEY"
"""Environment variable with the key for any server."""

OPENAI_HOST = "api.openai.com"
OPENAI_KEY_VARIABLE = "OPENAI_API_KEY"
"""Environment variable with the key for `OPENAI_HOST` only."""

_SCHEME = re.compile(r"https?://", re.IGNORECASE)
_SOURCE = re.compile(
    r"(?P<scheme>https?)://"
    r"(?P<host>[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?|\[[0-9a-f:.]+\])"
    r"(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<path>(?:/[a-z0-9._~%:!$&'()*+,;=-]*)*)"
    r"(?:\?(?P<query>[a-z0-9._~%:!$&'()*+,;=/?-]*))?"
    r"(?:#(?P<model>.*))?",
    re.IGNORECASE | re.ASCII,
)
_VERSION = re.compile(r"/v[0-9]+[a-z0-9]*$", re.IGNORECASE)
_PORTS = {"http": 80, "https": 443}
_FORM = "write http(s)://HOST[:PORT]/v1#MODEL"

VERSIONED = "/v1"
"""The end of most base URLs; what a URL without a path means."""

_REQUESTS = ("/chat/completions", "/models")
"""Ends of URLs that name a request to a server, and not its base."""

_PATH_NAMED_MODELS = ".azure.com"
"""End of the hosts whose base URL itself ends in `/models`."""

_SECRET = re.compile(r"(?:.*(?:key|token|secret|password)|sig|signature|code|auth|authorization)", re.DOTALL)
"""Words of a query's names whose values are secrets: `api_key`, `subscription-key`, `access_token` …"""


class Endpoint(Struct, frozen=True):
    """A server and one of its models."""

    scheme: str
    host: str
    """Host in lower case; an IPv6 address without its brackets."""
    port: int
    path: str
    """Path without a slash at its end."""
    model: str | None
    """The model's name on the server; `None` if the server has only one."""
    query: str = ""
    """What each request has after its `?`; it holds no key."""

    @property
    def place(self) -> str:
        """Return host and, unless it is the scheme's default, port: the server's name in messages."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def base(self) -> str:
        """Return the URL to which `/models` and `/chat/completions` are appended, without its query."""
        return f"{self.scheme}://{self.place}{self.path}"

    def url(self, path: str) -> str:
        """Return the URL of a request, for instance of `/models`."""
        return f"{self.base}{path}{f'?{self.query}' if self.query else ''}"

    @property
    def source(self) -> str:
        """Return the source in its canonical spelling."""
        return self.url("") if self.model is None else f"{self.url('')}#{self.model}"

    @property
    def others(self) -> "tuple[Endpoint, ...]":
        """Return where else the server may be meant to answer: with or without `/v1`."""
        if self.path.endswith(VERSIONED):
            return (replace(self, path=self.path.removesuffix(VERSIONED)),)
        return () if _VERSION.search(self.path) else (replace(self, path=self.path + VERSIONED),)

    @property
    def root(self) -> "Endpoint":
        """Return the server above its `/v1`, where it may say more about itself than the base has."""
        return replace(self, path=_VERSION.sub("", self.path))

    @property
    def name(self) -> str:
        """Return the default name of the model, which cannot be a checkpoint's name."""
        short = (self.model or "").rstrip("/").rpartition("/")[2]
        return f"{short}@{self.place}" if short else self.place

    @property
    def here(self) -> bool:
        """Return whether it is this machine, so that no data leave it."""
        if self.host == "localhost":
            return True
        try:
            address = ipaddress.ip_address(self.host)
        except ValueError:
            return False
        return address == ipaddress.IPv6Address("::1") or address in ipaddress.ip_network("127.0.0.0/8")


def is_endpoint(source: str | None) -> bool:
    """Whether a source is meant as a server's URL."""
    return bool(source and _SCHEME.match(source))


def is_served(run: Run) -> bool:
    """Whether a server or an engine answers a run, and not a model in our own worker."""
    return run.engine is not UNSET or is_endpoint(run.model.source)


def parse(source: str) -> Endpoint:
    """Parse a source.

    A base without a path means `/v1`; what only names a request, as `/chat/completions`, is cut off.

    Raises:
        UsageError: it cannot be used as given. The message leaves out what may be a password or a key.
    """
    address = source.partition("#")[0]
    if "@" in address:
        raise UsageError(
            "a server's URL holds no user or password, nor any @: "
            f"put the key into the environment variable {KEY_VARIABLE}"
        )
    bare, asked, query = address.partition("?")
    if secret := next(filter(_is_secret, query.split("&")), None):
        raise UsageError(
            f"server '{bare}?…': {unquote(secret.partition('=')[0])} may be a key, which no URL holds: "
            f"put it into the environment variable {KEY_VARIABLE}, or as a header into settings.toml"
        )
    found = _SOURCE.fullmatch(source)
    if found is None or not 0 < int(found["port"] or 80) < 65536 or not _fit(found["model"] or ""):
        shown = f"{bare}?…" if asked else source
        raise UsageError(f"server '{shown}' is no URL that can be used: {_FORM}")
    scheme, host = found["scheme"].lower(), found["host"].lower().strip("[]")
    if ":" in host:
        host = _address(host, source)
    port = int(found["port"]) if found["port"] else _PORTS[scheme]
    path = _base_path(found["path"], host)
    return Endpoint(scheme, host, port, path, found["model"] or None, (found["query"] or "").strip("&"))


def place_of(source: str | None) -> str | None:
    """Return the name of a source's server in messages; `None` if it is not a server's URL."""
    if source is None or not is_endpoint(source):
        return None
    try:
        return parse(source).place
    except UsageError:
        return None


def is_of(endpoint: Endpoint, text: str) -> bool:
    """Return whether a host, or host and port, is this server's; a bare IPv6 address needs no brackets."""
    for address in (text, f"[{text}]"):
        found = _SOURCE.fullmatch(f"{endpoint.scheme}://{address}")
        if found and not found["path"] and found["query"] is found["model"] is None:
            host, port = found["host"].lower().strip("[]"), found["port"]
            try:
                host = _address(host, text) if ":" in host else host
            except UsageError:
                return False
            return host == endpoint.host and (port is None or int(port) == endpoint.port)
    return False


def is_allowed(endpoint: Endpoint, hosts: Iterable[str]) -> bool:
    """Return whether images may be sent there: always to this machine, else if its host is in `hosts`.

    Args:
        endpoint: the server.
        hosts: each a host, or a host and port.
    """
    return endpoint.here or any(is_of(endpoint, one.strip()) for one in hosts)


def check_allowed(endpoint: Endpoint, hosts: Iterable[str]) -> None:
    """Raise an error if sending images to a server has not been allowed.

    Raises:
        UsageError: it is none of `hosts`, nor this machine.
    """
    if not is_allowed(endpoint, hosts):
        raise UsageError(refusal_to_send(endpoint))


def refusal_to_send(endpoint: Endpoint) -> str:
    """Return the error for sending images to a server without permission, with the remedy."""
    return (
        f"images would be sent to {endpoint.place}, and may show patients' names: if that is allowed, "
        f"add --allow-host {endpoint.host} (or allow_host in settings.toml)"
    )


def key_of(endpoint: Endpoint, variable: str | None, environ: Mapping[str, str]) -> str | None:
    """Return the key to send to a server; `None` if there is none.

    Args:
        endpoint: the server.
        variable: the environment variable that its entry names.
        environ: the environment.

    Raises:
        UsageError: the entry's variable is not set, the key cannot stand in a header, or would cross the
            network in the clear. No message holds the key.
    """
    names = [variable] if variable else [KEY_VARIABLE]
    if not variable and endpoint.host == OPENAI_HOST:
        names.insert(0, OPENAI_KEY_VARIABLE)
    name = next((name for name in names if environ.get(name, "").strip()), None)
    if name is None:
        if variable:
            raise UsageError(
                f"the key for {endpoint.place} is to be in {variable}, which is not set: export it, or "
                "change the model's api_key_env"
            )
        return None
    key = environ[name].strip()
    if not (key.isascii() and key.isprintable() and " " not in key):
        raise UsageError(
            f"{name} holds characters that no key has: set it to the key for {endpoint.place} alone"
        )
    if endpoint.scheme == "http" and not endpoint.here:
        raise UsageError(
            f"the key in {name} is not sent to {endpoint.place} over plain http: use https, or unset {name}"
        )
    return key


def _base_path(path: str, host: str) -> str:
    """Return a URL's path without the name of a request at its end; `/v1` if nothing is left."""
    path = path.rstrip("/")
    while end := next((end for end in _REQUESTS if path.endswith(end)), None):
        if end == "/models" and host.endswith(_PATH_NAMED_MODELS):
            break
        path = path.removesuffix(end).rstrip("/")
    return path or VERSIONED


def _is_secret(part: str) -> bool:
    """Return whether a `name=value` of a query has a value, and a name that keys have."""
    name, _, value = part.partition("=")
    words = re.split(r"[^a-z0-9]+", unquote(name).lower())
    return bool(value) and any(map(_SECRET.fullmatch, words))


def _fit(model: str) -> bool:
    return model == model.strip() and model.isprintable() and len(model) <= 500


def _address(host: str, source: str) -> str:
    try:
        return str(ipaddress.IPv6Address(host))
    except ValueError:
        raise UsageError(f"server '{source}': {host} is no IPv6 address") from None
