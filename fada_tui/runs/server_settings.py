"""One's own settings for the server of a model, applied to what a worker is told.

Headers are taken from the settings in force, on resuming and verifying, too: no run's file holds one.
"""

from collections.abc import Mapping
from string import Template

from msgspec import UNSET
from msgspec.structs import replace

from fada_tui.config.servers import ServerSettings
from fada_tui.core.errors import UsageError
from fada_tui.core.protocol import Load
from fada_tui.core.records import Run
from fada_tui.core.secrets import in_headers, quoted, remember
from fada_tui.models.endpoint import Endpoint, is_endpoint, is_of, is_served, parse

Servers = Mapping[str, ServerSettings]
"""The settings of servers, by host, or host and port."""

NO_SERVERS: Servers = {}

LONGEST = 200
"""Maximum characters of fields' names in a message."""

_NONE = ServerSettings()


def settings_of(endpoint: Endpoint, servers: Servers) -> ServerSettings:
    """Return the settings of a server: of its host and port, else of its host."""
    fitting = [name for name in servers if is_of(endpoint, name)]
    exact = [name for name in fitting if not is_of(replace(endpoint, port=0), name)]
    return servers[(exact or fitting)[0]] if fitting else _NONE


def headers_of(endpoint: Endpoint, servers: Servers, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the headers for a server, with what its values name put in; they are hidden from now on.

    Raises:
        UsageError: a variable is not set, its value cannot stand in a header, or would cross the network in
            the clear. No message holds a value.
    """
    found = {}
    for name, value in settings_of(endpoint, servers).headers.items():
        place = f'servers."{endpoint.place}".headers."{name}" in settings.toml'
        try:
            text = Template(value).substitute(environ).strip()
        except KeyError as error:
            raise UsageError(
                f"the variable {error.args[0]} is not set: export it, as {place} wants it"
            ) from None
        except ValueError:
            raise UsageError(
                f"{place} has a $ that begins no variable's name: write $$ for a dollar"
            ) from None
        if not text or not (text.isascii() and text.isprintable()):
            raise UsageError(f"{place} names a variable that is empty, or holds what no header can")
        found[name] = text
    if found and endpoint.scheme == "http" and not endpoint.here:
        raise UsageError(
            f"the headers for {endpoint.place} in settings.toml are not sent there over plain http: use "
            "https, or take them out"
        )
    remember(in_headers(found.values()))
    return found


def check_extra(run: Run, servers: Servers) -> None:
    """Refuse fields of requests that a run's file asks for and one's own settings do not.

    A run may come from somebody else, and a field may tell a server where to send an image on.

    Raises:
        UsageError: names them, and where they would have to stand.
    """
    if run.generation.extra is UNSET or not is_served(run):
        return
    if run.engine is not UNSET:
        raise UsageError(
            f"{run.id} asks its engine with further fields of requests, which no settings give an engine: it "
            "is not asked so"
        )
    endpoint = parse(run.model.source or "")
    own = settings_of(endpoint, servers).extra
    foreign = [name for name, value in run.generation.extra.items() if name not in own or own[name] != value]
    if foreign:
        raise UsageError(
            f"{run.id} was made with fields of requests that a run's file cannot ask for "
            f"({quoted(', '.join(foreign), LONGEST)}): if you want them sent, put them as they are there "
            f'into extra of [servers."{endpoint.place}"] in settings.toml'
        )


def with_settings(load: Load, servers: Servers, environ: Mapping[str, str]) -> Load:
    """Return a command to load a model with what the settings say of its server.

    Raises:
        UsageError: as for `headers_of`.
    """
    if not is_endpoint(load.model.source):
        return load
    endpoint = parse(load.model.source)
    variable = load.model.api_key_env or settings_of(endpoint, servers).api_key_env
    return replace(
        load,
        headers=headers_of(endpoint, servers, environ),
        model=replace(load.model, api_key_env=variable),
    )
