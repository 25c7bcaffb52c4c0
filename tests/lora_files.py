"""Folders that look like LoRAs by peft, written without it: configuration, and weights of zeros."""

import json
import math
import struct
from pathlib import Path
from typing import Any

LANGUAGE = "base_model.model.model.text_model.layers.0.self_attn.q_proj"
VISION = "base_model.model.model.vision_model.encoder.layers.0.self_attn.q_proj"


def write_safetensors(file: Path, shapes: dict[str, tuple[int, ...]]) -> None:
    """Write a file of tensors of zeros at 32 bits."""
    header, at = {}, 0
    for name, shape in shapes.items():
        size = 4 * math.prod(shape)
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(header).encode()
    file.write_bytes(struct.pack("<Q", len(text)) + text + bytes(at))


def lora_folder(folder: Path, *modules: str, rank: int = 4, **config: Any) -> Path:
    """Make a LoRA's folder.

    Args:
        folder: to be made.
        modules: that it changes, by their whole names.
        rank: of each.
        config: further settings.
    """
    folder.mkdir(parents=True)
    said = {"peft_type": "LORA", "r": rank, "lora_alpha": 8, "target_modules": ["q_proj"], "bias": "none"}
    (folder / "adapter_config.json").write_text(json.dumps(said | config))
    shapes: dict[str, tuple[int, ...]] = {}
    for module in modules:
        shapes[f"{module}.lora_A.weight"] = (rank, 1024)
        shapes[f"{module}.lora_B.weight"] = (1024, rank)
    write_safetensors(folder / "adapter_model.safetensors", shapes)
    return folder
