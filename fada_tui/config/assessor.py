"""The assessor's name: what it may be, and the one that was given last, kept in `state.toml`."""

import getpass
from pathlib import Path

from fada_tui.config.state_tables import read_table, write_table
from fada_tui.core.text import printable

LONGEST = 64
"""Characters of a name."""

_TABLE = "judging"
_KEY = "assessor"


def name_fault(name: str) -> str:
    """Return what is wrong with a name that was typed; empty where nothing is."""
    if not name.strip():
        return "a name is needed: verdicts are kept under it"
    if printable(name) != name:
        return "a name is one line without control characters"
    if len(name.strip()) > LONGEST:
        return f"a name has {LONGEST} characters at most"
    return ""


def login_name() -> str:
    """Return the name that this user has on this machine; empty where it has none that would do."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container may know no name for its user
        return ""
    return "" if name_fault(name) else name.strip()


def remembered_assessor(file: Path) -> str | None:
    """Return the name that was given last, if there is one."""
    name = read_table(file, _TABLE).get(_KEY)
    return name.strip() if isinstance(name, str) and not name_fault(name) else None


def remember_assessor(name: str, file: Path) -> None:
    """Keep a name for next time.

    Raises:
        OSError: it cannot be written.
    """
    write_table(file, _TABLE, {**read_table(file, _TABLE), _KEY: name})
