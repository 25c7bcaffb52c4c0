"""Checkpoints that cannot be run are refused before any weights, with the reason and what to do."""

import json
from pathlib import Path
from typing import Any

import pytest
from transformers import FuyuProcessor
from transformers.models.auto.configuration_auto import CONFIG_MAPPING_NAMES
from transformers.models.auto.modeling_auto import MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES as NAMES
from transformers.models.fuyu import FuyuImageProcessorPil

from fada_tui.core.errors import ErrorKind, ModelLoadError
from fada_tui.core.protocol import Load
from fada_tui.core.records import ModelEntry
from fada_tui.models.architectures import PORTS, UNSUPPORTED
from fada_tui.worker.adapters.plain import PlainAdapter
from fada_tui.worker.loading.load import load
from tests.conformance.families import blip_vqa
from tests.conformance.families.fuyu import with_space_before_all
from tests.conformance.parts import tokenizer

TYPES = {architecture: model_type for model_type, architecture in NAMES.items()}
OWN_CODE = {"AutoConfig": "configuration.Config", "AutoModelForCausalLM": "modeling.Model"}


def refused(folder: Path, config: dict[str, Any]) -> ModelLoadError:
    """Return why a folder that holds a configuration and nothing else is refused."""
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(config))
    entry = ModelEntry(name="model", source=str(folder))
    with pytest.raises(ModelLoadError) as caught:
        load(Load(model=entry, device="cpu", trust_remote_code=False, allow_pickle=False), lambda _: None)
    assert "\n" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize("name", UNSUPPORTED)
def test_a_family_that_answers_no_questions_about_images(name: str, tmp_path: Path) -> None:
    model_type = name if name in CONFIG_MAPPING_NAMES else TYPES[name]
    architecture = NAMES.get(name, name)
    error = refused(tmp_path / "model", {"model_type": model_type, "architectures": [architecture]})
    assert error.kind == ErrorKind.ARCHITECTURE_UNKNOWN
    assert str(error) == f"model is a {architecture}: {UNSUPPORTED[name]}"
    assert "choose" in str(error)


def test_shieldgemma_under_its_own_class(tmp_path: Path) -> None:
    config = {"model_type": "shieldgemma2", "architectures": ["ShieldGemma2ForImageClassification"]}
    assert "choose a Gemma 3 checkpoint" in str(refused(tmp_path / "model", config))


@pytest.mark.parametrize(
    ("model_type", "architecture"),
    [
        ("multi_modality", "MultiModalityCausalLM"),
        ("llava_llama", "LlavaLlamaForCausalLM"),
        ("llava_mistral", "LlavaMistralForCausalLM"),
        ("internvl_chat", "InternVLChatModel"),
    ],
)
@pytest.mark.parametrize("own_code", [False, True])
def test_a_checkpoint_that_has_a_port(
    model_type: str, architecture: str, own_code: bool, tmp_path: Path
) -> None:
    config: dict[str, Any] = {"model_type": model_type, "architectures": [architecture]}
    error = refused(tmp_path / "model", config | ({"auto_map": OWN_CODE} if own_code else {}))
    assert PORTS[model_type] in str(error)
    kind = ErrorKind.REMOTE_CODE_NEEDED if own_code else ErrorKind.ARCHITECTURE_UNKNOWN
    assert error.kind == kind
    assert ("--trust-remote-code model" in str(error)) == own_code


def test_a_setting_of_another_kind_is_told_with_its_whole_reason(tmp_path: Path) -> None:
    config = {"model_type": "idefics3", "architectures": ["Idefics3ForConditionalGeneration"]}
    error = refused(tmp_path / "model", config | {"text_config": {"max_position_embeddings": "2"}})
    assert error.kind == ErrorKind.ARCHITECTURE_UNKNOWN
    assert str(error) == (
        "model: its configuration cannot be read: Validation error for field 'max_position_embeddings': "
        "TypeError: Field 'max_position_embeddings' expected int, got str (value: '2'); "
        "download or save it again"
    )


def test_florence_in_its_first_form(tmp_path: Path) -> None:
    config = {
        "model_type": "florence2",
        "architectures": ["Florence2ForConditionalGeneration"],
        "auto_map": OWN_CODE,
        "text_config": {"model_type": "florence2_language", "vocab_size": 51289},
        "vision_config": {"model_type": "davit", "dim_embed": [128, 256, 512, 1024]},
    }
    error = refused(tmp_path / "model", config)
    assert error.kind == ErrorKind.REMOTE_CODE_NEEDED
    assert "florence-community/Florence-2-base" in str(error)


def test_fuyu_with_the_image_processor_that_fails() -> None:
    words = with_space_before_all(tokenizer())
    lack = PlainAdapter.lacks(FuyuProcessor(FuyuImageProcessorPil(), words))
    assert lack is not None
    kind, said = lack
    assert kind == ErrorKind.MISSING_PACKAGE
    assert "fada-tui[vision]" in said


def test_a_captioner_over_the_weights_of_a_questioner(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    blip_vqa.build(folder)
    config = json.loads((folder / "config.json").read_text())
    config["architectures"] = ["BlipForConditionalGeneration"]
    (folder / "config.json").write_text(json.dumps(config))
    entry = ModelEntry(name="model", source=str(folder))
    with pytest.raises(ModelLoadError, match="do not fit BlipForConditionalGeneration") as caught:
        load(Load(model=entry, device="cpu", trust_remote_code=False, allow_pickle=False), lambda _: None)
    assert caught.value.kind == ErrorKind.WEIGHTS_MISMATCH
    assert "weights unexpected (such as text_encoder." in str(caught.value)
