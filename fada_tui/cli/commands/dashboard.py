"""`fada-tui` without a command: passes settings and options to the dashboard."""

import os
from argparse import Namespace

from fada_tui.config.settings import load_settings, names_given
from fada_tui.core.errors import UsageError
from fada_tui.core.paths import models_file, settings_file
from fada_tui.models.registry import load_registry

FRAMES_ON_SLOW_LINKS = "10"
"""Frames per second."""


def run(options: Namespace) -> int:
    """Open the dashboard that the options ask for."""
    named = vars(options)
    settings, warnings = load_settings(named, os.environ, settings_file(), tolerant=True)
    if settings.shard:
        raise UsageError(
            f"--shard {settings.shard} goes with --batch: the dashboard makes runs of all that is selected"
        )
    given = names_given(named, os.environ, settings_file())
    registry = load_registry(models_file())
    if settings.low_bandwidth:
        # Textual reads it once, when it is imported.
        os.environ.setdefault("TEXTUAL_FPS", FRAMES_ON_SLOW_LINKS)

    from fada_tui.tui.launch import check_terminal, open_dashboard

    check_terminal(os.environ)
    messages = (*warnings, *registry.warnings)
    return open_dashboard(settings, given, registry, messages, named.get("resume"), named.get("name"))
