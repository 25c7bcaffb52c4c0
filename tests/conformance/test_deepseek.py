"""DeepSeek-VL as it is published: files, names of weights and settings of an older transformers."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from fada_tui.worker.loading.load import load
from tests.conformance.test_families import FAMILIES, QUESTIONS, ask, load_command

PUBLISHED = ["deepseek_vl", "deepseek_vl_hybrid"]


def edit(file: Path, **changes: Any) -> None:
    """Change settings; `None` takes one out."""
    settings = json.loads(file.read_text()) | changes
    file.write_text(json.dumps({name: value for name, value in settings.items() if value is not None}))


def as_published(folder: Path) -> None:
    """Rewrite a checkpoint: processor in several files, the tower's weights one level deeper, a head apart.

    The tokenizer's class is Llama's, though its file holds another kind. Nothing in `config.json` says that
    the head is apart: that it is among the weights does.
    """
    processor = json.loads((folder / "processor_config.json").read_text())
    images = processor.pop("image_processor")
    kind = str(images["image_processor_type"]).removesuffix("Pil").removesuffix("Fast")
    images |= {"image_processor_type": f"{kind}Fast", "processor_class": processor["processor_class"]}
    (folder / "preprocessor_config.json").write_text(json.dumps(images))
    (folder / "processor_config.json").write_text(json.dumps(processor))
    template = folder / "chat_template.jinja"
    (folder / "chat_template.json").write_text(json.dumps({"chat_template": template.read_text()}))
    template.unlink()

    edit(
        folder / "tokenizer_config.json",
        tokenizer_class="LlamaTokenizerFast",
        extra_special_tokens={"image_token": "<image_placeholder>"},
    )

    tower = "model.vision_model."
    old = {
        name.replace(tower, f"{tower}vision_model.", 1): weight
        for name, weight in load_file(folder / "model.safetensors").items()
    }
    torch.manual_seed(1)
    embedding = old["model.language_model.embed_tokens.weight"]
    old["lm_head.weight"] = torch.randn_like(embedding) * 0.15
    save_file(old, folder / "model.safetensors", metadata={"format": "pt"})
    edit(folder / "config.json", tie_word_embeddings=None)


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_checkpoint_in_the_published_form_answers_as_the_plain_call_does(name: str, tmp_path: Path) -> None:
    folder = tmp_path / name
    FAMILIES[name].build(folder)
    as_published(folder)
    loaded, facts = load(load_command(folder), lambda _: None)
    assert facts.model.adapter == "chat"
    head = load_file(folder / "model.safetensors")["lm_head.weight"]
    assert torch.equal(loaded.model.lm_head.weight, head)
    words = loaded.adapter.tokenizer
    assert words.decode(words.encode(QUESTIONS[0], add_special_tokens=False)) == QUESTIONS[0]
    picture = Image.effect_noise((64, 48), 80).convert("RGB")
    answer = ask(loaded, picture, QUESTIONS[0], [])
    assert answer is not None
    assert list(answer.token_ids) == FAMILIES[name].reference(folder, picture, QUESTIONS[0], 16)
    assert answer.tokens.image == FAMILIES[name].image_tokens
