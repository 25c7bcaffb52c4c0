"""LightOnOCR."""

from pathlib import Path

from transformers import LightOnOcrConfig, LightOnOcrForConditionalGeneration, LightOnOcrProcessor
from transformers.models.pixtral import PixtralImageProcessorPil

from tests.conformance.family import Family, by_chat_template
from tests.conformance.parts import chat_template, randomise, text_settings, tokenizer, vision_settings

NAMED = {
    "image_token": "<|image_pad|>",
    "image_break_token": "<|vision_pad|>",
    "image_end_token": "<|vision_end|>",
}


def build(folder: Path) -> None:
    """A Pixtral tower, four patches merged to a token, before a Qwen 3."""
    words = tokenizer([*NAMED.values()], extra_special_tokens=NAMED)
    config = LightOnOcrConfig(
        text_config=text_settings(words, "qwen3"),
        vision_config=vision_settings("pixtral", head_dim=16),
        spatial_merge_size=2,
        image_token_id=words.image_token_id,
    )
    processor = LightOnOcrProcessor(
        PixtralImageProcessorPil(size={"longest_edge": 32}, patch_size={"height": 16, "width": 16}),
        words,
        patch_size=8,
        spatial_merge_size=2,
        chat_template=chat_template("<|image_pad|>"),
    )
    randomise(LightOnOcrForConditionalGeneration(config), words).save_pretrained(folder)
    processor.save_pretrained(folder)


FAMILY = Family(
    model_type="lighton_ocr",
    build=build,
    reference=by_chat_template,
    adapter="chat",
    image_tokens=4,
    checkpoint="lightonai/LightOnOCR-1B-1025",
)
