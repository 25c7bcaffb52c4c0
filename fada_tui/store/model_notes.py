"""What is told of models without a run here: `notes.toml` of a results folder."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from fada_tui.core.atomic import make_folder
from fada_tui.core.errors import UsageError
from fada_tui.core.file_lock import LockedError, held
from fada_tui.core.file_modes import Files, set_folder
from fada_tui.core.records import ModelNote
from fada_tui.core.toml import read_toml
from fada_tui.store.folder import write_whole

NOTES_NAME = "notes.toml"

_HEADER = "# Told of models, not measured here. Written by fada-tui models note; comments are not kept.\n\n"
_PATIENCE = 30.0
"""Seconds to wait for another program that changes the file."""


def read_model_notes(results: Path) -> tuple[ModelNote, ...]:
    """Return what a results folder's `notes.toml` tells, in its order; nothing if there is no such file.

    Raises:
        UsageError: it cannot be read, or says of a model what cannot be used; the message names the file.
    """
    file = results / NOTES_NAME
    return _notes(_tables(read_toml(file) or {}, file), file)


def change_model_note(
    results: Path, name: str, told: Mapping[str, str] | None, files: Files | None = None
) -> ModelNote | None:
    """Add to what is told of a model, or change it, or take it out.

    One program at a time changes the file; keys that are not known stay.

    Args:
        results: the results folder, made if need be.
        name: of the model; upper case makes no difference.
        told: fields of a `ModelNote`; `None` takes the model out.
        files: whom a new folder is for, as in the settings.

    Returns:
        What is told of it now; `None` if it was taken out.

    Raises:
        UsageError: the file cannot be read, another program is changing it for too long, or a model that is
            to be taken out is not in it.
        StoreError: it cannot be written.
    """
    file = results / NOTES_NAME
    try:
        new = not results.exists()
        make_folder(results, private=files != "umask")
        if new:
            set_folder(results, files, like=results)
        with held(results / f".{NOTES_NAME}.lock", _PATIENCE):
            return _changed(file, name, told)
    except LockedError:
        raise UsageError(f"{file} is being changed by another program: try again") from None
    except OSError as error:
        raise UsageError(f"cannot write {file}: {error.strerror}; --results names another folder") from None


def _changed(file: Path, name: str, told: Mapping[str, str] | None) -> ModelNote | None:
    import tomli_w

    content = read_toml(file) or {}
    tables = _tables(content, file)
    names = [note.name.casefold() for note in _notes(tables, file)]
    at = names.index(name.casefold()) if name.casefold() in names else None
    if told is not None and at is not None:
        tables[at] |= told
    elif told is not None:
        tables.append({"name": name, **told})
    elif at is not None:
        del tables[at]
    else:
        raise UsageError(f"{file} tells nothing of '{name}', so there is nothing to remove")
    data = _HEADER + tomli_w.dumps({**content, "model": tables})
    write_whole(file, data.encode(errors="replace"))
    return None if told is None else _notes(tables, file)[-1 if at is None else at]


def _tables(content: Mapping[str, Any], file: Path) -> list[dict[str, Any]]:
    tables = content.get("model", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise UsageError(f"{file}: models are written as [[model]] tables with name and what is told")
    return [dict(table) for table in tables]


def _notes(tables: list[dict[str, Any]], file: Path) -> tuple[ModelNote, ...]:
    """Return the tables as records; raises `UsageError`."""
    found: list[ModelNote] = []
    for number, table in enumerate(tables, start=1):
        try:
            found.append(msgspec.convert(table, ModelNote))
        except msgspec.ValidationError as error:
            raise UsageError(f"{file}: [[model]] {number}: {str(error).replace('`', chr(39))}") from None
    return tuple(found)
