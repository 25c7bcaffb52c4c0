"""The description of a checkpoint by its files, read without torch and without the weights."""

import math
import os
import re
import struct
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

from msgspec import Struct

from fada_tui.core.bounded import oddity, read_small
from fada_tui.core.errors import reason
from fada_tui.core.json_data import MalformedError, parse_json
from fada_tui.models import model_config
from fada_tui.models.documents import Document, read_document
from fada_tui.models.file_checks import trouble
from fada_tui.models.load_errors import Refusal
from fada_tui.models.weight_files import (
    CONFIG,
    EXPLICIT,
    SAFE,
    Indexes,
    WeightFiles,
    choose,
    held,
    of_folder,
    pickles,
    read_indexes,
)

LONGEST_HEADER = 100_000_000
"""The safetensors format's own bound, in bytes."""

MOST_DIMENSIONS = 32
"""Of a tensor; torch's own bound is 64, and models have five."""

ADAPTER = "adapter_config.json"
"""The file of an adapter (LoRA) made by PEFT."""

DOCUMENTS = (
    "config.json",
    "processor_config.json",
    "preprocessor_config.json",
    "video_preprocessor_config.json",
    "tokenizer_config.json",
    "generation_config.json",
    ADAPTER,
)
"""Small files that describe a model's architecture, prompt format and settings."""

CARD = "README.md"

_DTYPES = {"F32": "float32", "F16": "float16", "BF16": "bfloat16"}
"""torch's dtype names by those of the safetensors format."""

_NUMBERED = re.compile(r"\d+")
_LICENSE = re.compile(r"^license:[ \t]*['\"]?([^\s'\"#\[]+)", re.MULTILINE)


class Tensor(Struct, frozen=True, array_like=True):
    """A tensor of a weights file."""

    name: str
    dtype: str
    """The dtype in the format's notation: `F32`, `BF16` …"""
    shape: tuple[int, ...]

    @property
    def elements(self) -> int:
        """Return the number of elements."""
        return math.prod(self.shape)


class CheckpointFiles(Struct, frozen=True, kw_only=True):
    """A checkpoint described by its files, on this machine or on the hub."""

    origin: Literal["folder", "cache", "hub", "list"]
    """Where the files are; `list` if they are out of reach and only the model list describes the model."""
    sizes: Mapping[str, int]
    """Bytes by file name, of the files beside `config.json`."""
    documents: Mapping[str, Document]
    """The available and readable files of `DOCUMENTS`."""
    tensors: tuple[Tensor, ...] | None = None
    """Tensors in the headers of its safetensors files; `None` if these are unknown."""
    damage: str | None = None
    """Why a file of its weights cannot be read."""
    indexes: Indexes = {}
    """Its index files, by name."""
    inside: tuple[str, ...] = ()
    """Folders within its own that hold a checkpoint, as a training leaves them."""
    revision: str | None = None
    gated: bool | None = None
    license: str | None = None
    trouble: Refusal | None = None
    """The reason why its local files must not be read, if there is one."""

    @property
    def config(self) -> Document:
        """Return its `config.json`; empty if there is none that can be read."""
        return self.documents.get("config.json", {})

    @property
    def dtype(self) -> str | None:
        """Return the precision in which it was saved, as `own_dtype`."""
        return own_dtype(self.config, self.tensors or ())

    def dtype_to_load(self, asked: str) -> str:
        """Return the precision to load it in; `auto` is its own, or `float32` if that is unknown."""
        return asked if asked != "auto" else self.dtype or "float32"

    def weights(self, *, allow_pickle: bool = False) -> WeightFiles:
        """Return the files that its weights are read from; they may be pickles if that is allowed."""
        explicit = self.config.get(EXPLICIT)
        return choose(self.sizes, self.indexes, explicit=explicit, allow_pickle=allow_pickle)

    @property
    def pickled(self) -> tuple[str, ...]:
        """Return the names of its weights if these are pickles; empty where there are others."""
        return pickles(held(self.weights(allow_pickle=True), self.sizes))

    @property
    def weight_bytes(self) -> int | None:
        """Return the bytes of its weights on disk; of the pickles if there are no others."""
        names = held(self.weights(allow_pickle=True), self.sizes)
        return sum(self.sizes[name] for name in names) if names else None


class Probed(Struct, frozen=True):
    """The hub's answer about a repository: its files, and the reason if it is incomplete."""

    files: CheckpointFiles | None
    refusal: Refusal | None


class Size(Struct, frozen=True):
    """The size and precision of a checkpoint folder."""

    parameters: int
    dtype: str | None
    """As `own_dtype`."""


def measure(folder: Path) -> Size | None:
    """Return a local checkpoint's size; `None` if the folder holds no readable safetensors."""
    try:
        tensors = [tensor for file in _weights_in(folder) for tensor in header(file)]
    except (OSError, ValueError):
        return None
    config = read_document(folder / "config.json")
    if config is None or not tensors:
        return None
    return Size(sum(tensor.elements for tensor in tensors), own_dtype(config, tensors))


