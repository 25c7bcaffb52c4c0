"""Reading TOML files, and suggesting known names for misspelt ones."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from fada_tui.core.bounded import read_small
from fada_tui.core.errors import UsageError
from fada_tui.core.json_data import MalformedError, bounded, check_depth
from fada_tui.core.text import without_mark


def read_toml(file: Path) -> dict[str, Any] | None:
    """Return a TOML file's table; `None` if there is no such file.

    Raises:
        UsageError: it cannot be read, is not TOML, or is nested too deeply; the message names file and line.
    """
    import tomllib

    try:
        text = without_mark(read_small(file)).decode()
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        raise UsageError(f"{file} is not UTF-8 text: byte {error.start + 1} cannot be read") from None
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from None
    try:
        table = bounded(lambda: tomllib.loads(text))
        check_depth(table)
        _check_whole_numbers(table)
    except MalformedError as error:
        said, _, place = str(error).removesuffix(")").partition(" (at ")
        line = re.search(r"line (\d+)", place)
        number = line[1] if line else len(text.splitlines())
        where = f", line {number}" if place else ""
        raise UsageError(f"{file}{where}: not valid TOML: {said}") from None
    return table


def _check_whole_numbers(table: dict[str, Any]) -> None:
    """Raise `MalformedError` for a whole number beyond the 64 bits that TOML has."""
    waiting: list[Any] = [table]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
        elif isinstance(value, int) and not -(2**63) <= value < 2**63:
            raise MalformedError("a whole number has more than 64 bits")


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return `; did you mean 'x'?` for the nearest known name, or nothing if none is near."""
    import difflib

    folded = {other.casefold(): other for other in known}
    near = difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=0.5)
    return f"; did you mean '{folded[near[0]]}'?" if near else ""
