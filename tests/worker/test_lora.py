"""A LoRA on a loaded model: peft's own answers token for token, and nothing of it left out."""

import importlib
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from fada_tui.core.errors import ErrorKind, ModelLoadError
from fada_tui.core.protocol import Load, Loaded
from fada_tui.core.records import ClassSet, ImageClass, ModelEntry
from fada_tui.worker.generation.interfaces import Answerer, LoadedModel
from fada_tui.worker.loading import lora as loading
from fada_tui.worker.loading.load import load
from fada_tui.worker.loading.lora_names import renamed
from tests.conformance.asking import TOKENS, ask_alone, ask_together, asked

pytest.importorskip("peft", reason="the extra `peft` is not installed")

from tests.loras import WEIGHTS, by_peft, change_config, change_tensors, save_lora

QUESTIONS = ("What is shown?", "Which anatomical structures can you see in this image?")
WITH_TOWER = ("q_proj", "v_proj", "fc1")
"""Modules of the language model, and of the vision tower with them."""


@pytest.fixture(scope="module")
def pictures() -> list[Image.Image]:
    noise = np.random.default_rng(0).integers(0, 256, (2, 48, 64, 3), dtype=np.uint8)
    return [Image.fromarray(one) for one in noise]


@pytest.fixture(scope="module")
def of_tiny(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_lora(tmp_path_factory.mktemp("loras") / "tuned", tiny, *WITH_TOWER)


def loaded(
    base: Path, lora: Path | None, *, allow_pickle: bool = False, **entry: Any
) -> tuple[LoadedModel, Loaded]:
    model = ModelEntry(name="m", source=str(base), lora=str(lora) if lora else None, **entry)
    command = Load(model=model, device="cpu", trust_remote_code=False, allow_pickle=allow_pickle)
    return load(command, lambda _: None)


def refused(base: Path, lora: Path, **options: Any) -> ModelLoadError:
    with pytest.raises(ModelLoadError) as found:
        loaded(base, lora, **options)
    assert "\n" not in str(found.value)
    return found.value


def answers(model: LoadedModel, pictures: list[Image.Image]) -> list[tuple[int, ...]]:
    pairs = [(picture, question) for picture in pictures for question in QUESTIONS]
    alone = [ask_alone(model, asked(*pair)) for pair in pairs]
    return [one.token_ids for one in alone if one is not None]


def expected(base: Path, lora: Path | None, pictures: list[Image.Image], **options: Any) -> list[Any]:
    return [
        tuple(by_peft(base, lora, picture, question, TOKENS, **options))
        for picture in pictures
        for question in QUESTIONS
    ]


@pytest.mark.long
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_a_chat_model_answers_as_peft_has_it(
    tiny: Path, of_tiny: Path, pictures: list[Image.Image], dtype: str
) -> None:
    model, told = loaded(tiny, of_tiny, dtype=dtype)
    found = answers(model, pictures)
    assert found == expected(tiny, of_tiny, pictures, dtype=getattr(torch, dtype))
    assert found != expected(tiny, None, pictures, dtype=getattr(torch, dtype)), "the LoRA has no effect"
    facts = told.model.lora
    assert facts and (facts.source, facts.rank, facts.targets) == (str(of_tiny), 4, tuple(sorted(WITH_TOWER)))
    assert set(facts.sha256) == {"adapter_config.json", WEIGHTS}
    pairs = [(picture, question) for picture in pictures for question in QUESTIONS]
    assert isinstance(model.answerer, Answerer)
    if dtype == "float32":
        assert [one.token_ids for one in ask_together(model, [asked(*pair) for pair in pairs])] == found


@pytest.mark.long
@pytest.mark.parametrize(
    ("family", "targets", "form"),
    [
        ("blip_2", ("qkv", "query", "q_proj", "fc2"), "Question: {} Answer:"),
        ("llava", ("q_proj", "v_proj", "linear_1"), None),
        ("aya_vision", ("q_proj", "fc2"), None),
    ],
)
def test_other_families_answer_as_peft_has_it(
    family: str, targets: tuple[str, ...], form: str | None, pictures: list[Image.Image], tmp_path: Path
) -> None:
    torch.manual_seed(0)
    base = tmp_path / family
    importlib.import_module(f"tests.conformance.families.{family}").FAMILY.build(base)
    lora = save_lora(tmp_path / "tuned", base, *targets)
    found = answers(loaded(base, lora)[0], pictures)
    assert found == expected(base, lora, pictures, form=form)
    assert found != expected(base, None, pictures, form=form), "the LoRA has no effect"


@pytest.mark.long
@pytest.mark.parametrize(
    "options",
    [
        {"use_dora": True, "rank_pattern": {"q_proj": 2}},
        {"use_rslora": True, "target_modules": "all-linear", "modules_to_save": ["connector"]},
    ],
    ids=["dora", "whole modules"],
)
def test_other_ways_of_lora_answer_as_peft_has_them(
    tiny: Path, pictures: list[Image.Image], tmp_path: Path, options: dict[str, Any]
) -> None:
    lora = save_lora(tmp_path / "tuned", tiny, "q_proj", "fc1", **options)
    found = answers(loaded(tiny, lora)[0], pictures[:1])
    assert found == expected(tiny, lora, pictures[:1]) != expected(tiny, None, pictures[:1])


@pytest.mark.long
def test_a_clip_sorts_as_peft_has_it(pictures: list[Image.Image], tmp_path: Path) -> None:
    from peft import PeftModel
    from transformers import CLIPModel, CLIPProcessor

    from tests.contrastive import save_clip

    base = save_clip(tmp_path / "clip")
    lora = save_lora(tmp_path / "tuned", base, "q_proj", "fc1", "visual_projection", model_class=CLIPModel)
    labels = ("head", "abdomen", "heart")
    classes = ClassSet(
        name="three",
        sha256="0" * 64,
        classes=tuple(ImageClass(name=label, prompts=(label,)) for label in labels),
    )
    entry = ModelEntry(name="m", source=str(base), lora=str(lora))
    command = Load(model=entry, device="cpu", trust_remote_code=False, allow_pickle=False, classes=classes)
    model, _ = load(command, lambda _: None)
    wrapped = PeftModel.from_pretrained(CLIPModel.from_pretrained(base), lora).eval()
    processor = CLIPProcessor.from_pretrained(base)
    for picture in pictures:
        answer = ask_alone(model, asked(picture, ""))
        assert answer is not None and answer.ranking is not None
        inputs = processor(images=picture, text=list(labels), return_tensors="pt", padding=True)
        with torch.no_grad():
            by_label = dict(
                zip(labels, wrapped(**inputs).logits_per_image.softmax(-1)[0].tolist(), strict=True)
            )
        for one in answer.ranking:
            assert one.probability == pytest.approx(by_label[one.label], abs=1e-5)


def test_adapters_of_the_vision_tower_are_never_dropped(tiny: Path, of_tiny: Path, tmp_path: Path) -> None:
    """Those of a model whose tower goes by another name have no place, and are counted."""
    lora = shutil.copytree(of_tiny, tmp_path / "tuned")
    change_tensors(
        lora,
        lambda old: {name.replace("vision_model", "visual_tower"): tensor for name, tensor in old.items()},
    )
    error = refused(tiny, lora)
    assert error.kind is ErrorKind.WEIGHTS_MISMATCH
    assert "12 of 20 tensors" in str(error) and "visual_tower" in str(error)


def test_modules_that_the_configuration_leaves_out_are_not_dropped(
    tiny: Path, of_tiny: Path, tmp_path: Path
) -> None:
    lora = shutil.copytree(of_tiny, tmp_path / "tuned")
    change_config(lora, target_modules=["q_proj", "v_proj"])
    assert "4 of 20 tensors" in str(refused(tiny, lora)) and "fc1" in str(refused(tiny, lora))


def test_a_lora_that_lacks_tensors_is_refused(tiny: Path, of_tiny: Path, tmp_path: Path) -> None:
    lora = shutil.copytree(of_tiny, tmp_path / "tuned")
    change_tensors(lora, lambda old: {name: one for name, one in old.items() if "text_model" in name})
    assert "lacks 12 tensors" in str(refused(tiny, lora))


def test_a_lora_of_another_size_is_refused(tiny: Path, of_tiny: Path, tmp_path: Path) -> None:
    lora = shutil.copytree(of_tiny, tmp_path / "tuned")
    change_config(lora, r=8)
    error = refused(tiny, lora)
    assert error.kind is ErrorKind.WEIGHTS_MISMATCH and "20 tensors have another shape" in str(error)


def test_without_peft_one_line_names_the_extra(
    tiny: Path, of_tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "has_package", lambda name: name != "peft")
    error = refused(tiny, of_tiny)
    assert error.kind is ErrorKind.MISSING_PACKAGE and "pip install 'fada-tui[peft]'" in str(error)


def test_another_lora_than_the_runs_is_refused(tiny: Path, of_tiny: Path, tmp_path: Path) -> None:
    _, told = loaded(tiny, of_tiny)
    assert told.model.lora
    lora = shutil.copytree(of_tiny, tmp_path / "tuned")
    change_tensors(lora, lambda old: {name: 2 * tensor for name, tensor in old.items()})
    entry = ModelEntry(name="m", source=str(tiny), lora=str(lora))
    command = Load(
        model=entry,
        device="cpu",
        trust_remote_code=False,
        allow_pickle=False,
        lora_sha256=told.model.lora.sha256,
    )
    with pytest.raises(ModelLoadError, match=rf"another than .* \({WEIGHTS} changed\)"):
        load(command, lambda _: None)


def test_a_merged_lora_is_not_applied_twice(tiny: Path, of_tiny: Path, tmp_path: Path) -> None:
    merged = shutil.copytree(tiny, tmp_path / "merged")
    shutil.copytree(of_tiny, merged, dirs_exist_ok=True)
    assert "not applied twice" in str(refused(merged, of_tiny))
    assert "not applied twice" in str(refused(merged, merged))
    _, told = loaded(merged, None)
    assert any("the adapter is not applied" in one for one in told.remarks)


def test_a_pickled_lora_is_read_only_when_allowed(
    tiny: Path, of_tiny: Path, pictures: list[Image.Image], tmp_path: Path
) -> None:
    from safetensors.torch import load_file

    lora = shutil.copytree(of_tiny, tmp_path / "tuned")
    torch.save(load_file(lora / WEIGHTS), lora / "adapter_model.bin")
    (lora / WEIGHTS).unlink()
    assert refused(tiny, lora).kind is ErrorKind.PICKLE_REFUSED
    model, told = loaded(tiny, lora, allow_pickle=True)
    assert answers(model, pictures[:1]) == answers(loaded(tiny, of_tiny)[0], pictures[:1])
    assert told.model.pickled is True


@pytest.mark.long
@pytest.mark.parametrize(
    ("family", "names"),
    [
        (
            "llava",
            {
                "model.language_model.": "language_model.model.",
                "model.vision_tower.": "vision_tower.vision_model.",
                "model.multi_modal_projector.": "multi_modal_projector.",
            },
        ),
        (
            "paligemma",
            {"model.language_model.": "language_model.model.", "model.vision_tower.": "vision_tower."},
        ),
    ],
)
def test_names_of_an_older_transformers_lead_to_the_same_model(
    family: str, names: dict[str, str], pictures: list[Image.Image], tmp_path: Path
) -> None:
    torch.manual_seed(0)
    base = tmp_path / family
    importlib.import_module(f"tests.conformance.families.{family}").FAMILY.build(base)
    lora = save_lora(tmp_path / "tuned", base, "q_proj", "v_proj", "fc1", "linear_1")
    today = answers(loaded(base, lora)[0], pictures[:1])
    before = "base_model.model."

    def as_before(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        changed = {}
        for name, tensor in tensors.items():
            place = name.removeprefix(before)
            new = next(one for one in names if place.startswith(one))
            changed[f"{before}{names[new]}{place.removeprefix(new)}"] = tensor
        return changed

    change_tensors(lora, as_before)
    assert answers(loaded(base, lora)[0], pictures[:1]) == today


def test_names_that_lead_to_a_module_stay_and_others_are_found() -> None:
    from transformers import Qwen2VLConfig, Qwen2VLForConditionalGeneration

    small = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "num_key_value_heads": 2}
    config = Qwen2VLConfig(
        text_config={**small, "vocab_size": 8, "intermediate_size": 8},
        vision_config={"depth": 1, "embed_dim": 8, "hidden_size": 8, "num_heads": 2},
    )
    with torch.device("meta"):
        model = Qwen2VLForConditionalGeneration(config)
    end = "layers.0.self_attn.q_proj.lora_A.weight"
    names = [f"base_model.model.model.{end}", "base_model.model.visual.blocks.0.attn.qkv.lora_A.weight"]
    today = [f"base_model.model.model.language_model.{end}", "base_model.model.nowhere.lora_A.weight"]
    found = {pattern.pattern.replace("\\", ""): new for pattern, new in renamed(model, names + today).items()}
    assert found == {
        f"^model.{end}$": f"model.language_model.{end}",
        "^visual.blocks.0.attn.qkv.lora_A.weight$": "model.visual.blocks.0.attn.qkv.lora_A.weight",
    }
