"""LLaVA-NeXT-Video, asked of an image."""

from pathlib import Path

from transformers import (
    LlavaNextVideoConfig,
    LlavaNextVideoForConditionalGeneration,
    LlavaNextVideoProcessor,
)
from transformers.models.llava_next import LlavaNextImageProcessorPil

from tests.conformance.family import Family, by_chat_template
from tests.conformance.parts import chat_template, randomise, text_settings, tokenizer, vision_settings

GRID = [[32, 64], [64, 32], [64, 64]]
"""Height and width of what an image may be cut into, in pixels."""


def build(folder: Path) -> None:
    """An image is seen whole and in tiles; the processor of videos needs torchvision."""
    from transformers import LlavaNextVideoVideoProcessor

    words = tokenizer(["<image>", "<video>"])
    config = LlavaNextVideoConfig(
        text_config=text_settings(words),
        vision_config=vision_settings("clip_vision_model"),
        image_token_index=words.convert_tokens_to_ids("<image>"),
        video_token_index=words.convert_tokens_to_ids("<video>"),
        vision_feature_layer=-1,
        image_grid_pinpoints=GRID,
    )
    processor = LlavaNextVideoProcessor(
        LlavaNextVideoVideoProcessor(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}),
        LlavaNextImageProcessorPil(
            size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}, image_grid_pinpoints=GRID
        ),
        words,
        patch_size=8,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
        chat_template=chat_template("<image>"),
    )
    randomise(LlavaNextVideoForConditionalGeneration(config), words).save_pretrained(folder)
    processor.save_pretrained(folder)


FAMILY = Family(
    model_type="llava_next_video",
    build=build,
    reference=by_chat_template,
    adapter="chat",
    image_tokens=70,
    needs="torchvision",
    checkpoint="llava-hf/LLaVA-NeXT-Video-7B-hf",
)
