"""LLaVA-OneVision."""

from pathlib import Path

from transformers import (
    LlavaOnevisionConfig,
    LlavaOnevisionForConditionalGeneration,
    LlavaOnevisionProcessor,
)
from transformers.models.llava_onevision import LlavaOnevisionImageProcessorPil

from tests.conformance.family import Family, by_chat_template
from tests.conformance.parts import chat_template, randomise, text_settings, tokenizer, vision_settings

GRID = [[32, 32], [32, 64], [64, 32], [64, 64]]
"""Height and width of what an image may be cut into, in pixels."""


def build(folder: Path) -> None:
    """SigLIP's tower before a Qwen2; an image is seen whole and in tiles."""
    from transformers import LlavaOnevisionVideoProcessor

    words = tokenizer(["<image>", "<video>"])
    config = LlavaOnevisionConfig(
        text_config=text_settings(words, "qwen2"),
        vision_config=vision_settings("siglip_vision_model", vision_use_head=False),
        image_token_index=words.convert_tokens_to_ids("<image>"),
        video_token_index=words.convert_tokens_to_ids("<video>"),
        image_grid_pinpoints=GRID,
    )
    processor = LlavaOnevisionProcessor(
        LlavaOnevisionImageProcessorPil(size={"height": 32, "width": 32}, image_grid_pinpoints=GRID),
        words,
        LlavaOnevisionVideoProcessor(size={"height": 32, "width": 32}),
        num_image_tokens=16,
        vision_feature_select_strategy="full",
        chat_template=chat_template("<image>"),
    )
    randomise(LlavaOnevisionForConditionalGeneration(config), words).save_pretrained(folder)
    processor.save_pretrained(folder)


FAMILY = Family(
    model_type="llava_onevision",
    build=build,
    reference=by_chat_template,
    adapter="chat",
    image_tokens=70,
    needs="torchvision",
    checkpoint="llava-hf/llava-onevision-qwen2-0.5b-ov-hf",
)
