"""Which LoRA may go with an engine, by its files."""

from pathlib import Path
from typing import Any

import pytest

from fada_tui.config.engines import ENGINES
from fada_tui.core.errors import UsageError
from fada_tui.core.records import ModelEntry
from fada_tui.models import lora_errors
from fada_tui.models.lora_files import hashes
from fada_tui.runs.engines.lora import is_of_language, lora_of
from tests.gguf_files import write_gguf
from tests.lora_files import LANGUAGE, VISION, lora_folder


def entry(lora: Path | str | None) -> ModelEntry:
    return ModelEntry(name="base+mine", source="/models/base", lora=None if lora is None else str(lora))


@pytest.mark.parametrize(
    "module",
    [
        LANGUAGE,
        "base_model.model.model.layers.11.mlp.gate_proj",
        "base_model.model.language_model.model.layers.3.self_attn.o_proj",
        "base_model.model.model.language_model.layers.3.mlp.down_proj",
        "base_model.model.language_model.model.decoder.layers.3.fc1",
        "base_model.model.llm.model.layers.0.self_attn.k_proj",
        "base_model.model.transformer.h.0.attn.c_attn",
    ],
)
def test_layers_of_language_models_are_known(module: str) -> None:
    assert is_of_language(f"{module}.lora_A.weight") and is_of_language(f"{module}.lora_B.default.weight")


@pytest.mark.parametrize(
    "tensor",
    [
        f"{VISION}.lora_A.weight",
        "base_model.model.visual.blocks.0.attn.qkv.lora_A.weight",
        "base_model.model.model.visual.merger.mlp.0.lora_A.weight",
        "base_model.model.vision_tower.vision_model.encoder.layers.0.mlp.fc1.lora_B.weight",
        "base_model.model.model.connector.modality_projection.proj.lora_A.weight",
        "base_model.model.multi_modal_projector.linear_1.lora_A.weight",
        "base_model.model.qformer.encoder.layer.0.attention.attention.query.lora_A.weight",
        "base_model.model.vpm.encoder.layers.0.self_attn.q_proj.lora_A.weight",
        "base_model.model.audio_tower.layers.0.self_attn.q_proj.lora_A.weight",
        "base_model.model.lm_head.lora_A.weight",
        "base_model.model.model.embed_tokens.lora_embedding_A",
        f"{LANGUAGE}.lora_magnitude_vector",
        f"{LANGUAGE}.base_layer.weight",
    ],
)
def test_what_engines_drop_is_none_of_them(tensor: str) -> None:
    assert not is_of_language(tensor)


@pytest.mark.parametrize("engine", ["vllm", "sglang"])
def test_a_lora_of_the_language_model_goes_with_an_engine(engine: str, tmp_path: Path) -> None:
    folder = lora_folder(tmp_path / "lora", LANGUAGE, rank=12)
    found = lora_of(engine, entry(folder))
    assert found is not None
    assert (found.path, found.rank) == (folder, 12)
    assert found.facts.source == str(folder) and found.facts.sha256 == hashes(folder)
    assert (found.facts.rank, found.facts.targets, found.facts.peft) == (12, ("q_proj",), None)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_model_without_one_has_none(engine: str) -> None:
    assert lora_of(engine, entry(None)) is None


@pytest.mark.parametrize("engine", ["vllm", "sglang"])
@pytest.mark.parametrize("modules", [(VISION,), (LANGUAGE, VISION), ("base_model.model.lm_head",), ()])
def test_one_that_changes_more_is_refused_by_name(
    engine: str, modules: tuple[str, ...], tmp_path: Path
) -> None:
    folder = lora_folder(tmp_path / "lora", *modules)
    with pytest.raises(UsageError) as refused:
        lora_of(engine, entry(folder))
    said = str(refused.value)
    assert f"{engine} applies a LoRA to these alone: leave --engine out" in said and "\n" not in said
    assert not modules or f"such as {modules[-1]}.lora_A.weight" in said


@pytest.mark.parametrize(
    ("setting", "refusing"),
    [
        ({"use_dora": True}, ("vllm", "sglang")),
        ({"modules_to_save": ["lm_head"]}, ("vllm", "sglang")),
        ({"bias": "all"}, ("vllm", "sglang")),
        ({"rank_pattern": {"q_proj": 8}}, ("vllm", "sglang")),
        ({"alpha_pattern": {"q_proj": 8}}, ("vllm", "sglang")),
        ({"use_rslora": True}, ("sglang",)),
        ({"use_rslora": False, "modules_to_save": None, "rank_pattern": {}}, ()),
        ({"layers_to_transform": [0], "lora_dropout": 0.1}, ()),
    ],
)
def test_settings_that_engines_do_not_follow_are_refused(
    setting: dict[str, Any], refusing: tuple[str, ...], tmp_path: Path
) -> None:
    folder = lora_folder(tmp_path / "lora", LANGUAGE, **setting)
    for engine in ("vllm", "sglang"):
        if engine not in refusing:
            assert lora_of(engine, entry(folder))
            continue
        with pytest.raises(UsageError, match=f"sets {next(iter(setting))}, which {engine} does not follow"):
            lora_of(engine, entry(folder))


