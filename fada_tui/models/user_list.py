"""The user's own model list, `models.toml`: changed by one program at a time, and written whole."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from fada_tui.core.atomic import make_folder, write_whole
from fada_tui.core.errors import UsageError
from fada_tui.core.file_lock import LockedError, held
from fada_tui.core.file_modes import owner_only
from fada_tui.core.temporary import clean
from fada_tui.models.registry import Registry, Table, load_registry

LOCK_PATIENCE = 30.0
"""Seconds to wait for another program that changes the user's list."""

_HEADER = (
    "# Written by fada-tui: each table overrides, or adds to, the model list. Comments are not kept.\n\n"
)


def override(registry: Registry, name: str, changes: Mapping[str, Any]) -> tuple[Table, ...]:
    """Return the user's tables with changes to one model's.

    A value of `None` takes a key out; a table that then says nothing of a shipped model is left out.
    """
    old = registry.user_table(name)
    new = (old or {"name": name}) | dict(changes)
    new = {key: value for key, value in new.items() if value is not None}
    tables = [new if table is old else table for table in registry.user]
    if old is None:
        tables.append(new)
    empty = len(new) == 1 and name.casefold() in registry.shipped
    return tuple(table for table in tables if not (empty and table is new))


def change_user_entries(file: Path, change: Callable[[Registry], Sequence[Table]]) -> Registry:
    """Change the user's `models.toml` as it is now, alone: no other program's change in between is lost.

    Args:
        file: the user's `models.toml`.
        change: returns the user's tables that are to be, from the list as it is now.

    Returns:
        The list after the change.

    Raises:
        UsageError: the file cannot be read or written, or another program is changing it for too long; or
            `change` says so.
    """
    # A link, as into a folder of dotfiles, stays one.
    target = file.resolve()
    try:
        make_folder(target.parent, private=True)
        with held(target.with_name(f".{target.name}.lock"), LOCK_PATIENCE):
            clean(target.parent)
            registry = load_registry(file)
            registry.check()
            save_user_entries(change(registry), file)
            return load_registry(file)
    except LockedError:
        raise UsageError(f"{file} is being changed by another program: try again") from None
    except OSError as error:
        raise _unwritable(file, error) from None


def save_user_entries(tables: Sequence[Table], file: Path) -> None:
    """Write the user's `models.toml` atomically, creating its folder if needed.

    Raises:
        UsageError: the file cannot be written; what was there is unharmed.
    """
    import tomli_w

    data = (_HEADER + tomli_w.dumps({"model": list(tables)})).encode(errors="replace")
    # A link, as into a folder of dotfiles, stays one.
    target = file.resolve()
    try:
        make_folder(target.parent, private=True)
        write_whole(target, data, owner_only)
    except OSError as error:
        raise _unwritable(file, error) from None


def _unwritable(file: Path, error: OSError) -> UsageError:
    return UsageError(
        f"cannot write {file}: {error.strerror}; FADA_TUI_CONFIG_DIR names another folder for it"
    )
