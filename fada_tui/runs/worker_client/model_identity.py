"""Whether a loaded model is the requested one, and whether its process can load another."""

import os
from pathlib import Path
from typing import TypeAlias

from msgspec.structs import replace

from fada_tui.core.paths import expanded
from fada_tui.core.protocol import Load, Loaded
from fada_tui.models.endpoint import is_endpoint

Files: TypeAlias = tuple[tuple[str, int, int], ...]
"""Name, bytes and modification time (ns) of each."""

Identity: TypeAlias = tuple[Load, Files, Files]
"""The inputs of loading: the command without irrelevant fields, and the state of the files and its LoRA's."""


def identity(command: Load) -> Identity:
    """Return a value that is equal for commands that load the same model.

    The files of a folder count by name, size and time, since somebody may go on with training in between.
    """
    model = replace(
        command.model, parameters=None, license=None, order=None, status="untested", reason=None, notes=None
    )
    if is_endpoint(model.source):
        return replace(command, model=model), (), ()
    local = replace(
        command, model=model, allowed_hosts=(), first_token_timeout=0, token_timeout=0, server_patience=0
    )
    return local, _files(expanded(model.source)), _files(expanded(model.lora)) if model.lora else ()


def leaves_traces(command: Load, loaded: Loaded) -> bool:
    """Return whether a model's process must end with it, as its code or quantisation may leave effects."""
    ran_code = command.trust_remote_code or command.allow_pickle
    return ran_code or loaded.quantized or is_endpoint(command.model.source)


def _files(folder: Path) -> Files:
    """Return the state of a folder's entries; empty if it is no folder."""
    try:
        with os.scandir(folder) as entries:
            found = [(entry.name, entry.stat()) for entry in entries]
    except OSError:
        return ()
    return tuple(sorted((name, stat.st_size, stat.st_mtime_ns) for name, stat in found))
