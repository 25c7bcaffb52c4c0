"""A model together with its LoRA: a model of its own, found by what a person names."""

import os
from collections.abc import Mapping
from pathlib import Path

from msgspec.structs import replace

from fada_tui.core.errors import UsageError
from fada_tui.core.paths import expanded
from fada_tui.core.records import ModelEntry
from fada_tui.models import lora_errors
from fada_tui.models.checkpoint import ADAPTER, CheckpointFiles, read_folder
from fada_tui.models.endpoint import is_endpoint
from fada_tui.models.hub_cache import snapshot
from fada_tui.models.lora_files import is_adapter_alone, of_checkpoint
from fada_tui.models.registry import Registry, folder_source, is_hub_id, located, located_lora, resolve_model


def resolve(
    text: str, registry: Registry, lora: str | None = None, environ: Mapping[str, str] = os.environ
) -> ModelEntry:
    """Return the model that a user specifies, with the LoRA that goes with it.

    Args:
        text: as for `registry.resolve_model`; also a LoRA, whose configuration names its model.
        registry: the model list.
        lora: folder or hub id of a LoRA, in place of what the list says.
        environ: says where the hub's cache is.

    Raises:
        UsageError: there is no such model or LoRA, or the model of a LoRA is not on this machine.
    """
    return with_lora(resolve_model(text, registry), registry, lora, environ)


def with_lora(
    entry: ModelEntry, registry: Registry, lora: str | None = None, environ: Mapping[str, str] = os.environ
) -> ModelEntry:
    """Return a model with its LoRA; of an entry that is a LoRA itself, its model with it.

    A model of the list keeps its name where the list says what its LoRA is. Otherwise both names are its
    name, however it was asked for. Arguments and errors as for `resolve`.
    """
    if lora is not None:
        return _named(entry, lora_source(entry, lora), None, registry)
    if entry.lora is not None:
        return replace(entry, lora=lora_source(entry, entry.lora))
    source = located(entry).source
    if is_endpoint(source) or (files := _files(source, entry.revision, environ)) is None:
        return entry
    if not is_adapter_alone(files):
        return entry
    found = of_checkpoint(files, source)
    if found.base is None:
        raise UsageError(lora_errors.base_unsaid(source))
    revision = (found.config or {}).get("revision")
    base = _base(found.base, revision if isinstance(revision, str) else None, registry, environ)
    if base is None:
        raise UsageError(lora_errors.base_elsewhere(source, found.base, hub=is_hub_id(found.base)))
    told = _named(base, source, entry.revision, registry)
    return replace(told, name=entry.name) if registry.find(entry.name) else told


def lora_source(entry: ModelEntry, lora: str) -> str:
    """Return a LoRA as it is recorded: an absolute path, or a hub id.

    Raises:
        UsageError: it is neither, or the model is behind a server.
    """
    if is_endpoint(entry.source):
        raise UsageError(lora_errors.served(entry.name))
    path = expanded(lora)
    if os.path.isdir(path):  # noqa: PTH112 - says no where Path raises
        return folder_source(path)
    if is_hub_id(lora):
        return lora
    raise UsageError(lora_errors.no_place(lora))


def lora_name(lora: str) -> str:
    """Return the name of a LoRA by its folder or hub id."""
    return lora.rstrip("/").rpartition("/")[2] or "lora"


def _named(base: ModelEntry, lora: str, revision: str | None, registry: Registry) -> ModelEntry:
    """Return a model with a LoRA, as the list knows it or under the names of both."""
    for entry in registry.entries:
        if located_lora(entry) == lora and located(entry).source == located(base).source:
            return replace(entry, lora=lora)
    name = f"{base.name}+{lora_name(lora)}"
    return replace(
        base,
        name=name,
        lora=lora,
        lora_revision=revision,
        parameters=None,
        order=None,
        status="untested",
        reason=None,
        notes=None,
    )


def _files(source: str, revision: str | None, environ: Mapping[str, str]) -> CheckpointFiles | None:
    """Return the files of a folder or of the hub's cache; `None` if they hold no LoRA."""
    folder = snapshot(source, revision, environ) if is_hub_id(source) else Path(source)
    try:
        if folder is None or not (folder / ADAPTER).is_file():
            return None
        return read_folder(folder, "folder")
    except OSError:
        return None


def _base(
    base: str, revision: str | None, registry: Registry, environ: Mapping[str, str]
) -> ModelEntry | None:
    """Return the model that a LoRA names, if it is on this machine: its word downloads and asks nothing."""
    if os.path.isdir(base):  # noqa: PTH112
        source = folder_source(Path(base))
        for entry in registry.entries:
            if entry.lora is None and located(entry).source == source:
                return located(entry)
        found = _files(source, None, environ)
        whole = found is None or not is_adapter_alone(found)  # a LoRA of a LoRA is none that is applied
        return ModelEntry(name=Path(source).name or "model", source=source) if whole else None
    if not is_hub_id(base):
        return None
    listed = registry.by_source(base)
    wanted = revision or (listed.revision if listed else None)
    if snapshot(base, wanted, environ) is None:
        return None
    return replace(listed or ModelEntry(name=base.partition("/")[2], source=base), revision=wanted)
