"""Emu3, which reads an image as tokens of its own vocabulary."""

from pathlib import Path

from transformers import Emu3Config, Emu3ForConditionalGeneration, Emu3ImageProcessor, Emu3Processor

from tests.conformance.family import Family, by_chat_template
from tests.conformance.parts import chat_template, randomise, text_settings, tokenizer

CODES = [f"<|visual token {number:06d}|>" for number in range(16)]


def build(folder: Path) -> None:
    """A VQ-VAE of 16 codes; an image of 24 by 32 pixels makes 3 rows of 4 and their ends."""
    names = {
        "image_token": "<image>",
        "boi_token": "<|image start|>",
        "eoi_token": "<|image end|>",
        "image_wrapper_token": "<|image token|>",
        "eof_token": "<|extra_201|>",
    }
    special = [*names.values(), "<|extra_200|>", *CODES]
    words = tokenizer(special, bos="<|extra_203|>", extra_special_tokens=names)
    config = Emu3Config(
        text_config=text_settings(words, "emu3_text_model"),
        vq_config={
            "codebook_size": 16,
            "base_channels": 32,
            "channel_multiplier": [1, 1, 1, 1],
            "num_res_blocks": 1,
            "attn_resolutions": [],
            "hidden_size": 32,
            "num_attention_heads": 1,
        },
        vocabulary_map=words.get_vocab(),
    )
    images = Emu3ImageProcessor(min_pixels=8 * 8, max_pixels=24 * 32)
    randomise(Emu3ForConditionalGeneration(config), words).save_pretrained(folder)
    Emu3Processor(images, words, chat_template=chat_template("<image>")).save_pretrained(folder)


FAMILY = Family(
    model_type="emu3",
    build=build,
    reference=by_chat_template,
    adapter="chat",
    image_tokens=15,
    checkpoint="BAAI/Emu3-Chat-hf",
)
