"""The loader and what is told before loading weigh a model by the same functions."""

from typing import Any

import pytest

from fada_tui.core.records import ModelEntry
from fada_tui.models.checkpoint import CheckpointFiles, Tensor
from fada_tui.models.installed import Adapters, Installed, transformers_tables
from fada_tui.models.memory import precision_of, weigh, weights_at
from fada_tui.models.obstacles import Candidate
from fada_tui.models.requirements import of_checkpoint

TENSORS = (
    Tensor("model.embed_tokens.weight", "BF16", (100, 64)),
    Tensor("model.layers.0.q_proj.weight", "BF16", (64, 64)),
    Tensor("talker.model.layers.0.q_proj.weight", "BF16", (1000, 64)),
)


def files(
    config: dict[str, Any], tensors: tuple[Tensor, ...] | None = TENSORS, **sizes: int
) -> CheckpointFiles:
    names = {
        name.replace("_safe", ".safetensors").replace("_bin", ".bin"): size for name, size in sizes.items()
    }
    return CheckpointFiles(origin="folder", sizes=names, documents={"config.json": config}, tensors=tensors)


def loaded(read: CheckpointFiles, precision: str) -> int | None:
    return weights_at(read, weigh(read, None), precision).get(precision)


@pytest.mark.parametrize(
    ("entry", "config", "expected"),
    [
        ({}, {"dtype": "bfloat16"}, 2 * (100 * 64 + 64 * 64)),
        ({"dtype": "float32"}, {"dtype": "bfloat16"}, 4 * (100 * 64 + 64 * 64)),
        ({"quantization": "8bit"}, {"dtype": "bfloat16"}, 2 * 100 * 64 + 64 * 64),
        ({"quantization": "4bit"}, {"dtype": "bfloat16"}, 2 * 100 * 64 + int(64 * 64 * (0.5 + 4 / 64))),
        ({"quantization": "4bit"}, {"quantization_config": {"quant_method": "gptq"}}, 5_000),
    ],
    ids=["its own precision", "float32", "8bit", "4bit", "saved quantised"],
)
def test_the_loader_needs_what_was_told_before(entry: Any, config: Any, expected: int) -> None:
    model = ModelEntry(name="m", source="a/b", **entry)
    read = files({"model_type": "llava", **config}, model_safe=5_000)
    here = Installed(transformers=transformers_tables(), adapters=Adapters(prompted=frozenset()))
    told = of_checkpoint(
        model,
        Candidate(name="m", where="a/b", files=read, here=here, trusted=False, allow_pickle=False),
        max_new_tokens=1,
    )
    precision = precision_of(read, model.dtype, model.quantization)
    assert told.need and told.precision == precision is not None
    assert loaded(read, precision) == told.need.weights == expected


def test_weights_that_a_speaking_model_does_not_read_are_not_weighed() -> None:
    assert weigh(files({}), None).parameters == 100 * 64 + 64 * 64


def test_pickles_are_weighed_by_their_size_in_the_precision_they_say() -> None:
    pickled = files({"dtype": "float16"}, None, model_bin=2_000)
    assert loaded(pickled, "float32") == 4_000
    assert loaded(pickled, "float16") == 2_000


def test_what_is_unknown_refuses_nothing() -> None:
    assert loaded(files({}, None), "float32") is None
    assert loaded(files({"dtype": "float8_e4m3fn"}), "float8_e4m3fn") is None
    assert precision_of(files({}, None), "auto", None) is None
    assert weights_at(files({}), weigh(files({}), None), None).keys() == {
        "float32",
        "bfloat16",
        "8bit",
        "4bit",
    }
