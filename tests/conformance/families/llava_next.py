"""LLaVA-NeXT (1.6)."""

from pathlib import Path

from transformers import LlavaNextConfig, LlavaNextForConditionalGeneration, LlavaNextProcessor
from transformers.models.llava_next import LlavaNextImageProcessorPil

from tests.conformance.family import Family, by_chat_template
from tests.conformance.parts import chat_template, randomise, text_settings, tokenizer, vision_settings

GRID = [[32, 64], [64, 32], [64, 64]]
"""Height and width of what an image may be cut into, in pixels."""


def build(folder: Path) -> None:
    """An image is seen whole and in tiles."""
    words = tokenizer(["<image>"], extra_special_tokens={"image_token": "<image>"})
    config = LlavaNextConfig(
        text_config=text_settings(words),
        vision_config=vision_settings("clip_vision_model"),
        image_token_index=words.convert_tokens_to_ids("<image>"),
        vision_feature_layer=-1,
        image_grid_pinpoints=GRID,
    )
    processor = LlavaNextProcessor(
        LlavaNextImageProcessorPil(
            size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}, image_grid_pinpoints=GRID
        ),
        words,
        patch_size=8,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
        chat_template=chat_template("<image>"),
    )
    randomise(LlavaNextForConditionalGeneration(config), words).save_pretrained(folder)
    processor.save_pretrained(folder)


FAMILY = Family(
    model_type="llava_next",
    build=build,
    reference=by_chat_template,
    adapter="chat",
    image_tokens=70,
    checkpoint="llava-hf/llava-v1.6-mistral-7b-hf",
)
