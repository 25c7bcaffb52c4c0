"""Asking a server what it serves, through a worker, since only that speaks HTTP; no image is sent."""

import os
from collections.abc import Mapping
from pathlib import Path

from msgspec.structs import replace

from fada_tui.config.settings import Settings
from fada_tui.core.protocol import Listed, ListServed
from fada_tui.models.endpoint import key_of, parse
from fada_tui.models.registry import Registry
from fada_tui.runs.server_settings import headers_of, settings_of
from fada_tui.runs.worker_client.client import WorkerClient
from fada_tui.runs.worker_client.deadlines import Deadlines

_NOWHERE = Path(os.devnull)
"""Where such a worker prints: what matters comes as an error."""


def listing(url: str, registry: Registry, settings: Settings, environ: Mapping[str, str]) -> ListServed:
    """Return the command to list what a server serves, with the key and the headers that are for it.

    Args:
        url: of the server; a model's name in it is passed over.
        registry: the model list, of which an entry may name the key's variable.
        settings: the settings in force.
        environ: the environment.

    Raises:
        UsageError: the URL cannot be used, or key or headers cannot be sent there.
    """
    named = parse(url)
    server = replace(named, model=None)
    entry = registry.by_source(named.source)
    of_list = entry.api_key_env if entry else None
    variable = of_list or settings_of(server, settings.servers).api_key_env
    key_of(server, variable, environ)
    headers = headers_of(server, settings.servers, environ)
    return ListServed(source=server.source, api_key_env=variable, headers=headers)


async def listed_at(url: str, registry: Registry, settings: Settings, deadlines: Deadlines) -> Listed:
    """Have a worker list what is served at a URL, as `listing` and `listed` do.

    Raises:
        FadaError: as these.
    """
    return await listed(listing(url, registry, settings, os.environ), deadlines)


async def listed(command: ListServed, deadlines: Deadlines) -> Listed:
    """Have a worker list what a server serves; it is ended with that.

    Raises:
        ModelLoadError: the server cannot be reached, or does not say.
        WorkerDiedError: the worker could not be started, or ended.
    """
    client = WorkerClient(_NOWHERE, deadlines)
    try:
        await client.start()
        return await client.list_served(command)
    finally:
        await client.kill()
