"""Which files are a checkpoint's weights, and what is said of checkpoints that lack some or all of them."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from fada_tui.core.errors import ErrorKind, ModelLoadError
from fada_tui.core.protocol import Load
from fada_tui.core.records import ModelEntry
from fada_tui.models.checkpoint import measure
from fada_tui.models.weight_files import WeightFiles, choose, held, of_folder
from fada_tui.runs.preflight.inspection import look
from fada_tui.worker.loading.load import load
from tests.conftest import Program
from tests.refused import Damage, as_pickle, damaged

INDEX = "model.safetensors.index.json"
SHARDS = ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")
POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'a' * 64}\nsize 1015025832\n"


def sharded(folder: Path, shards: tuple[str, str] = SHARDS) -> None:
    """Save the weights in two files, with the index that names them."""
    tensors = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    halves = sorted(tensors)[::2], sorted(tensors)[1::2]
    for shard, names in zip(shards, halves, strict=True):
        save_file({name: tensors[name] for name in names}, folder / shard, metadata={"format": "pt"})
    weights = {name: shard for shard, names in zip(shards, halves, strict=True) for name in names}
    (folder / INDEX).write_text(json.dumps({"metadata": {}, "weight_map": weights}))


def with_stale_shards(folder: Path) -> None:
    """Leave the files of two earlier savings, in other numbers, beside those that the index names."""
    whole = (folder / "model.safetensors").read_bytes()
    sharded(folder)
    for number in range(1, 4):
        (folder / f"model-0000{number}-of-00003.safetensors").write_bytes(whole)
    (folder / "model-00001-of-00001.safetensors").write_bytes(whole)


def without_a_shard(folder: Path) -> None:
    sharded(folder)
    (folder / SHARDS[1]).unlink()


def without_its_index(folder: Path) -> None:
    sharded(folder)
    (folder / INDEX).unlink()


def with_a_broken_index(folder: Path) -> None:
    sharded(folder)
    (folder / INDEX).write_text("{")


def a_pointer(name: str) -> Damage:
    def damage(folder: Path) -> None:
        (folder / name).write_text(POINTER)

    damage.__name__ = f"pointer-{name}"
    return damage


def pointers_for_shards(folder: Path) -> None:
    sharded(folder)
    for name in SHARDS:
        (folder / name).write_text(POINTER)


def as_gguf(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    (folder / "model-Q4_K_M.gguf").write_bytes(b"GGUF\x03\x00\x00\x00")


def as_gguf_alone(folder: Path) -> None:
    for file in folder.iterdir():
        file.unlink()
    (folder / "model-Q4_K_M.gguf").write_bytes(b"GGUF\x03\x00\x00\x00")


def as_adapter(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "adapter_model.safetensors")
    (folder / "adapter_config.json").write_text(
        json.dumps({"peft_type": "LORA", "base_model_name_or_path": "owner/the-base"})
    )


def as_adapter_alone(folder: Path) -> None:
    as_adapter(folder)
    (folder / "config.json").unlink()


def as_pickled_adapter(folder: Path) -> None:
    as_adapter(folder)
    (folder / "adapter_model.safetensors").unlink()
    torch.save({}, folder / "adapter_model.bin")


def as_another_framework(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "tf_model.h5")


def cut_short(folder: Path) -> None:
    data = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(data[: len(data) // 2])


def with_a_shape_of_text(folder: Path) -> None:
    data = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(data.replace(b'"shape":[64]', b'"shape":"64"', 1))


def with_a_size_of_text(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    config["text_config"]["num_hidden_layers"] = str(config["text_config"]["num_hidden_layers"])
    (folder / "config.json").write_text(json.dumps(config))


def without_tokenizer(folder: Path) -> None:
    (folder / "tokenizer.json").unlink()


def of_a_training(folder: Path) -> None:
    """Move the model into the numbered folders in which a training leaves it."""
    for step in ("900", "1000"):
        inner = folder / f"checkpoint-{step}"
        inner.mkdir()
        for file in [one for one in folder.iterdir() if one.is_file()]:
            shutil.copy(file, inner / file.name)
    (folder / "runs").mkdir()
    for file in [one for one in folder.iterdir() if one.is_file()]:
        file.unlink()
    (folder / "training_args.bin").write_bytes(b"a pickle")


def of_a_training_with_the_config(folder: Path) -> None:
    config = (folder / "config.json").read_bytes(), (folder / "processor_config.json").read_bytes()
    rest = {name: (folder / name).read_bytes() for name in ("tokenizer.json", "chat_template.jinja")}
    of_a_training(folder)
    (folder / "config.json").write_bytes(config[0])
    (folder / "processor_config.json").write_bytes(config[1])
    for name, data in rest.items():
        (folder / name).write_bytes(data)


MISMATCH = ErrorKind.WEIGHTS_MISMATCH
REFUSED = [
    (a_pointer("model.safetensors"), ErrorKind.LOAD, ("safetensors is a Git LFS pointer", "git lfs pull")),
    (a_pointer("tokenizer.json"), ErrorKind.LOAD, ("tokenizer.json is a Git LFS pointer", "hf download")),
    (a_pointer("config.json"), ErrorKind.LOAD, ("config.json is a Git LFS pointer",)),
    (a_pointer("chat_template.jinja"), ErrorKind.LOAD, ("chat_template.jinja is a Git LFS pointer",)),
    (pointers_for_shards, ErrorKind.LOAD, (f"{SHARDS[0]} is a Git LFS pointer",)),
    (without_a_shard, MISMATCH, ("is incomplete: 1 of 2", INDEX, SHARDS[1], "download")),
    (without_its_index, MISMATCH, ("no weights of a kind that can be read", SHARDS[0])),
    (with_a_broken_index, MISMATCH, (f"{INDEX} names no weights",)),
    (as_gguf, MISMATCH, ("no weights of a kind that can be read", "model-Q4_K_M.gguf", "--engine llama.cpp")),
    (as_gguf_alone, ErrorKind.NOT_FOUND, ("holds GGUF files", "--engine llama.cpp")),
    (as_adapter, MISMATCH, ("is an adapter of owner/the-base", "merge_and_unload")),
    (as_adapter_alone, MISMATCH, ("is an adapter of owner/the-base", "save_pretrained")),
    (as_pickled_adapter, MISMATCH, ("is an adapter of owner/the-base",)),
    (as_another_framework, MISMATCH, ("no weights of a kind that can be read (it has tf_model.h5)",)),
    (cut_short, MISMATCH, ("safetensors: it ends before its last weight", "download")),
    (with_a_shape_of_text, MISMATCH, ("weights are damaged", "model.safetensors", "no shape")),
    (with_a_size_of_text, ErrorKind.ARCHITECTURE_UNKNOWN, ("'num_hidden_layers' expected int, got str",)),
    (as_pickle, ErrorKind.PICKLE_REFUSED, ("--allow-pickle",)),
    (without_tokenizer, ErrorKind.PROCESSOR_MISSING, ("has no tokenizer", "processor.save_pretrained")),
    (of_a_training, ErrorKind.NOT_FOUND, ("checkpoint-900, checkpoint-1000", "/checkpoint-1000")),
    (of_a_training_with_the_config, MISMATCH, ("checkpoint-900, checkpoint-1000", "/checkpoint-1000")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("damage", "kind", "words"), REFUSED, ids=[damage.__name__ for damage, _, _ in REFUSED]
)
def test_what_the_files_lack_is_told_before_and_while_loading(
    damage: Damage, kind: ErrorKind, words: tuple[str, ...], tiny: Path, tmp_path: Path
) -> None:
    folder = damaged(tiny, tmp_path / "lacking", damage)
    entry = ModelEntry(name="m", source=str(folder))
    with pytest.raises(ModelLoadError) as caught:
        load(Load(model=entry, device="cpu", trust_remote_code=False, allow_pickle=False), print)
    assert caught.value.kind == kind and "\n" not in str(caught.value)
    assert all(word in str(caught.value) for word in words), caught.value
    found = look(entry, max_new_tokens=1, ask_hub=False)
    assert [one.message for one in found.obstacles] == [str(caught.value)]


@pytest.mark.worker
def test_shards_of_earlier_savings_are_neither_read_nor_counted(
    program: Program, tiny: Path, images: Path, tmp_path: Path
) -> None:
    folder = damaged(tiny, tmp_path / "stale", with_stale_shards)
    alone, beside = measure(tiny), measure(folder)
    assert alone and beside and beside.parameters == alone.parameters
    found = look(ModelEntry(name="m", source=str(folder)), max_new_tokens=1, ask_hub=False)
    assert found.weighed.parameters == alone.parameters and not found.obstacles
    assert found.download == sum((folder / name).stat().st_size for name in SHARDS)
    done, _ = program.batch("--model", folder, "--images", images, "--limit", "1", "--max-new-tokens", "2")
    assert done.returncode == 0, done.stderr


def test_the_files_are_chosen_as_transformers_chooses_them() -> None:
    whole, index = "model.safetensors", {INDEX: SHARDS}
    assert choose([whole, INDEX, *SHARDS], index).names == (whole,)
    assert choose([INDEX, *SHARDS], index) == WeightFiles(SHARDS, INDEX)
    assert choose([INDEX, SHARDS[0]], index).missing == (SHARDS[1],)
    assert choose([*SHARDS, "pytorch_model.bin"], {}).names == ()
    assert choose(["pytorch_model.bin"], {}, allow_pickle=True).pickled
    assert choose([whole, "mine.safetensors"], {}, explicit="mine.safetensors").names == ("mine.safetensors",)
    assert choose([whole], {}, explicit="mine.safetensors").missing == ("mine.safetensors",)


def test_what_is_not_chosen_is_weighed_all_the_same() -> None:
    nothing = WeightFiles()
    assert held(nothing, ["consolidated.safetensors", *SHARDS]) == SHARDS
    assert held(nothing, ["other.safetensors", "config.json"]) == ("other.safetensors",)
    assert held(nothing, ["adapter_model.safetensors", "training_args.bin", "x.pt"]) == ("x.pt",)
    stale = [f"model-0000{number}-of-00003.safetensors" for number in (1, 2, 3)]
    assert held(nothing, [SHARDS[0], *stale]) == tuple(stale)


def test_a_training_s_other_files_are_not_the_model_s(tiny: Path, tmp_path: Path) -> None:
    folder = damaged(tiny, tmp_path / "trained", a_pointer("trainer_state.json"))
    (folder / "optimizer.bin").write_text(POINTER)
    (folder / "pytorch_model.bin").write_text(POINTER)
    assert of_folder(folder, allow_pickle=True).names == ("model.safetensors",)
    assert not look(ModelEntry(name="m", source=str(folder)), max_new_tokens=1, ask_hub=False).obstacles
