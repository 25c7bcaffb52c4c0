"""The embedded model as shipped: it loads like any SmolVLM checkpoint, and it knows its planes."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import AutoModelForImageTextToText, AutoProcessor

from fada_tui.core.paths import demo_weights
from training import train
from training.dialogue import CANONICAL, answer, plane_named
from training.lessons import TILE, fresh, tile
from training.phantoms import CATEGORIES, Phantom, phantom
from training.train import IMAGE_TOKENS, answers

FRESH = 120


@pytest.fixture(scope="module")
def processor() -> Any:
    return AutoProcessor.from_pretrained(demo_weights())


@pytest.fixture(scope="module")
def loaded() -> tuple[Any, dict[str, Any]]:
    model, info = AutoModelForImageTextToText.from_pretrained(
        demo_weights(), dtype="auto", output_loading_info=True, use_safetensors=True
    )
    return model.eval(), info


@pytest.fixture(scope="module")
def phantoms() -> list[Phantom]:
    return fresh(FRESH)


@pytest.fixture(scope="module")
def structures(loaded: tuple[Any, dict[str, Any]], processor: Any, phantoms: list[Phantom]) -> list[str]:
    """What it says of the structures in each phantom."""
    return ask(CANONICAL["structures"], phantoms, loaded[0], processor)


def ask(text: str, shown: list[Phantom], model: Any, processor: Any) -> list[str]:
    return answers(model, processor, [(item.image.convert("RGB"), text) for item in shown])


def test_folder_is_small_and_readable() -> None:
    files = [path for path in demo_weights().rglob("*") if path.is_file()]
    assert {"model.safetensors", "config.json", "processor_config.json", "tokenizer.json", "README.md"} <= {
        path.name for path in files
    }
    assert sum(path.stat().st_size for path in files) <= 8_000_000
    assert all(path.stat().st_mode & 0o444 == 0o444 for path in files), "a package is read by others, too"


def test_weights_load_whole_as_a_smolvlm_checkpoint(loaded: tuple[Any, dict[str, Any]]) -> None:
    model, info = loaded
    assert {name: list(keys) for name, keys in info.items() if name != "error_msgs" and keys} == {}
    assert not info.get("error_msgs")
    assert type(model).__name__ == "Idefics3ForConditionalGeneration"
    assert model.dtype == torch.bfloat16
    assert 2_500_000 < model.num_parameters() < 3_500_000


def test_one_image_becomes_one_tile_of_few_tokens(processor: Any) -> None:
    image = phantom("Heart", 1).image.convert("RGB").resize((1600, 300))
    message = {
        "role": "user",
        "content": [{"type": "image", "image": image}, {"type": "text", "text": "What?"}],
    }
    prompt = processor.apply_chat_template([message], add_generation_prompt=True)
    assert prompt == "<|im_start|>User:<image>What?<end_of_utterance>\nAssistant:"
    inputs = processor.apply_chat_template(
        [message], add_generation_prompt=True, tokenize=True, return_dict=True, return_tensors="pt"
    )
    assert inputs["pixel_values"].shape == (1, 1, 3, TILE, TILE)
    image_token = processor.tokenizer.convert_tokens_to_ids("<image>")
    assert int((inputs["input_ids"] == image_token).sum()) == IMAGE_TOKENS == 16


@pytest.mark.parametrize("category", CATEGORIES)
def test_training_sees_the_processors_pixels(processor: Any, category: str) -> None:
    image = phantom(category, 3).image
    images = processor.image_processor(images=[image.convert("RGB")], return_tensors="np")
    mean, std = processor.image_processor.image_mean, processor.image_processor.image_std
    seen = np.array(images["pixel_values"])[0, 0, 0] * std[0] + mean[0]
    assert np.abs(seen * 255 - tile(image)).max() < 0.01


def test_plane_is_right_on_fresh_phantoms(
    loaded: tuple[Any, dict[str, Any]], processor: Any, phantoms: list[Phantom], structures: list[str]
) -> None:
    planes = ask(CANONICAL["plane"], phantoms, loaded[0], processor)
    for question, replies in (("structures", structures), ("plane", planes)):
        right = [plane_named(reply) == item.category for reply, item in zip(replies, phantoms, strict=True)]
        assert np.mean(right) >= 0.95, question


def test_finer_questions_are_often_right_and_sometimes_wrong(
    loaded: tuple[Any, dict[str, Any]], processor: Any, phantoms: list[Phantom], structures: list[str]
) -> None:
    wrong, shown = 0, phantoms[:60]
    for question in ("structures", "stomach", "quality"):
        asked = question != "structures"
        replies = ask(CANONICAL[question], shown, loaded[0], processor) if asked else structures[:60]
        exact = [reply == answer(question, item) for reply, item in zip(replies, shown, strict=True)]
        assert np.mean(exact) > 0.4, question
        wrong += exact.count(False)
    assert wrong > 0, "there must be something to assess"


def test_other_wordings_are_understood(
    loaded: tuple[Any, dict[str, Any]], processor: Any, phantoms: list[Phantom]
) -> None:
    reworded = "please describe what you can see in this scan"
    replies = ask(reworded, phantoms[:60], loaded[0], processor)
    right = [plane_named(reply) == item.category for reply, item in zip(replies, phantoms, strict=False)]
    assert np.mean(right) >= 0.8


def test_answer_ends_by_itself(loaded: tuple[Any, dict[str, Any]], processor: Any) -> None:
    model, _ = loaded
    message = {
        "role": "user",
        "content": [
            {"type": "image", "image": phantom("Femur", 1).image.convert("RGB")},
            {"type": "text", "text": CANONICAL["structures"]},
        ],
    }
    inputs = processor.apply_chat_template(
        [message], add_generation_prompt=True, tokenize=True, return_dict=True, return_tensors="pt"
    )
    inputs["pixel_values"] = inputs["pixel_values"].to(model.dtype)
    tokens = model.generate(**inputs, max_new_tokens=100)[0, inputs["input_ids"].shape[1] :]
    assert tokens[-1] == model.generation_config.eos_token_id
    assert processor.tokenizer.decode(tokens, skip_special_tokens=True).strip().endswith(".")


def test_training_runs_from_its_command_and_repeats_itself(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train, "THREADS", 1)
    weights = []
    for name in ("first", "again"):
        arguments = ["--out", str(tmp_path / name), "--lessons", "24", "--steps", "2", "--measure", "6"]
        assert train.main([*arguments, "--seed", "3"]) == 0
        weights.append((tmp_path / name / "model.safetensors").read_bytes())
    assert weights[0] == weights[1]
    assert "answering 2/2" in capsys.readouterr().err
    card = (tmp_path / "first" / "README.md").read_text()
    assert "Not for clinical use" in card
    assert "--seed 3 --lessons 24 --steps 2" in card
    assert json.loads((tmp_path / "first" / "config.json").read_text())["dtype"] == "bfloat16"


def test_shipped_card_tells_what_was_measured() -> None:
    card = (demo_weights() / "README.md").read_text()
    assert all(text in card for text in CANONICAL.values())
    assert "license: apache-2.0" in card
    assert "python -m training.train" in card
