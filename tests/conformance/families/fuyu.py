"""Fuyu, which reads patches of an image as they are."""

from pathlib import Path

from transformers import FuyuConfig, FuyuForCausalLM, FuyuProcessor
from transformers.models.fuyu import FuyuImageProcessorPil

from tests.conformance.family import Family, by_form
from tests.conformance.parts import randomise, tokenizer


def build(folder: Path) -> None:
    """Persimmon over patches of 8 pixels, of which an image of 64 by 48 has 48."""
    words = tokenizer(["|SPEAKER|", "|NEWLINE|", "<s>", "<0x04>"])
    config = FuyuConfig(
        text_config={
            "model_type": "persimmon",
            "vocab_size": len(words),
            "hidden_size": 64,
            "intermediate_size": 128,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "max_position_embeddings": 1024,
            "pad_token_id": words.pad_token_id,
            "eos_token_id": words.eos_token_id,
        },
        patch_size=8,
        image_size=64,
        image_token_id=words.convert_tokens_to_ids("|SPEAKER|"),
    )
    images = FuyuImageProcessorPil(size={"height": 48, "width": 64}, patch_size={"height": 8, "width": 8})
    randomise(FuyuForCausalLM(config), words).save_pretrained(folder)
    FuyuProcessor(images, words).save_pretrained(folder)


FAMILY = Family(
    model_type="fuyu",
    build=build,
    reference=by_form("{}\n"),
    adapter="plain",
    image_tokens=48,
    checkpoint="adept/fuyu-8b",
)
