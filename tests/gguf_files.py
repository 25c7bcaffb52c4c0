"""GGUF files for the tests: headers as the format has them, without weights."""

import struct
from pathlib import Path
from typing import Any

TYPES = {bool: (7, "?"), int: (4, "I"), float: (6, "f")}


def write_gguf(file: Path, *, tensors: int = 3, version: int = 3, size: int = 0, **said: Any) -> Path:
    """Write a GGUF file.

    Args:
        file: to be written.
        tensors: how many its header promises.
        version: of the format.
        size: bytes of it at least.
        said: what its header says; `_` stands for the dot behind `general`.
    """
    data = b"GGUF" + struct.pack("<IQQ", version, tensors, len(said))
    for key, value in said.items():
        data += string(key.replace("general_", "general.")) + as_value(value)
    file.write_bytes(data + bytes(max(size - len(data), 0)))
    return file


def string(text: str) -> bytes:
    return struct.pack("<Q", len(text.encode())) + text.encode()


def as_value(value: Any) -> bytes:
    if isinstance(value, str):
        return struct.pack("<I", 8) + string(value)
    if isinstance(value, list):
        inner = b"".join(string(one) if isinstance(one, str) else struct.pack("<I", one) for one in value)
        kind = 8 if value and isinstance(value[0], str) else 4
        return struct.pack("<IIQ", 9, kind, len(value)) + inner
    number, form = TYPES[type(value)]
    return struct.pack(f"<I{form}", number, value)


def gguf_folder(folder: Path, *, model: str = "tiny-Q4_K_M.gguf", projector: str = "mmproj-f16.gguf") -> Path:
    """Make a folder with a model and its projector."""
    folder.mkdir(parents=True, exist_ok=True)
    write_gguf(
        folder / model, size=2000, general_architecture="llama", general_type="model", general_file_type=15
    )
    write_gguf(folder / projector, size=500, general_architecture="clip", general_type="mmproj")
    return folder
