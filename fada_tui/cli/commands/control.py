"""`fada-tui control RUN`: asks a run's questions about pictures that show nothing."""

import os
from argparse import Namespace
from functools import partial
from pathlib import Path

from fada_tui.cli.commands.common import warn
from fada_tui.cli.headless import run_controls
from fada_tui.cli.output import print_json
from fada_tui.config.settings import load_settings
from fada_tui.core.errors import FadaError
from fada_tui.core.paths import models_file, settings_file
from fada_tui.models.endpoint import is_endpoint
from fada_tui.models.registry import load_registry
from fada_tui.runs import controls
from fada_tui.runs.consent import consent_of
from fada_tui.runs.engines.serving import check_here
from fada_tui.runs.planning import deadlines
from fada_tui.runs.server_settings import check_extra
from fada_tui.runs.session import Session
from fada_tui.runs.verify import rebuild
from fada_tui.store import folder as store


def run(options: Namespace) -> int:
    """Ask about the control pictures of the run that the options name; return the exit code.

    With `--json`, even a refusal is a JSON object.
    """
    as_json = getattr(options, "json", False)
    try:
        return run_controls(_prepared(options), as_json=as_json)
    except FadaError as error:
        if as_json:
            print_json({"runs": [], "error": str(error)})
        raise


def _prepared(options: Namespace) -> "partial[tuple[Session, tuple[str, ...]]]":
    settings, warnings = load_settings(vars(options), os.environ, settings_file())
    registry = load_registry(models_file())
    registry.check()
    warn((*warnings, *registry.warnings))
    folder = store.find(Path(settings.results), options.run)
    recorded = store.read_run(folder)
    controls.check(recorded)
    entry = rebuild.entry_of(recorded, registry)
    named = settings.trust_remote_code if "trust_remote_code" in options else ()
    consent = consent_of(settings, registry, named, (entry,))
    check_extra(recorded, settings.servers)
    check_here(recorded, settings.engines)
    if is_endpoint(entry.source):
        entry = rebuild.server_of(recorded, entry, registry, consent)
    patience = deadlines(settings)
    load = rebuild.load_command(recorded, entry, consent, patience, device=getattr(options, "device", None))
    return partial(
        Session.about_controls,
        folder,
        load,
        patience,
        registry,
        consent.hosts,
        settings.servers,
        settings.engines,
    )
