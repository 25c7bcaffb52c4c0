"""Checks of a checkpoint's folder before anything is read from it, as its author may be malicious.

Looks at names, kinds, sizes and the small files that name others; reads no weight.
"""

from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import Any

from fada_tui.core.bounded import SMALL, oddity
from fada_tui.core.errors import ErrorKind
from fada_tui.models import load_errors
from fada_tui.models.documents import Document, read_document
from fada_tui.models.load_errors import Refusal

PICKLES = (".bin", ".pt", ".pth")
"""Suffixes of weights files that are pickles."""

SAFE = ".safetensors"

INDEX = ".index.json"
"""Suffixes of index files, which name the file of each weight."""

LARGE = 512 * 1024 * 1024
"""Maximum bytes of a tokenizer file."""

_SMALL = (".json", ".jinja")
_LARGE = ("tokenizer.json", "vocab.json", ".txt", ".model", ".ttf", ".spm", ".tiktoken")
_WEIGHTS = (SAFE, *PICKLES)

_IMPLEMENTATION = "implementation"
"""Part of the keys that choose attention or expert code; a hub id there loads code from the hub."""

EXPLICIT = "transformers_weights"
"""The key of `config.json` that names the weights' file."""


def trouble(folder: Path, *, allow_pickle: bool) -> Refusal | None:
    """Return the first reason why a folder must not be read.

    Args:
        folder: the checkpoint's.
        allow_pickle: weights that it names may be pickles.

    Raises:
        OSError: the folder cannot be listed.
    """
    return next(_troubles(folder, allow_pickle), None)


def _troubles(folder: Path, allow_pickle: bool) -> Iterator[Refusal]:
    files = sorted(folder.iterdir())
    for file in files:
        if why := _oddity(file):
            yield Refusal(ErrorKind.LOAD, load_errors.odd_file(str(file), why))
    for key, value in _implementations(_document(folder / "config.json")):
        yield Refusal(ErrorKind.REMOTE_CODE_NEEDED, load_errors.code_from_hub(str(folder), key, value))
    for file, name in _named(folder, allow_pickle):
        if not _is_plain(name):
            message = load_errors.weights_elsewhere(str(file), str(name)[:200])
            yield Refusal(ErrorKind.WEIGHTS_MISMATCH, message)
        elif name.endswith(PICKLES) and not allow_pickle:
            yield Refusal(ErrorKind.PICKLE_REFUSED, load_errors.pickle_named(str(file), name))
        elif not name.endswith(_WEIGHTS):
            yield Refusal(ErrorKind.WEIGHTS_MISMATCH, load_errors.weights_of_no_kind(str(file), name))


def reads_pickles(folder: Path, *, allow_pickle: bool) -> bool:
    """Return whether transformers would read weights from pickles; arguments as for `trouble`."""
    return any(isinstance(name, str) and name.endswith(PICKLES) for _, name in _named(folder, allow_pickle))


def _named(folder: Path, allow_pickle: bool) -> Iterator[tuple[Path, Any]]:
    """Yield the files of weights that transformers would read, each with the file that names it.

    In the order of `transformers.modeling_utils._get_resolved_checkpoint_files`.
    """
    config = folder / "config.json"
    explicit = _document(config).get(EXPLICIT)
    if explicit is not None:
        if _is_plain(explicit) and explicit.endswith(INDEX):
            yield from _of_index(folder / explicit)
        else:
            yield config, explicit
        return
    for whole in ("model.safetensors", "pytorch_model.bin") if allow_pickle else ("model.safetensors",):
        if (folder / whole).is_file():
            yield folder / whole, whole
            return
        if (folder / f"{whole}{INDEX}").is_file():
            yield from _of_index(folder / f"{whole}{INDEX}")
            return


def own_code(folder: Path) -> tuple[str, ...]:
    """Return the code that a folder could run: its Python files, and repositories that it names."""
    try:
        files = sorted(folder.iterdir())
    except OSError:
        return ()
    own = [file.name for file in files if file.suffix == ".py"]
    named = [
        text
        for file in files
        if file.name.endswith(".json") and not file.name.endswith((INDEX, "tokenizer.json", "vocab.json"))
        for text in _texts(_document(file).get("auto_map"))
        if "--" in text
    ]
    return tuple(dict.fromkeys([*own, *named]))


def _oddity(file: Path) -> str | None:
    name = file.name
    if not name.endswith((*_SMALL, *_LARGE, *_WEIGHTS, ".py")):
        return None
    most = LARGE if name.endswith(_LARGE) else None if name.endswith(_WEIGHTS) else SMALL
    try:
        status = file.stat()
    except OSError:
        return None  # a link to nothing is no file
    return oddity(status, most)


def _document(file: Path) -> Document:
    return read_document(file) or {}


def _of_index(file: Path) -> Iterator[tuple[Path, Any]]:
    """Yield the files that an index names, each once."""
    named = _document(file).get("weight_map")
    seen: set[str] = set()
    for name in named.values() if isinstance(named, dict) else ():
        if repr(name) not in seen:
            seen.add(repr(name))
            yield file, name


def _is_plain(name: Any) -> bool:
    """Return whether this names a file directly in the folder."""
    return (
        isinstance(name, str)
        and name not in ("", ".", "..")
        and not any(sign in name for sign in "/\\\0")
        and PurePath(name).name == name
    )


def _implementations(config: Document) -> Iterator[tuple[str, str]]:
    """Return the keys, at any depth, that would load attention or expert code from the hub."""
    waiting: list[Any] = [config]
    while waiting:
        part = waiting.pop()
        if isinstance(part, list):
            waiting.extend(part)
        elif isinstance(part, dict):
            waiting.extend(part.values())
            for key, value in part.items():
                if _IMPLEMENTATION in key:
                    yield from ((key, text) for text in _texts(value) if "/" in text)


def _texts(value: Any) -> Iterator[str]:
    """Return all texts in a value."""
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, str):
            yield part
        elif isinstance(part, list):
            waiting.extend(part)
        elif isinstance(part, dict):
            waiting.extend(part.values())
