"""Aya Vision."""

from pathlib import Path

from transformers import AyaVisionConfig, AyaVisionForConditionalGeneration, AyaVisionProcessor
from transformers.models.got_ocr2 import GotOcr2ImageProcessorPil

from tests.conformance.family import Family, by_chat_template
from tests.conformance.parts import chat_template, randomise, text_settings, tokenizer, vision_settings

NAMED = ["<image>", "<|START_OF_IMG|>", "<|END_OF_IMG|>", "<|IMG_PATCH|>", "TILE", "TILE_GLOBAL"]


def build(folder: Path) -> None:
    """The image in two tiles and the whole, four tokens each, before a Cohere 2."""
    words = tokenizer(NAMED)
    config = AyaVisionConfig(
        text_config=text_settings(words, "cohere2"),
        vision_config=vision_settings("siglip_vision_model", vision_use_head=False),
        downsample_factor=2,
        image_token_index=words.convert_tokens_to_ids("<|IMG_PATCH|>"),
    )
    processor = AyaVisionProcessor(
        GotOcr2ImageProcessorPil(size={"height": 32, "width": 32}, min_patches=2, max_patches=2),
        words,
        patch_size=8,
        img_size=32,
        downsample_factor=2,
        chat_template=chat_template("<image>"),
    )
    randomise(AyaVisionForConditionalGeneration(config), words).save_pretrained(folder)
    processor.save_pretrained(folder)


FAMILY = Family(
    model_type="aya_vision",
    build=build,
    reference=by_chat_template,
    adapter="chat",
    image_tokens=12,
    checkpoint="CohereLabs/aya-vision-8b",
)
