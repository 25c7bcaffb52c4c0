"""Checkpoints as they are published: of parts, of old, of other names; and some whose files disagree."""

import json
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable
from contextlib import nullcontext
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from transformers import AutoConfig
from transformers.models.auto.modeling_auto import MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES as NAMES

from fada_tui.core.errors import ErrorKind, ModelLoadError
from fada_tui.models.checkpoint import measure, read_folder
from fada_tui.worker.loading.load import load
from fada_tui.worker.loading.placing import place
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


TEXT_TEMPLATES = (
    "{% for m in messages %}[INST] {{ m['content'] + ' ' }}[/INST]{% endfor %}",
    "{% for m in messages %}[INST] {{ m['content'] }} [/INST]{% endfor %}",
    "{% for m in messages %}{% for part in m['content'] %}{{ part['text'] }}{% endfor %}{% endfor %}",
)
"""Of text models' tokenizers: they fail at an image, write it out as a list, or drop it."""


def with_template_of_text(template: str) -> Callable[[Path], None]:
    """As of a checkpoint whose only chat template came with its text model's tokenizer."""

    def change(folder: Path) -> None:
        without_template(folder)
        edit(folder / "tokenizer_config.json", chat_template=template)

    return change


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


def with_more_templates(folder: Path) -> None:
    """As Cohere publishes its models: a template for tools beside that for talk."""
    more = folder / "additional_chat_templates"
    more.mkdir()
    (more / "tool_use.jinja").write_text("{{ messages }}")


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
@pytest.mark.parametrize(
    "change", [without_template, with_old_processor, with_template_of_text(TEXT_TEMPLATES[0])]
)
def test_llava_without_a_chat_template_is_asked_in_the_form_of_its_documentation(
    name: str, change: Callable[[Path], None], pictures: list[Image.Image], tmp_path: Path
) -> None:
    folder, reference = build_two(name, tmp_path)
    change(folder)
    loaded, facts = load(load_command(folder), lambda _: None)
    assert facts.model.adapter == "plain"
    for picture in pictures:
        answer = ask(loaded, picture, QUESTIONS[1], [])
        assert answer is not None
        assert list(answer.token_ids) == by_form(FORM)(reference, picture, QUESTIONS[1], TOKENS)


