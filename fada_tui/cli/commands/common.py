"""What several commands need."""

import os
import sys
from argparse import Namespace
from collections.abc import Iterable
from pathlib import Path

from fada_tui.config.settings import load_settings
from fada_tui.core.paths import settings_file
from fada_tui.core.text import printable


def results_folder(options: Namespace) -> Path:
    """The results folder in force."""
    settings, warnings = load_settings(
        {"results": getattr(options, "results", None)}, os.environ, settings_file()
    )
    warn(warnings)
    return Path(settings.results)


def warn(warnings: Iterable[str]) -> None:
    """Write each warning on a line of stderr."""
    for warning in warnings:
        sys.stderr.write(f"warning: {printable(warning)}\n")
