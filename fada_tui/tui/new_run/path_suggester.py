"""The ends of paths as one types them, from what lies on disk."""

import asyncio
import os
from itertools import islice
from pathlib import Path

from textual.suggester import Suggester

from fada_tui.core.paths import expanded
from fada_tui.core.text import printable

_MOST = 5_000
"""Names of a folder that are looked at."""


class PathSuggester(Suggester):
    """Suggests the first file or folder, by name, that begins as what is typed does.

    Args:
        separator: between several paths in one field; empty where there is one path alone.
    """

    def __init__(self, separator: str = "") -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._separator = separator

    async def get_suggestion(self, value: str) -> str | None:
        """Return what is typed with the rest of a name; `None` if nothing begins so."""
        last = value.rpartition(self._separator)[2].lstrip() if self._separator else value
        rest = await asyncio.to_thread(rest_of_name, last)
        return value + rest if rest else None


def rest_of_name(path: str) -> str:
    """Return what is left of the first name that begins as this path's last part does; empty if none does."""
    folder, begun = os.path.split(path)
    if not begun:
        return ""
    try:
        with os.scandir(expanded(folder) if folder else Path()) as found:
            entries = [entry for entry in islice(found, _MOST) if entry.name.startswith(begun)]
            names = sorted(entry.name + (os.sep if entry.is_dir() else "") for entry in entries)
    except OSError:
        return ""
    name = next((name for name in names if name == printable(name)), "")
    return name[len(begun) :]
