"""What a checkpoint publishes beside its weights: followed, left out with a word, or refused on loading."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForImageTextToText

from fada_tui.core.errors import ErrorKind, ModelLoadError
from fada_tui.core.protocol import Load, Loaded
from fada_tui.core.records import ModelEntry
from fada_tui.runs.preflight.inspection import look
from fada_tui.worker.loading.load import load
from tests.conftest import Program
from tests.conftest import load as read_run
from tests.refused import Damage, change, damaged

GENERATION = "generation_config.json"


def publishing(**settings: Any) -> Damage:
    def damage(folder: Path) -> None:
        change(folder / GENERATION, **settings)

    damage.__name__ = "-".join(settings)
    return damage


def adapter_left(folder: Path) -> None:
    """An adapter that would change every answer, beside weights that it was merged into."""
    config = {"peft_type": "LORA", "base_model_name_or_path": "base", "r": 2, "target_modules": ["q_proj"]}
    (folder / "adapter_config.json").write_text(json.dumps(config))
    save_file({"base_model.model.x.lora_A.weight": torch.ones(2, 2)}, folder / "adapter_model.safetensors")


def flash_attention(folder: Path) -> None:
    text = json.loads((folder / "config.json").read_text())["text_config"]
    flash = {"_attn_implementation": "flash_attention_2"}
    change(folder / "config.json", attn_implementation="flash_attention_2", text_config=text | flash)


def flash_attention_of_a_part(folder: Path) -> None:
    vision = json.loads((folder / "config.json").read_text())["vision_config"]
    change(folder / "config.json", vision_config=vision | {"_attn_implementation": "flash_attention_3"})


def old_constants(folder: Path) -> None:
    """What older versions saved beside the weights."""
    tensors = load_file(folder / "model.safetensors")
    layer = "model.text_model.layers.0.self_attn"
    tensors[f"{layer}.rotary_emb.inv_freq"] = torch.ones(8)
    tensors[f"{layer}.masked_bias"] = torch.tensor(-1e4)
    tensors[f"{layer}.bias"] = torch.ones(1, 1, 64, 64, dtype=torch.uint8).tril()
    tensors["model.vision_model.embeddings.position_ids"] = torch.arange(16)[None]
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


def another_bias(folder: Path) -> None:
    """A weight that is called as a mask is."""
    tensors = load_file(folder / "model.safetensors")
    tensors["model.text_model.layers.0.self_attn.bias"] = torch.ones(64)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


def without_number_of_tokens(folder: Path) -> None:
    settings = json.loads((folder / "processor_config.json").read_text())
    del settings["image_seq_len"]
    (folder / "processor_config.json").write_text(json.dumps(settings))
    (folder / "model.safetensors").write_bytes(b"never read")


def loaded(folder: Path) -> tuple[Any, Loaded]:
    entry = ModelEntry(name="m", source=str(folder))
    return load(Load(model=entry, device="cpu", trust_remote_code=False, allow_pickle=False), print)


SAME: list[tuple[Damage, tuple[str, ...]]] = [
    (adapter_left, ("adapter_config.json", "not applied")),
    (flash_attention, ("flash_attention_2", "SDPA")),
    (flash_attention_of_a_part, ("flash_attention_3", "SDPA")),
    (old_constants, ()),
    (publishing(num_return_sequences=2), ("num_return_sequences=2", "left out")),
    (publishing(num_beams=3, num_return_sequences=2, early_stopping=True), ("num_beams=3",)),
    (publishing(num_beams=4, num_beam_groups=2, diversity_penalty=0.5), ("num_beam_groups=2",)),
    (publishing(penalty_alpha=0.6, top_k=4), ("penalty_alpha=0.6",)),
    (publishing(prompt_lookup_num_tokens=3), ("prompt_lookup_num_tokens=3",)),
    (publishing(assistant_early_exit=1), ("assistant_early_exit=1",)),
    (publishing(is_assistant=True, num_assistant_tokens=5), ()),
    (publishing(dola_layers="low"), ("dola_layers=low",)),
    (publishing(guidance_scale=3.0), ("guidance_scale=3.0",)),
    (publishing(token_healing=True), ("token_healing=True",)),
    (publishing(max_time=0.0001), ("max_time",)),
    (publishing(cache_implementation="paged"), ("cache_implementation=paged",)),
    (publishing(cache_implementation="quantized", cache_config={"backend": "quanto"}), ("quantized",)),
    (publishing(cache_implementation="static", max_cache_len=8), ("cache_implementation=static",)),
    (publishing(return_dict_in_generate=True, output_scores=True, output_attentions=True), ()),
    (publishing(max_length=3, max_new_tokens=1), ()),
]  # fmt: skip


@pytest.mark.worker
def test_answers_are_those_of_the_plain_checkpoint_and_what_is_left_out_is_said(
    program: Program, tiny: Path, images: Path, tmp_path: Path
) -> None:
    folders = [tiny, *(damaged(tiny, tmp_path / f"{n}", damage) for n, (damage, _) in enumerate(SAME))]
    models = [word for folder in folders for word in ("--model", str(folder))]
    done, said = program.batch(*models, "--images", images, "--limit", "2", "--max-new-tokens", "6")
    assert done.returncode == 0, done.stderr
    plain, *others = (read_run(Path(run["path"]))["results"] for run in said["runs"])
    for folder, results, (damage, words) in zip(folders[1:], others, SAME, strict=True):
        assert [one["response"] for one in results] == [one["response"] for one in plain], damage.__name__
        warnings = [line for line in done.stderr.splitlines() if line.startswith(f"warning: {folder.name}: ")]
        assert len(warnings) == bool(words), (damage.__name__, warnings)
        found = look(ModelEntry(name="m", source=str(folder)), max_new_tokens=1, ask_hub=False)
        assert not found.obstacles and len(found.remarks) == bool(words)
        for word in words:
            assert word in warnings[0] and word in found.remarks[0]
    shown = program.run("models", "show", folders[1])
    assert "Note:       an adapter (adapter_config.json)" in shown.stdout


@pytest.mark.worker
def test_stop_strings_end_answers(program: Program, tiny: Path, images: Path, tmp_path: Path) -> None:
    plain, said = program.batch("--model", tiny, "--images", images, "--max-new-tokens", "12")
    answers = [one["response"] for one in read_run(Path(said["runs"][0]["path"]))["results"]]
    assert plain.returncode == 0, plain.stderr
    middle = len(answers[0]) // 2
    stop = answers[0][middle : middle + 2]
    folder = damaged(tiny, tmp_path / "stopping", publishing(stop_strings=[stop]))
    for size in ("1", "4"):
        done, said = program.batch(
            "--model", folder, "--images", images, "--max-new-tokens", "12", "--batch-size", size
        )
        assert done.returncode == 0, done.stderr
        results = read_run(Path(said["runs"][0]["path"]))["results"]
        for result, answer in zip(results, answers, strict=True):
            assert answer.startswith(result["response"])
            assert (len(result["response"]) < len(answer)) == (result["finish"] == "stop")
            if result["finish"] == "stop":
                assert stop in result["response"]
        assert results[0]["finish"] == "stop"


def test_a_weight_that_is_called_as_a_mask_is_a_weight(tiny: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelLoadError, match=r"1 weights unexpected \(such as .*self_attn\.bias\)"):
        loaded(damaged(tiny, tmp_path / "bias", another_bias))


def test_no_adapter_is_applied_where_peft_is_installed(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("transformers.integrations.peft.is_peft_available", lambda: True)
    folder = damaged(tiny, tmp_path / "merged", adapter_left)
    model = loaded(folder)[0].model
    assert not getattr(model, "_hf_peft_config_loaded", False)
    plain = AutoModelForImageTextToText.from_pretrained(tiny).state_dict()
    assert all(torch.equal(tensor, plain[name]) for name, tensor in model.state_dict().items())


def test_too_many_tokens_are_told_before_the_weights_are_read(tiny: Path, tmp_path: Path) -> None:
    folder = damaged(tiny, tmp_path / "counting", without_number_of_tokens)
    with pytest.raises(
        ModelLoadError, match=r"tokens: 169, features: 4.*processor\.save_pretrained"
    ) as caught:
        loaded(folder)
    assert caught.value.kind == ErrorKind.PROCESSOR_MISSING
    found = look(ModelEntry(name="m", source=str(folder)), max_new_tokens=1, ask_hub=False)
    assert found.obstacles[0].message == str(caught.value)


def test_what_only_generating_finds_is_found_on_loading(tiny: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelLoadError, match=r"m was loaded and cannot answer: .*vocabulary") as caught:
        loaded(damaged(tiny, tmp_path / "failing", publishing(bad_words_ids=[[10**6]])))
    assert caught.value.kind == ErrorKind.INFERENCE_ERROR and "\n" not in str(caught.value)