def damage(folder: Path) -> str | None:
    """Return why a local checkpoint cannot be read, on one line; `None` if it can, or is not there."""
    if not os.path.isdir(folder):  # noqa: PTH112 - says no where Path raises
        return None
    try:
        for file in _weights_in(folder):
            if file.suffix == SAFE:
                header(file)
    except (OSError, ValueError) as error:
        return reason(error).replace(f"{folder}/", "")
    try:
        parse_json(read_small(folder / CONFIG))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        return f"{CONFIG}: {reason(error)}"
    return None


def _weights_in(folder: Path) -> list[Path]:
    return [folder / name for name in held(of_folder(folder), [file.name for file in folder.iterdir()])]


def own_dtype(config: Document, tensors: Sequence[Tensor]) -> str | None:
    """Return the precision in which a checkpoint was saved, by torch's name; `None` if unknown.

    The configuration's word comes first, then that of the language model's part in it; where neither says
    anything, it is that of most of the weights themselves.

    Args:
        config: as `config.json` has it.
        tensors: from the headers of its weights, where they are known.
    """
    if said := model_config.dtype(config):
        return said
    counted: Counter[str] = Counter()
    for tensor in tensors:
        if name := _DTYPES.get(tensor.dtype):
            counted[name] += tensor.elements
    return max(counted, key=counted.__getitem__, default=None)


def read_folder(
    folder: Path, origin: Literal["folder", "cache"], *, allow_pickle: bool = False
) -> CheckpointFiles:
    """Return the description of a folder's files; a file that cannot be read counts as missing.

    Args:
        folder: the checkpoint's.
        origin: where that lies.
        allow_pickle: its weights may be pickles.

    Raises:
        OSError: the folder cannot be listed.
    """
    sizes = {file.name: file.stat().st_size for file in sorted(folder.iterdir()) if file.is_file()}
    documents = {name: found for name in DOCUMENTS if (found := read_document(folder / name)) is not None}
    indexes = read_indexes(folder, sizes)
    weights = choose(sizes, indexes, explicit=documents.get(CONFIG, {}).get(EXPLICIT))
    headers = () if weights.missing else [folder / name for name in held(weights, sizes)]
    tensors, damaged = read_headers(headers)
    return CheckpointFiles(
        origin=origin,
        sizes=sizes,
        documents=documents,
        tensors=tensors,
        damage=damaged,
        revision=folder.name if folder.parent.name == "snapshots" else None,
        license=_license(folder / CARD),
        indexes=indexes,
        inside=tuple(_inside(folder)),
        trouble=trouble(folder, allow_pickle=allow_pickle),
    )


def header(file: Path) -> Sequence[Tensor]:
    """Return the tensors of a safetensors file.

    Format: eight bytes of header length, little-endian, then the header as JSON
    (https://github.com/huggingface/safetensors#format).

    Raises:
        ValueError: the file is no such file, or damaged, which one line says.
        OSError: it cannot be read.
    """
    status = file.stat()
    try:
        if why := oddity(status):
            raise ValueError(f"{file}: {why}")
        with file.open("rb") as stream:
            (length,) = struct.unpack("<Q", stream.read(8))
            if length > LONGEST_HEADER:
                raise ValueError(f"{file}: header too long")
            found = parse_json(stream.read(length))
        found.pop("__metadata__", None)
        tensors = [_tensor(name, said) for name, said in found.items()]
        promised = max((_end(said) for said in found.values()), default=0)
    except (struct.error, MalformedError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{file}: {reason(error)}") from error
    if status.st_size < 8 + length + promised:
        raise ValueError(f"{file}: it ends before its last weight")
    return tensors


def _tensor(name: str, said: Document) -> Tensor:
    dtype, shape = said["dtype"], said["shape"]
    whole = isinstance(shape, list) and all(type(size) is int and size >= 0 for size in shape)
    if not isinstance(dtype, str) or not whole or len(shape) > MOST_DIMENSIONS:
        raise TypeError(f"tensor {name[:80]!r} has no dtype or no shape")
    return Tensor(name, dtype, tuple(shape))


def _end(said: Document) -> int:
    """Return where a tensor's data ends, in bytes after the header."""
    offsets = said["data_offsets"]
    if not isinstance(offsets, list) or len(offsets) != 2 or type(offsets[1]) is not int:
        raise TypeError("a tensor has no place in the file")
    return offsets[1]


def read_headers(files: Iterable[Path]) -> tuple[tuple[Tensor, ...] | None, str | None]:
    """Return the tensors of some files, and why one of them cannot be read; of pickles neither is known."""
    try:
        return tuple(tensor for file in files if file.suffix == SAFE for tensor in header(file)) or None, None
    except (OSError, ValueError) as error:
        return None, reason(error)


def _inside(folder: Path) -> Iterator[str]:
    """Yield the folders within one that hold a checkpoint, those that a training numbers in their order."""
    inner = [one for one in folder.iterdir() if one.is_dir() and not one.name.startswith(".")]
    inner.sort(key=lambda one: [int(number) for number in _NUMBERED.findall(one.name)])
    for one in inner:
        if any((one / name).is_file() for name in ("config.json", ADAPTER)):
            yield one.name


def _license(card: Path) -> str | None:
    """Return the licence in a model card's front matter."""
    try:
        text = read_small(card).decode("utf-8", errors="replace")
    except OSError:
        return None
    front = text.removeprefix("---").partition("\n---")[0] if text.startswith("---") else ""
    found = _LICENSE.search(front)
    return found[1] if found else None