RENAMED = [("idefics3", with_own_name), ("llava", with_own_name), ("idefics3", with_more_templates)] + [
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


@pytest.mark.parametrize(
    ("name", "file_name", "fits"),
    [
        ("thinker.lm_head.weight", "model.safetensors", False),
        ("talker.codec.weight", "model.safetensors", True),
        ("output.weight", "consolidated.safetensors", True),
    ],
)
def test_weights_that_stay_unread_need_no_memory(
    name: str, file_name: str, fits: bool, tmp_path: Path
) -> None:
    length = 1 << 42
    data = json.dumps({name: {"dtype": "F32", "shape": [length // 4], "data_offsets": [0, length]}}).encode()
    with (tmp_path / file_name).open("wb") as file:
        file.write(struct.pack("<Q", len(data)) + data)
        file.truncate(8 + len(data) + length)
    expected = nullcontext() if fits else pytest.raises(ModelLoadError, match="for its weights alone")
    with expected:
        place(load_command(tmp_path), read_folder(tmp_path, "folder"), torch.float32, "cpu", _never)


def _never() -> None:
    raise AssertionError("no model is made to see whether it fits")


def test_weights_that_lie_there_twice_are_measured_once(tmp_path: Path) -> None:
    FAMILIES["llava"].build(tmp_path)
    alone = measure(tmp_path)
    shutil.copy(tmp_path / "model.safetensors", tmp_path / "consolidated.safetensors")
    assert alone is not None
    assert measure(tmp_path) == alone


def of_unknown_code(folder: Path) -> None:
    """Of a known type, yet of no class for images."""
    edit(folder / "config.json", model_type="llama", architectures=["Own"], auto_map={"AutoModel": "own.Own"})


def of_text_alone(folder: Path) -> None:
    """As of a type that transformers lists among those that see, though its class reads text."""
    AutoConfig.for_model("mistral4", architectures=["Mistral4ForCausalLM"]).save_pretrained(folder)


def of_other_patches(folder: Path) -> None:
    settings = json.loads((folder / "processor_config.json").read_text())
    images = settings["image_processor"] | {"merge_size": 1}
    edit(folder / "processor_config.json", image_processor=images)


REFUSED = [
    ("llava", of_text_alone, ErrorKind.ARCHITECTURE_UNKNOWN, "Mistral3ForConditionalGeneration"),
    ("llava", of_unknown_code, ErrorKind.REMOTE_CODE_NEEDED, "--trust-remote-code llava"),
    *(
        ("idefics3", with_template_of_text(template), ErrorKind.IMAGE_IGNORED, "leaves the image out")
        for template in TEXT_TEMPLATES
    ),
    ("paddleocr_vl", of_other_patches, ErrorKind.PROCESSOR_MISSING, "has 1 patches .* its model 2"),
]


@pytest.mark.parametrize(("name", "change", "kind", "message"), REFUSED)
def test_what_cannot_answer_is_refused_before_its_weights_are_read(
    name: str, change: Callable[[Path], None], kind: ErrorKind, message: str, tmp_path: Path
) -> None:
    folder = tmp_path / name
    FAMILIES[name].build(folder)
    (folder / "model.safetensors").unlink()
    change(folder)
    with pytest.raises(ModelLoadError, match=message) as refused:
        load(load_command(folder), lambda _: None)
    assert refused.value.kind == kind


LACKING = [
    ("molmo2", {"processor_class": "Molmo2Processor", "image_processor_type": "Molmo2ImageProcessor"}),
    ("mistral3", {"processor_class": "PixtralProcessor", "image_processor_type": "PixtralImageProcessor"}),
    (
        "qwen2_vl",
        {"processor_class": "Qwen2VLProcessor", "image_processor_type": "Qwen2VLImageProcessor"},
    ),
    ("perception_lm", {"processor_class": "PerceptionLMProcessor"}),
]
"""Types, and what their preprocessor_config.json says: three ways in which transformers misses torchvision,
and a tower that timm makes."""

LOAD_WITHOUT = """
import sys
sys.modules |= {"torchvision": None, "timm": None}
from pathlib import Path
from fada_tui.core.errors import ModelLoadError
from fada_tui.worker.loading.load import load
from tests.conformance.test_families import load_command
for folder in sys.argv[1:]:
    try:
        load(load_command(Path(folder)), lambda _: None)
    except ModelLoadError as error:
        print(error.kind, error)
"""


def test_what_a_checkpoint_needs_and_lacks_is_named_with_the_way_to_get_it(tmp_path: Path) -> None:
    FAMILIES["llava"].build(tmp_path / "llava")
    for kind, processor in LACKING:
        folder = tmp_path / kind
        shutil.copytree(tmp_path / "llava", folder)
        for name in ("processor_config.json", "model.safetensors"):
            (folder / name).unlink()
        (folder / "preprocessor_config.json").write_text(json.dumps(processor))
        AutoConfig.for_model(kind, architectures=[NAMES[kind]]).save_pretrained(folder)
    done = subprocess.run(
        [sys.executable, "-c", LOAD_WITHOUT, *(str(tmp_path / kind) for kind, _ in LACKING)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == [
        *(
            f"missing_package {kind}: its processor needs torchvision: pip install 'fada-tui[vision]'"
            for kind, _ in LACKING[:3]
        ),
        "missing_package perception_lm: its vision tower needs timm: pip install 'fada-tui[vision]'",
    ]


def test_a_processor_that_writes_another_number_of_image_tokens_never_leads_to_an_answer(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "llava"
    FAMILIES["llava"].build(folder)
    edit(folder / "processor_config.json", vision_feature_select_strategy="full")
    with pytest.raises(ModelLoadError, match=r"tokens do not match.*processor\.save_pretrained") as refused:
        load(load_command(folder), lambda _: None)
    assert refused.value.kind == ErrorKind.PROCESSOR_MISSING


def test_a_question_that_holds_the_placeholder_of_an_image_is_not_asked(
    pictures: list[Image.Image], tmp_path: Path
) -> None:
    FAMILIES["llava"].build(tmp_path)
    loaded, _ = load(load_command(tmp_path), lambda _: None)
    with pytest.raises(ValueError, match="'<image>', the model's placeholder"):
        ask(loaded, pictures[0], "What does <image> mean?", [])
