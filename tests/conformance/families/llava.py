"""LLaVA 1.5."""

from pathlib import Path

from transformers import LlavaConfig, LlavaForConditionalGeneration, LlavaProcessor
from transformers.models.clip import CLIPImageProcessorPil

from tests.conformance.family import Family, by_chat_template
from tests.conformance.parts import chat_template, randomise, text_settings, tokenizer, vision_settings


def build(folder: Path) -> None:
    """CLIP's tower, of which the class token is dropped, before a Llama."""
    words = tokenizer(["<image>"], extra_special_tokens={"image_token": "<image>"})
    config = LlavaConfig(
        text_config=text_settings(words),
        vision_config=vision_settings("clip_vision_model"),
        image_token_id=words.convert_tokens_to_ids("<image>"),
        vision_feature_layer=-1,
    )
    processor = LlavaProcessor(
        CLIPImageProcessorPil(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}),
        words,
        patch_size=8,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
        chat_template=chat_template("<image>"),
    )
    randomise(LlavaForConditionalGeneration(config), words).save_pretrained(folder)
    processor.save_pretrained(folder)


FAMILY = Family(
    model_type="llava",
    build=build,
    reference=by_chat_template,
    adapter="chat",
    image_tokens=16,
    checkpoint="llava-hf/llava-1.5-7b-hf",
)
