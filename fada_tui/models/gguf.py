"""Folders of GGUF files, as llama.cpp reads them: which is the model, which its projector, what they say."""

import re
import struct
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from fada_tui.core.bounded import oddity
from fada_tui.core.errors import ErrorKind, reason
from fada_tui.models import gguf_errors
from fada_tui.models.load_errors import Refusal
from fada_tui.models.weight_files import CONFIG

SUFFIX = ".gguf"

_PROJECTOR = "mmproj"
"""What the names of projectors have in them, by which a language model sees images."""

_PART = re.compile(r"(?P<name>.*)-(?P<part>\d{5})-of-(?P<parts>\d{5})\.gguf", re.IGNORECASE)
"""A part of a model in several files; llama.cpp is told the first, and finds the others."""

_MOST_PARTS = 1000
"""Files of one model."""

_MAGIC = b"GGUF"
_VERSIONS = (2, 3)
_LONGEST = 2**20
"""Bytes of a header that are read: what is said of the model comes before its tokens."""

_MOST_KEYS = 10_000
_TEXT, _LIST = 8, 9
_NUMBERS = ("B", "b", "H", "h", "I", "i", "f", "?", None, None, "Q", "q", "d")
"""Formats of `struct` by the number of a value's type."""

_QUANTIZATIONS = {
    **{0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 7: "Q8_0", 8: "Q5_0", 9: "Q5_1", 10: "Q2_K", 11: "Q3_K_S"},
    **{12: "Q3_K_M", 13: "Q3_K_L", 14: "Q4_K_S", 15: "Q4_K_M", 16: "Q5_K_S", 17: "Q5_K_M", 18: "Q6_K"},
    **{19: "IQ2_XXS", 20: "IQ2_XS", 21: "Q2_K_S", 22: "IQ3_XS", 23: "IQ3_XXS", 24: "IQ1_S", 25: "IQ4_NL"},
    **{26: "IQ3_S", 27: "IQ3_M", 28: "IQ2_S", 29: "IQ2_M", 30: "IQ4_XS", 31: "IQ1_M", 32: "BF16"},
}
"""By the number that a file gives for how most of its weights are stored."""

ADAPTER_KIND = "adapter"
"""What a file says of itself that is a LoRA."""


class GgufFiles(Struct, frozen=True):
    """The GGUF files among a folder's names."""

    models: tuple[str, ...]
    """Names of models; of one in several files the first."""
    projectors: tuple[str, ...]
    missing: tuple[str, ...] = ()
    """Parts of a model in several files that are not there."""


class GgufHeader(Struct, frozen=True, kw_only=True):
    """What a GGUF file says of itself; `None` is not said."""

    architecture: str | None = None
    kind: str | None = None
    """`model`, `adapter`, `mmproj` …"""
    name: str | None = None
    quantization: str | None = None
    """How most of its weights are stored, as `Q4_K_M`."""
    license: str | None = None
    context: int | None = None
    """Most tokens of a prompt and its answer together."""
    tensors: int


def gguf_files(names: Collection[str]) -> GgufFiles | None:
    """Return the GGUF files of a folder that is no checkpoint in transformers' format; else `None`.

    Args:
        names: of all files in it.
    """
    found = sorted(name for name in names if name.lower().endswith(SUFFIX))
    if not found or CONFIG in names:
        return None
    parts = {name: part for name in found if (part := _part(name))}
    whole = {
        f"{part['name']}-{number:05d}-of-{part['parts']}{name[-len(SUFFIX) :]}"
        for name, part in parts.items()
        for number in range(1, int(part["parts"]) + 1)
    }
    first = [name for name in found if name not in parts or int(parts[name]["part"]) == 1]
    projectors = tuple(name for name in first if _PROJECTOR in name.lower())
    models = tuple(name for name in first if name not in projectors)
    return GgufFiles(models, projectors, tuple(sorted(whole.difference(found))))


def in_folder(folder: Path) -> GgufFiles | None:
    """Return the GGUF files of a folder; `None` if it is none of such files, or cannot be listed."""
    try:
        return gguf_files([file.name for file in folder.iterdir() if file.is_file()])
    except (OSError, ValueError):
        return None


def parts_of(model: str, names: Collection[str]) -> tuple[str, ...]:
    """Return the names of all files of a model, which is named by its first."""
    first = _part(model)
    if first is None:
        return (model,)
    found = ((name, _part(name)) for name in sorted(names))
    return tuple(name for name, part in found if part and part["name"] == first["name"])