def test_one_that_is_refused_for_our_own_worker_is_refused_likewise(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"holds no adapter_config\.json"):
        lora_of("vllm", entry(tmp_path))
    pickled = lora_folder(tmp_path / "pickled", LANGUAGE)
    (pickled / "adapter_model.safetensors").rename(pickled / "adapter_model.bin")
    with pytest.raises(UsageError, match="pickles can run code"):
        lora_of("vllm", entry(pickled))


def test_one_that_is_merged_into_its_model_already_is_not_applied_twice(tmp_path: Path) -> None:
    """A merged folder in which the LoRA's own files were left."""
    folder = lora_folder(tmp_path / "merged", LANGUAGE)
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes((folder / "adapter_model.safetensors").read_bytes())
    merged = ModelEntry(name="base+mine", source=str(folder), lora=str(folder))
    with pytest.raises(UsageError, match=str(lora_errors.merged_already("base[+]mine", str(folder)))):
        lora_of("vllm", merged)


def test_one_of_the_hub_has_to_be_here(tmp_path: Path) -> None:
    environ = {"HF_HOME": str(tmp_path)}
    with pytest.raises(UsageError, match=r"its LoRA is not on this machine: hf download owner/mine$"):
        lora_of("vllm", entry("owner/mine"), environ=environ)
    folder = tmp_path / "hub" / "models--owner--mine" / "snapshots" / ("a" * 40)
    folder.parent.mkdir(parents=True)
    lora_folder(folder, LANGUAGE)
    (tmp_path / "hub" / "models--owner--mine" / "refs").mkdir()
    (tmp_path / "hub" / "models--owner--mine" / "refs" / "main").write_text("a" * 40)
    found = lora_of("vllm", entry("owner/mine"), environ=environ)
    assert found is not None and found.path == folder
    assert (found.facts.source, found.facts.revision) == ("owner/mine", "a" * 40)


def test_other_files_than_a_run_was_made_with_are_refused(tmp_path: Path) -> None:
    folder = lora_folder(tmp_path / "lora", LANGUAGE)
    assert lora_of("vllm", entry(folder), hashes(folder))
    known = hashes(folder) | {"adapter_model.safetensors": "0" * 64}
    with pytest.raises(UsageError, match=r"another than the one the run was made with \(adapter_model"):
        lora_of("vllm", entry(folder), known)


def test_llama_cpp_takes_one_gguf_file(tmp_path: Path) -> None:
    file = write_gguf(tmp_path / "mine.gguf", general_type="adapter")
    found = lora_of("llama.cpp", entry(tmp_path))
    assert found is not None and found.path == file and list(found.facts.sha256) == ["mine.gguf"]
    write_gguf(tmp_path / "other.gguf", general_type="adapter")
    with pytest.raises(UsageError, match=r"holds 2 GGUF files, and llama\.cpp takes one"):
        lora_of("llama.cpp", entry(tmp_path))


@pytest.mark.parametrize(
    ("name", "said", "message"),
    [
        ("mine.gguf", {"general_type": "model"}, r"is no LoRA: its header calls it model"),
        ("mine.gguf", {}, r"is no LoRA: its header calls it nothing"),
        ("mine.gguf", {"general_type": "adapter", "tensors": 0}, "holds nothing: its conversion keeps"),
        ("a,b.gguf", {"general_type": "adapter"}, "takes a comma in .* for the end of a name"),
    ],
)
def test_what_llama_cpp_would_not_apply_is_refused(
    name: str, said: dict[str, Any], message: str, tmp_path: Path
) -> None:
    write_gguf(tmp_path / name, **said)
    with pytest.raises(UsageError, match=message):
        lora_of("llama.cpp", entry(tmp_path))


def test_a_lora_by_peft_is_none_for_llama_cpp(tmp_path: Path) -> None:
    folder = lora_folder(tmp_path / "lora", LANGUAGE)
    with pytest.raises(UsageError, match=r"is no GGUF file, and llama\.cpp takes one.*convert_lora_to_gguf"):
        lora_of("llama.cpp", entry(folder))
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "a.gguf").write_bytes(b"PK")
    with pytest.raises(UsageError, match=r"its LoRA cannot be used: .* is no GGUF file"):
        lora_of("llama.cpp", entry(tmp_path / "broken"))
