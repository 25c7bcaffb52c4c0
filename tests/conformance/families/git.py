"""GIT: a decoder that reads pixels and the question's beginning."""

from pathlib import Path

import torch
from PIL.Image import Image
from transformers import GitConfig, GitForCausalLM, GitProcessor
from transformers.models.clip import CLIPImageProcessorPil

from tests.conformance.family import Family
from tests.conformance.parts import randomise, tokenizer, vision_settings


def build(folder: Path) -> None:
    """CLIP's tower before a BERT that masks what comes later."""
    words = tokenizer(["[CLS]"], cls_token="[CLS]")
    config = GitConfig(
        vision_config=vision_settings(),
        vocab_size=len(words),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        pad_token_id=words.pad_token_id,
        bos_token_id=words.cls_token_id,
        eos_token_id=words.eos_token_id,
    )
    images = CLIPImageProcessorPil(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32})
    randomise(GitForCausalLM(config), words).save_pretrained(folder)
    GitProcessor(images, words).save_pretrained(folder)


def reference(folder: Path, image: Image, question: str, tokens: int) -> list[int]:
    """Ask as the documentation does of the checkpoint for TextVQA."""
    from transformers import AutoModelForCausalLM, AutoProcessor

    processor = AutoProcessor.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder)
    pixels = processor(images=image, return_tensors="pt").pixel_values
    asked = processor(text=question, add_special_tokens=False).input_ids
    prompt = torch.tensor([[processor.tokenizer.cls_token_id, *asked]])
    generated = model.generate(pixel_values=pixels, input_ids=prompt, max_new_tokens=tokens, do_sample=False)
    return generated[0, prompt.shape[1] :].tolist()


FAMILY = Family(
    model_type="git",
    build=build,
    reference=reference,
    adapter="git",
    checkpoint="microsoft/git-base-vqav2",
)
