"""`fada-tui servers list URL`: what a server serves, one model a line."""

import asyncio
import os
import sys
from argparse import Namespace
from collections.abc import Mapping
from typing import Any

from fada_tui.cli.commands.common import table_lines, warn
from fada_tui.cli.output import print_json
from fada_tui.config.settings import load_settings
from fada_tui.core.errors import ErrorKind, ExitCode, FadaError, ModelLoadError, UsageError
from fada_tui.core.paths import models_file, settings_file
from fada_tui.core.protocol import Listed, ServedModel
from fada_tui.core.text import printable
from fada_tui.models.endpoint import is_endpoint
from fada_tui.models.registry import Registry, load_registry
from fada_tui.runs.planning import deadlines
from fada_tui.runs.served import listed, listing
from fada_tui.runs.worker_client.errors import WorkerDiedError

_TAKES = {True: "yes", False: "no", None: "unknown"}


def run(options: Namespace) -> int:
    """List what a server serves; with `--json`, even a refusal is a JSON object.

    Raises:
        UsageError: the URL cannot be used, or neither the key nor the headers may be sent there.
        ModelLoadError: the server cannot be reached, or does not say.
    """
    as_json = getattr(options, "json", False)
    try:
        found = _found(options)
    except FadaError as error:
        if as_json:
            print_json({"models": [], "error": str(error)})
        raise
    if as_json:
        print_json(_plain(found))
    else:
        sys.stdout.writelines(f"{line}\n" for line in _lines(found))
    return ExitCode.OK


def _found(options: Namespace) -> Listed:
    settings, warnings = load_settings(vars(options), os.environ, settings_file())
    registry = load_registry(models_file())
    warn((*warnings, *registry.warnings))
    command = listing(_url(options.url, registry), registry, settings, os.environ)
    try:
        return asyncio.run(listed(command, deadlines(settings)))
    except WorkerDiedError as error:
        raise ModelLoadError(ErrorKind.WORKER_DIED, str(error)) from error


def _url(text: str, registry: Registry) -> str:
    """Return the URL that is given, or that of a model of the list."""
    entry = registry.find(text)
    source = entry.source if entry else text
    if not is_endpoint(source):
        raise UsageError(
            f"'{text}' is no server's URL: write http(s)://HOST[:PORT]/v1, or a listed model behind a server"
        )
    return source


def _lines(found: Listed) -> list[str]:
    program = " ".join(word for word in (found.server.name, found.server.version) if word)
    head = f"{found.base}  {program or 'a server that does not say what it is'}"
    if not found.models:
        return [printable(head), "no models"]
    columns: Mapping[str, Any] = {
        "model": lambda one: one.name,
        "images": lambda one: _TAKES[one.images],
        "context": lambda one: f"{one.context:,}" if one.context else "unknown",
    }
    return [printable(head), *table_lines(columns, found.models)]


def _plain(found: Listed) -> dict[str, Any]:
    return {
        "url": found.base,
        "server": {"name": found.server.name, "version": found.server.version},
        "models": [_model(one) for one in found.models],
    }


def _model(one: ServedModel) -> dict[str, Any]:
    return {"name": one.name, "images": one.images, "context": one.context}
