"""Checks of a checkpoint's folder before anything is read from it, as its author may be malicious.

Looks at names, kinds, sizes and the small files that name others; reads no weight.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path, PurePath
from typing import Any

from fada_tui.core.bounded import SMALL, oddity
from fada_tui.core.errors import ErrorKind
from fada_tui.models import load_errors
from fada_tui.models.documents import Document, read_document
from fada_tui.models.load_errors import Refusal
from fada_tui.models.weight_files import INDEX, PICKLES, SAFE, WeightFiles, loose, of_folder

LARGE = 512 * 1024 * 1024
"""Maximum bytes of a tokenizer file."""

_SMALL = (".json", ".jinja")
_LARGE = ("tokenizer.json", "vocab.json", ".txt", ".model", ".ttf", ".spm", ".tiktoken")
_WEIGHTS = (SAFE, *PICKLES)
_NOTES = ("trainer_state.json", "all_results.json", "train_results.json", "eval_results.json")
"""What a training leaves beside a model, and nobody reads."""

_IMPLEMENTATION = "implementation"
"""Part of the keys that choose attention or expert code; a hub id there loads code from the hub."""

POINTER = b"version https://git-lfs.github.com/spec/"
"""How the text begins that Git LFS leaves in a large file's place (its specification bounds it to 1 KiB)."""

POINTER_BYTES = 1024


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
    weights = of_folder(folder, allow_pickle=allow_pickle)
    for name in weights.names:
        file = folder / (weights.named_by or str(name))
        if not _is_plain(name):
            message = load_errors.weights_elsewhere(str(file), str(name)[:200])
            yield Refusal(ErrorKind.WEIGHTS_MISMATCH, message)
        elif name.endswith(PICKLES) and not allow_pickle:
            yield Refusal(ErrorKind.PICKLE_REFUSED, load_errors.pickle_named(str(file), name))
        elif name not in weights.missing and not name.endswith(_WEIGHTS):
            yield Refusal(ErrorKind.WEIGHTS_MISMATCH, load_errors.weights_of_no_kind(str(file), name))
    for file in _read(files, weights):
        if is_pointer(file):
            yield Refusal(ErrorKind.LOAD, load_errors.lfs_pointer(str(file)))


def is_pointer(file: Path) -> bool:
    """Return whether Git LFS left a pointer in a file's place, as cloning without it does."""
    try:
        with file.open("rb") as stream:
            return file.stat().st_size <= POINTER_BYTES and stream.read(len(POINTER)) == POINTER
    except OSError:
        return False


def _read(files: Sequence[Path], weights: WeightFiles) -> Iterator[Path]:
    """Yield the files that are read on loading: what describes the model, then its weights."""
    named = weights.names or loose([file.name for file in files])
    for file in files:
        if file.name in named or (file.name.endswith((*_SMALL, *_LARGE)) and file.name not in _NOTES):
            yield file


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
