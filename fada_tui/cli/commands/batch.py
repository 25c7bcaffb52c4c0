"""`fada-tui --batch`: passes settings and options to the front end without a screen."""

import os
from argparse import Namespace

from fada_tui.cli.commands.common import warn
from fada_tui.cli.headless import Request, run_batch
from fada_tui.cli.output import print_json
from fada_tui.config.settings import load_settings
from fada_tui.core.errors import FadaError
from fada_tui.core.paths import models_file, settings_file
from fada_tui.models.registry import load_registry


def run(options: Namespace) -> int:
    """Run the batch that the options ask for; with `--json`, even a refusal is a JSON object."""
    given = vars(options)
    try:
        settings, warnings = load_settings(given, os.environ, settings_file())
        registry = load_registry(models_file())
        registry.check()
        warn((*warnings, *registry.warnings))
        request = Request(
            resume=given.get("resume"),
            label=given.get("name"),
            json=given.get("json", False),
            dry_run=given.get("dry_run", False),
            trusted=settings.trust_remote_code if "trust_remote_code" in given else (),
            devices=given.get("devices") or given.get("device"),
        )
        return run_batch(settings, registry, request)
    except FadaError as error:
        if given.get("json"):
            refusal = {"runs": [], "error": str(error)}
            print_json(refusal)
        raise
