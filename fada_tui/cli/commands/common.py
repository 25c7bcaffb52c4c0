"""Functions that several commands use."""

import os
import sys
from argparse import Namespace
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TypeVar

from fada_tui.config.settings import ENVIRONMENT_PREFIX, Settings, check_setting, load_settings
from fada_tui.core.paths import settings_file
from fada_tui.core.text import printable

Row = TypeVar("Row")


def settings_for(options: Namespace, *also: str) -> Settings:
    """Return the settings in force for commands about runs; those that cannot be used are warned of.

    Args:
        options: of the command.
        also: names of settings beside `results` that are options of this command.

    Raises:
        UsageError: only the settings could name it, and cannot be read.
    """
    given, file = getattr(options, "results", None), settings_file()
    if not (given or os.environ.get(f"{ENVIRONMENT_PREFIX}RESULTS")):
        check_setting("results", file)
    settings, warnings = load_settings(
        {name: getattr(options, name, None) for name in ("results", *also)}, os.environ, file, tolerant=True
    )
    warn(warnings)
    return settings


def results_folder(options: Namespace) -> Path:
    """Return the results folder in force; raises `UsageError` as `settings_for`."""
    return Path(settings_for(options).results)


def warn(warnings: Iterable[str]) -> None:
    """Write each warning on a line of stderr."""
    for warning in warnings:
        sys.stderr.write(f"warning: {printable(warning)}\n")


def table_lines(columns: Mapping[str, Callable[[Row], str]], rows: Iterable[Row]) -> list[str]:
    """Return a table as lines with aligned columns, for a pipe or a file.

    Args:
        columns: What each shows of a row, by its heading.
        rows: What the table is of.
    """
    cells = [[*columns], *([printable(text(row)) for text in columns.values()] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return ["  ".join(map(str.ljust, line, widths)).rstrip() for line in cells]
