"""Reading TOML files, and suggesting known names for misspelt ones."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from fada_tui.core.bounded import read_small
from fada_tui.core.errors import UsageError
from fada_tui.core.text import without_mark


def read_toml(file: Path) -> dict[str, Any] | None:
    """Return a TOML file's table; `None` if there is no such file.

    Raises:
        UsageError: it cannot be read or is not TOML; the message names file and line.
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
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = re.sub(r" \(at .*\)$", "", str(error))
        line = re.search(r"at line (\d+)", str(error))
        number = line[1] if line else len(text.splitlines())
        raise UsageError(f"{file}, line {number}: not valid TOML: {message}") from None


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return `; did you mean 'x'?` for the nearest known name, or nothing if none is near."""
    import difflib

    folded = {other.casefold(): other for other in known}
    near = difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=0.5)
    return f"; did you mean '{folded[near[0]]}'?" if near else ""
