"""Checkpoints as they are published: of parts, of old, of other names; and some whose files disagree."""

import json
import shutil
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest
from PIL import Image
from safetensors.torch import load_file, save_file

from fada_tui.errors import ErrorKind, ModelLoadError
from fada_tui.worker.loading import load
from tests.conformance.family import by_form
from tests.conformance.test_families import FAMILIES, QUESTIONS, TOKENS, ask, load_command

FORM = "USER: <image>\n{} ASSISTANT:"
"""How LLaVA's documentation in transformers asks without a chat template."""


def edit(file: Path, **settings: object) -> None:
    """Change settings in a JSON file; `None` takes them out."""
    found = json.loads(file.read_text()) | settings
    file.write_text(json.dumps({key: value for key, value in found.items() if value is not None}))


def without_template(folder: Path) -> None:
    (folder / "chat_template.jinja").unlink()


def with_old_processor(folder: Path) -> None:
    """As before processors wrote out an image's tokens themselves."""
    without_template(folder)
    edit(
        folder / "processor_config.json",
        patch_size=None,
        vision_feature_select_strategy=None,
        num_additional_image_tokens=None,
    )


def with_own_name(folder: Path) -> None:
    """As of a repository with code of its own, for a type that transformers knows by now."""
    edit(folder / "config.json", architectures=["OwnForCausalLM"], auto_map={"AutoModel": "own.Own"})


def as_whole(folder: Path) -> None:
    """As Qwen publishes its thinkers: within the whole that speaks, too."""
    settings = json.loads((folder / "config.json").read_text())
    whole = {"qwen2_5_omni_thinker": "Qwen2_5OmniModel"}.get(
        settings["model_type"], "Qwen3OmniMoeForConditionalGeneration"
    )
    edit(folder / "config.json", **dict.fromkeys(settings))
    edit(
        folder / "config.json",
        architectures=[whole],
        model_type=settings["model_type"].removesuffix("_thinker"),
        dtype=settings["dtype"],
        thinker_config=settings,
    )
    weights = load_file(folder / "model.safetensors")
    speech = next(iter(weights.values())).clone()
    parts = {f"thinker.{key}": weight for key, weight in weights.items()} | {"talker.codec.weight": speech}
    save_file(parts, folder / "model.safetensors", {"format": "pt"})


def build_two(name: str, where: Path) -> tuple[Path, Path]:
    """Return a family's checkpoint, to be changed, and the same again."""
    folder, reference = where / name, where / "reference"
    FAMILIES[name].build(reference)
    shutil.copytree(reference, folder)
    return folder, reference


@pytest.mark.parametrize("name", ["llava", "llava_next"])
@pytest.mark.parametrize("change", [without_template, with_old_processor])
def test_llava_without_a_chat_template_is_asked_in_the_form_of_its_documentation(
    name: str, change: Callable[[Path], None], pictures: list[Image.Image], tmp_path: Path
) -> None:
    folder, reference = build_two(name, tmp_path)
    change(folder)
    loaded, facts = load(load_command(folder), lambda _: None)
    assert facts.adapter == "plain"
    for picture in pictures:
        answer = ask(loaded, picture, QUESTIONS[1], [])
        assert answer is not None
        assert list(answer.token_ids) == by_form(FORM)(reference, picture, QUESTIONS[1], TOKENS)


RENAMED = [("idefics3", with_own_name), ("llava", with_own_name)] + [
    (name, as_whole)
    for name in ("qwen2_5_omni_thinker", "qwen3_omni_moe_thinker")
    if find_spec(FAMILIES[name].needs or "") is not None
]


@pytest.mark.parametrize(("name", "change"), RENAMED)
def test_a_published_form_answers_as_the_class_for_it_does(
    name: str, change: Callable[[Path], None], pictures: list[Image.Image], tmp_path: Path
) -> None:
    family = FAMILIES[name]
    folder, reference = build_two(name, tmp_path)
    change(folder)
    loaded, _ = load(load_command(folder), lambda _: None)
    answer = ask(loaded, pictures[0], QUESTIONS[1], [])
    assert answer is not None
    assert list(answer.token_ids) == family.reference(reference, pictures[0], QUESTIONS[1], TOKENS)


def of_unknown_code(folder: Path) -> None:
    """Of a known type, yet of no class for images."""
    edit(folder / "config.json", model_type="llama", architectures=["Own"], auto_map={"AutoModel": "own.Own"})


def of_other_patches(folder: Path) -> None:
    settings = json.loads((folder / "processor_config.json").read_text())
    images = settings["image_processor"] | {"merge_size": 1}
    edit(folder / "processor_config.json", image_processor=images)


DISAGREEING = [
    ("llava", of_unknown_code, ErrorKind.REMOTE_CODE_NEEDED, "--trust-remote-code llava"),
    ("paddleocr_vl", of_other_patches, ErrorKind.PROCESSOR_MISSING, "has 1 patches .* its model 2"),
]


@pytest.mark.parametrize(("name", "change", "kind", "message"), DISAGREEING)
def test_files_of_two_models_are_refused_before_the_weights(
    name: str, change: Callable[[Path], None], kind: ErrorKind, message: str, tmp_path: Path
) -> None:
    folder = tmp_path / name
    FAMILIES[name].build(folder)
    (folder / "model.safetensors").unlink()
    change(folder)
    with pytest.raises(ModelLoadError, match=message) as refused:
        load(load_command(folder), lambda _: None)
    assert refused.value.kind == kind


def test_a_processor_that_writes_another_number_of_image_tokens_never_leads_to_an_answer(
    pictures: list[Image.Image], tmp_path: Path
) -> None:
    folder = tmp_path / "llava"
    FAMILIES["llava"].build(folder)
    edit(folder / "processor_config.json", vision_feature_select_strategy="full")
    loaded, _ = load(load_command(folder), lambda _: None)
    with pytest.raises(ValueError, match="tokens do not match"):
        ask(loaded, pictures[0], QUESTIONS[0], [])
