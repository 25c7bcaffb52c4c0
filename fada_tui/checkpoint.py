"""A checkpoint's size from the headers of its files, without torch and without reading a weight."""

import json
import math
import struct
from pathlib import Path

from msgspec import Struct

BYTES = {"float32": 4.0, "float16": 2.0, "bfloat16": 2.0, "8bit": 1.0, "4bit": 0.5}
"""Bytes per weight, by precision or quantisation."""

LONGEST_HEADER = 100_000_000
"""The safetensors format's own bound, in bytes."""


class Size(Struct, frozen=True):
    """What a checkpoint folder holds."""

    parameters: int
    dtype: str | None
    """As `config.json` names it."""


def measure(folder: Path) -> Size | None:
    """Return a local checkpoint's size; `None` where the folder holds no readable safetensors.

    Format: eight bytes of header length, little-endian, then the header as JSON
    (https://github.com/huggingface/safetensors#format).
    """
    try:
        shapes = [shape for file in folder.glob("*.safetensors") if _is_read(file) for shape in _shapes(file)]
        config = json.loads((folder / "config.json").read_bytes())
    except (OSError, ValueError, struct.error, KeyError, AttributeError):
        return None
    if not shapes:
        return None
    return Size(sum(math.prod(shape) for shape in shapes), config.get("dtype") or config.get("torch_dtype"))


def weight_bytes(parameters: int, dtype: str | None, quantization: str | None) -> int | None:
    """Bytes that the weights take once loaded; `None` where the precision is unknown."""
    each = BYTES.get(quantization or dtype or "")
    return None if each is None else int(parameters * each)


def _is_read(file: Path) -> bool:
    """Whether the worker reads it: the same weights may lie beside it in their makers' own format."""
    return not file.name.startswith("consolidated")


def _shapes(file: Path) -> list[list[int]]:
    with file.open("rb") as stream:
        (length,) = struct.unpack("<Q", stream.read(8))
        if length > LONGEST_HEADER:
            raise ValueError(f"{file}: header too long")
        header = json.loads(stream.read(length))
    return [tensor["shape"] for name, tensor in header.items() if name != "__metadata__"]
