"""The tables of `state.toml`, each kept by a part of the program of its own."""

from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from typing import Any

import tomli_w

from fada_tui.core.atomic import make_folder, write_whole
from fada_tui.core.errors import UsageError
from fada_tui.core.file_modes import owner_only
from fada_tui.core.toml import read_toml

_HEADER = "# Written by fada-tui: what was chosen last. Delete it to begin afresh.\n\n"

_WRITING = Lock()
"""Held while the tables are read and written again: threads of one program write several of them."""


def read_table(file: Path, name: str) -> Mapping[str, Any]:
    """Return a table of the file; an empty one where it is not there, or the file is damaged."""
    table = _tables(file).get(name)
    return table if isinstance(table, dict) else {}


def write_table(file: Path, name: str, table: Mapping[str, Any]) -> None:
    """Write a table, and leave the others as they are.

    Raises:
        OSError: it cannot be written.
    """
    with _WRITING:
        tables = {**_tables(file), name: dict(table)}
        make_folder(file.parent, private=True)
        write_whole(file, (_HEADER + tomli_w.dumps(tables)).encode(errors="replace"), owner_only)


def _tables(file: Path) -> dict[str, Any]:
    try:
        return read_toml(file) or {}
    except UsageError:
        return {}
