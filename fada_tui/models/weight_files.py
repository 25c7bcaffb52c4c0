"""Which of a checkpoint's files hold its weights: one decision for all who read, weigh or download them."""

import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from msgspec import Struct

from fada_tui.models.documents import read_document

SAFE = ".safetensors"

PICKLES = (".bin", ".pt", ".pth")
"""Suffixes of weights files that are pickles."""

INDEX = ".index.json"
"""Suffix of index files, which name the file of each weight."""

EXPLICIT = "transformers_weights"
"""The key of `config.json` that names the weights' file."""

CONFIG = "config.json"

_WHOLE = ("model.safetensors", "pytorch_model.bin")
"""Names of the weights' file, in the order in which transformers looks for them; the second is a pickle."""

_SHARD = re.compile(r"model-\d+-of-(\d+)\.safetensors")

NO_MODEL = ("adapter_", "optimizer", "scheduler", "scaler", "training_args", "rng_state")
"""How the names of such files begin that hold no model, though they lie beside one."""

Indexes: TypeAlias = Mapping[str, tuple[Any, ...]]
"""What each index file names, each once; texts, unless somebody made it wrong."""


class WeightFiles(Struct, frozen=True):
    """The files that transformers reads a checkpoint's weights from."""

    names: tuple[Any, ...] = ()
    """As they are named: texts, unless somebody made an index wrong; empty if there is nothing to read."""
    named_by: str | None = None
    """The file that names them: an index, or `config.json`."""
    missing: tuple[str, ...] = ()
    """Those of them that are not there."""

    @property
    def pickled(self) -> bool:
        """Return whether some of them are pickles."""
        return any(isinstance(name, str) and name.endswith(PICKLES) for name in self.names)


def choose(
    names: Collection[str], indexes: Indexes, *, explicit: object = None, allow_pickle: bool = False
) -> WeightFiles:
    """Return the files that transformers reads, as `_get_resolved_checkpoint_files` there finds them.

    Args:
        names: all files of the checkpoint.
        indexes: its index files.
        explicit: the value of `EXPLICIT` in its configuration.
        allow_pickle: weights may be pickles.
    """
    if explicit is not None:
        return _named(names, indexes, explicit, CONFIG)
    for whole in _WHOLE if allow_pickle else _WHOLE[:1]:
        if whole in names:
            return WeightFiles((whole,))
        if f"{whole}{INDEX}" in names:
            return _named(names, indexes, f"{whole}{INDEX}", f"{whole}{INDEX}")
    return WeightFiles()


def held(weights: WeightFiles, names: Collection[str]) -> tuple[str, ...]:
    """Return the files at hand that hold a model: those that are read, else those of `loose`.

    Args:
        weights: the checkpoint's, by `choose`.
        names: all files of the checkpoint.
    """
    return tuple(name for name in weights.names or loose(names) if isinstance(name, str) and name in names)


def loose(names: Collection[str]) -> tuple[str, ...]:
    """Return the files that seem to hold a model of which `choose` finds nothing, pickles last.

    Of several sets of numbered files the largest one is taken: they are one model saved several times.
    """
    safe = [name for name in names if name.endswith(SAFE)]
    # The same weights may lie beside these in their makers' own format, which nobody reads.
    safe = [name for name in safe if not name.startswith(("consolidated", *NO_MODEL))]
    sets: dict[str, tuple[str, ...]] = {}
    for name in safe:
        if found := _SHARD.fullmatch(name):
            sets[found[1]] = (*sets.get(found[1], ()), name)
    largest: tuple[str, ...] = max(sets.values(), key=len, default=())
    return largest or tuple(safe) or pickles(names)


def pickles(names: Collection[str]) -> tuple[str, ...]:
    """Return the pickles that may hold a model."""
    return tuple(name for name in names if name.endswith(PICKLES) and not name.startswith(NO_MODEL))


def of_folder(folder: Path, *, allow_pickle: bool = False) -> WeightFiles:
    """Return the files that transformers reads from a folder; arguments as for `choose`.

    Raises:
        OSError: the folder cannot be listed.
    """
    names = frozenset(file.name for file in folder.iterdir() if file.is_file())
    explicit = (read_document(folder / CONFIG) or {}).get(EXPLICIT)
    return choose(names, read_indexes(folder, names), explicit=explicit, allow_pickle=allow_pickle)


def read_indexes(folder: Path, names: Collection[str]) -> Indexes:
    """Return the index files of a folder; one that cannot be read names nothing.

    Args:
        folder: the checkpoint's.
        names: all its files.
    """
    return {name: _files_of(folder / name) for name in names if name.endswith(INDEX)}


def _named(names: Collection[str], indexes: Indexes, named: object, by: str) -> WeightFiles:
    files: tuple[Any, ...] = (named,)
    if isinstance(named, str) and named.endswith(INDEX):
        by, files = named, indexes.get(named, ())
        if named not in names:
            return WeightFiles((named,), CONFIG, (named,))
    missing = tuple(name for name in files if isinstance(name, str) and name not in names)
    return WeightFiles(files, by, missing)


def _files_of(file: Path) -> tuple[Any, ...]:
    named = (read_document(file) or {}).get("weight_map")
    found = {repr(name): name for name in named.values()} if isinstance(named, dict) else {}
    return tuple(found.values())
