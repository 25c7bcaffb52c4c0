"""`fada-tui --batch`: passes settings and options to the front end without a screen."""

import os
from argparse import Namespace
from collections.abc import Iterator, Mapping
from typing import Any

from fada_tui.cli.commands.common import warn
from fada_tui.cli.headless import Request, run_batch
from fada_tui.cli.output import print_json
from fada_tui.config.schema import SETTINGS
from fada_tui.config.settings import load_settings
from fada_tui.core.errors import FadaError
from fada_tui.core.paths import models_file, settings_file
from fada_tui.models.registry import load_registry

_NOT_NAMED = frozenset({"trust_remote_code", "allow_host", "allow_pickle", "device", "devices"})
"""Options that count for a run that is resumed, or are told of where they are compared with the run."""


def run(options: Namespace) -> int:
    """Run the batch that the options ask for; with `--json`, even a refusal is a JSON object."""
    given = vars(options)
    try:
        settings, warnings = load_settings(given, os.environ, settings_file())
        registry = load_registry(models_file())
        registry.check()
        warn((*warnings, *registry.warnings, *(_of_no_effect(given) if given.get("resume") else ())))
        request = Request(
            resume=given.get("resume"),
            label=given.get("name"),
            json=given.get("json", False),
            dry_run=given.get("dry_run", False),
            trusted=settings.trust_remote_code if "trust_remote_code" in given else (),
        )
        return run_batch(settings, registry, request)
    except FadaError as error:
        if given.get("json"):
            refusal = {"runs": [], "error": str(error)}
            print_json(refusal)
        raise


def _of_no_effect(given: Mapping[str, Any]) -> Iterator[str]:
    """Yield a warning that names the options that change nothing of a run that is resumed."""
    named = [
        setting.option
        for setting in SETTINGS.values()
        if setting.name in given
        and (setting.group in ("asked", "answered") or setting.name in ("rubric", "files"))
        and setting.name not in _NOT_NAMED
    ]
    if "name" in given:
        named.append("--name")
    if named:
        yield f"{', '.join(named)} without effect: --resume goes on as the run was planned"