def _part(name: str) -> re.Match[str] | None:
    """Return what a name says of a part of a model; `None` if it is none, or one of more than there are."""
    found = _PART.fullmatch(name)
    return found if found and int(found["parts"]) <= _MOST_PARTS else None


def refusal(name: str, where: str, files: GgufFiles | None, *, llama_cpp: bool) -> Refusal | None:
    """Return why a model cannot be served by what is to serve it, as far as GGUF files are concerned.

    Args:
        name: the model.
        where: its folder, or in words where its files are.
        files: its GGUF files; `None` if it is no folder of such files.
        llama_cpp: llama.cpp is to serve it, and nothing else reads them.
    """
    if not llama_cpp:
        return Refusal(ErrorKind.NOT_FOUND, gguf_errors.for_llama_cpp(where)) if files else None
    if files is None:
        return Refusal(ErrorKind.NOT_FOUND, gguf_errors.no_gguf(name, where))
    if files.missing:
        return Refusal(ErrorKind.WEIGHTS_MISMATCH, gguf_errors.incomplete(where, files.missing))
    if len(files.models) != 1:
        return Refusal(ErrorKind.WEIGHTS_MISMATCH, gguf_errors.models(where, files.models))
    if len(files.projectors) != 1:
        return Refusal(ErrorKind.PROCESSOR_MISSING, gguf_errors.projectors(where, files.projectors))
    return None


def read_header(file: Path) -> GgufHeader:
    """Return what a GGUF file says of itself, as far as that stands in the first MiB of it.

    Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md

    Raises:
        ValueError: it is no such file, which one line says.
        OSError: it cannot be read.
    """
    if why := oddity(file.stat()):
        raise ValueError(f"{file}: {why}")
    with file.open("rb") as stream:
        data = stream.read(_LONGEST)
    if data[:4] != _MAGIC:
        raise ValueError(f"{file} is no GGUF file")
    try:
        version, tensors, keys = struct.unpack_from("<IQQ", data, 4)
    except struct.error as error:
        raise ValueError(f"{file}: {reason(error)}") from error
    if version not in _VERSIONS:
        raise ValueError(f"{file} is a GGUF file of version {version}, of which nothing is known here")
    said = _Reader(data, 24).pairs(min(keys, _MOST_KEYS))
    architecture = _text(said, "general.architecture")
    stored = said.get("general.file_type")
    context = said.get(f"{architecture}.context_length")
    return GgufHeader(
        architecture=architecture,
        kind=_text(said, "general.type"),
        name=_text(said, "general.name"),
        quantization=_QUANTIZATIONS.get(stored) if isinstance(stored, int) else None,
        license=_text(said, "general.license"),
        context=context if type(context) is int else None,
        tensors=tensors,
    )


class _Reader:
    """Reads values one after another from a header's beginning."""

    def __init__(self, data: bytes, at: int) -> None:
        self._data = data
        self._at = at

    def pairs(self, number: int) -> dict[str, Any]:
        """Return keys and values up to where the data ends, or cannot be read; lists are passed over."""
        found: dict[str, Any] = {}
        try:
            for _ in range(number):
                key = self._string()
                found[key] = self._value(self._number("I"))
        except (struct.error, IndexError, TypeError):
            pass
        return found

    def _value(self, kind: int) -> Any:
        if kind == _TEXT:
            return self._string()
        if kind != _LIST:
            return self._number(_NUMBERS[kind] or "")
        inner, length = self._number("I"), self._number("Q")
        if inner == _TEXT:
            for _ in range(length):
                self._string()
        else:
            self._at += struct.calcsize(f"<{_NUMBERS[inner] or ''}") * length
        return None

    def _number(self, form: str) -> Any:
        (value,) = struct.unpack_from(f"<{form}", self._data, self._at)
        self._at += struct.calcsize(f"<{form}")
        return value

    def _string(self) -> str:
        length = self._number("Q")
        text = self._data[self._at : self._at + length]
        if len(text) < length:
            raise IndexError
        self._at += length
        return text.decode("utf-8", errors="replace")


def _text(said: Mapping[str, Any], key: str) -> str | None:
    value = said.get(key)
    return value if isinstance(value, str) and value.isprintable() and value.strip() else None
