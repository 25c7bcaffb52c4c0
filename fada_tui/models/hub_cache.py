"""The hub's cache on disk, examined without the hub's library."""

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from fada_tui.core.bounded import read_small
from fada_tui.core.paths import expanded
from fada_tui.core.records import ModelEntry
from fada_tui.models import gguf
from fada_tui.models.checkpoint import damage, measure
from fada_tui.models.endpoint import is_endpoint
from fada_tui.models.registry import is_hub_id, located

_LONGEST_NAME = 1024
"""Bytes of a reference, which holds a commit's name."""


def hub_folders(environ: Mapping[str, str] = os.environ) -> tuple[Path, Path]:
    """Return the hub's cache and its home, by the variables that huggingface_hub reads."""
    base = environ.get("XDG_CACHE_HOME") or "~/.cache"
    home = expanded(environ.get("HF_HOME") or f"{base}/huggingface")
    cache = environ.get("HF_HUB_CACHE") or environ.get("HUGGINGFACE_HUB_CACHE")
    return (expanded(cache) if cache else home / "hub"), home


def is_offline(environ: Mapping[str, str] = os.environ) -> bool:
    """Return whether the hub must not be contacted, by the variables that huggingface_hub reads."""
    set_to = environ.get("HF_HUB_OFFLINE") or environ.get("TRANSFORMERS_OFFLINE") or ""
    return set_to.upper() in ("1", "ON", "YES", "TRUE")


def snapshot(
    repository: str, revision: str | None = None, environ: Mapping[str, str] = os.environ
) -> Path | None:
    """Return the folder of a repository's files in the cache.

    Args:
        repository: hub id.
        revision: branch, tag or commit; `None` is the default branch.
        environ: says where the cache is.
    """
    home = _repository(repository, environ)
    wanted = revision or "main"
    with suppress(OSError, ValueError):  # a damaged reference names nothing
        wanted = read_small(home / "refs" / wanted, _LONGEST_NAME).decode("ascii").strip() or wanted
    folder = home / "snapshots" / wanted
    # os.path says no where Path raises.
    return folder if os.path.isdir(folder) else None  # noqa: PTH112


def is_here(entry: ModelEntry, environ: Mapping[str, str] = os.environ) -> bool:
    """Return whether a model's weights are on this machine: in its folder or the hub's cache.

    A snapshot counts where it has a weights file; whether it is whole only the hub's library can say.
    """
    source = located(entry).source
    if not is_hub_id(source):
        return measure(Path(source)) is not None or gguf.in_folder(Path(source)) is not None
    snapshots = _repository(source, environ) / "snapshots"
    try:
        return any(file.suffix in (".safetensors", ".bin", ".pt") for file in snapshots.glob("*/*"))
    except (OSError, ValueError):
        return False


def damage_of(entry: ModelEntry) -> str | None:
    """Return why the checkpoint in a model's own folder cannot be read, on one line; `None` if it can."""
    source = located(entry).source
    return None if is_hub_id(source) or is_endpoint(source) else damage(Path(source))


def _repository(repository: str, environ: Mapping[str, str]) -> Path:
    return hub_folders(environ)[0] / f"models--{repository.replace('/', '--')}"
