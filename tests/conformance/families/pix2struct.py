"""Pix2Struct without questions: captions, tables out of charts."""

from pathlib import Path
from typing import Any

from PIL.Image import Image
from transformers import Pix2StructConfig, Pix2StructForConditionalGeneration, Pix2StructProcessor
from transformers.models.pix2struct import Pix2StructImageProcessorPil

from tests.conformance.family import Family
from tests.conformance.parts import randomise, tokenizer


def save(folder: Path, *, is_vqa: bool) -> None:
    """Save a model that reads at most 16 patches of 8 pixels, and whether questions are drawn for it."""
    words = tokenizer()
    width: dict[str, Any] = {"hidden_size": 64, "d_kv": 16, "d_ff": 128}
    config = Pix2StructConfig(
        text_config={
            **width,
            "vocab_size": len(words),
            "num_layers": 2,
            "num_heads": 4,
            "decoder_start_token_id": words.pad_token_id,
            "pad_token_id": words.pad_token_id,
            "eos_token_id": words.eos_token_id,
        },
        vision_config={
            **width,
            "patch_embed_hidden_size": 3 * 8 * 8,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "seq_len": 64,
        },
        is_vqa=is_vqa,
        decoder_start_token_id=words.pad_token_id,
        pad_token_id=words.pad_token_id,
        eos_token_id=words.eos_token_id,
    )
    images = Pix2StructImageProcessorPil(patch_size={"height": 8, "width": 8}, max_patches=64, is_vqa=is_vqa)
    model = randomise(Pix2StructForConditionalGeneration(config), words, deviation=0.4)
    model.save_pretrained(folder)
    Pix2StructProcessor(images, words).save_pretrained(folder)


def build(folder: Path) -> None:
    """One that takes no questions."""
    save(folder, is_vqa=False)


def reference(folder: Path, image: Image, question: str, tokens: int) -> list[int]:
    """Hand over the image alone, as in the documentation."""
    from transformers import AutoProcessor

    model = Pix2StructForConditionalGeneration.from_pretrained(folder)
    inputs = AutoProcessor.from_pretrained(folder)(images=image, return_tensors="pt")
    generated = model.generate(**inputs, max_new_tokens=tokens, do_sample=False)
    return generated[0, 1:].tolist()


FAMILY = Family(
    model_type="pix2struct",
    build=build,
    reference=reference,
    adapter="pix2struct",
    takes_questions=False,
    checkpoint="google/pix2struct-textcaps-base",
)
