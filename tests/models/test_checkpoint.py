"""What a checkpoint's files say of it: one function decides on its precision, for all who ask."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from fada_tui.core.protocol import Load
from fada_tui.core.records import ModelEntry
from fada_tui.models.checkpoint import Tensor, measure, own_dtype
from fada_tui.runs.preflight.inspection import look
from fada_tui.worker.loading.load import load

HALF = Tensor("a.weight", "F16", (4, 4))
FULL = Tensor("b.weight", "F32", (2, 2))
PACKED = Tensor("c.weight", "I32", (99, 99))


@pytest.mark.parametrize(
    ("config", "tensors", "dtype"),
    [
        ({"dtype": "bfloat16", "text_config": {"dtype": "float16"}}, (FULL,), "bfloat16"),
        ({"torch_dtype": "torch.float16"}, (FULL,), "float16"),
        ({"text_config": {"torch_dtype": "bfloat16"}}, (FULL,), "bfloat16"),
        ({"text_config": {}}, (FULL, HALF, PACKED), "float16"),
        ({"dtype": None}, (FULL,), "float32"),
        ({}, (PACKED,), None),
        ({}, (), None),
    ],
)
def test_the_precision_that_a_checkpoint_was_saved_in(
    config: dict[str, Any], tensors: tuple[Tensor, ...], dtype: str | None
) -> None:
    assert own_dtype(config, tensors) == dtype


@pytest.mark.parametrize("said_in", ["config", "text_config", "weights"])
def test_the_loader_the_memory_and_the_list_have_one_precision(
    said_in: str, tiny: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(tiny, tmp_path / "half")
    weights = load_file(folder / "model.safetensors")
    halves = {name: tensor.to(torch.bfloat16) for name, tensor in weights.items()}
    save_file(halves, folder / "model.safetensors", metadata={"format": "pt"})
    config = json.loads((folder / "config.json").read_text())
    for part in (config, config["text_config"], config["vision_config"]):
        part.pop("dtype", None)
    if said_in != "weights":
        (config if said_in == "config" else config["text_config"])["dtype"] = "bfloat16"
    (folder / "config.json").write_text(json.dumps(config))

    entry = ModelEntry(name="m", source=str(folder))
    _, loaded = load(Load(model=entry, device="cpu", trust_remote_code=False, allow_pickle=False), print)
    told = look(entry, max_new_tokens=1, ask_hub=False)
    listed = measure(folder)
    assert loaded.model.dtype == told.dtype == told.precision == "bfloat16"
    assert listed and listed.dtype == "bfloat16"
    assert told.need and told.need.weights == 2 * sum(tensor.numel() for tensor in weights.values())
