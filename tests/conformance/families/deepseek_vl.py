"""DeepSeek-VL 1.3B: a SigLIP tower alone."""

from pathlib import Path

from transformers import DeepseekVLConfig, DeepseekVLForConditionalGeneration, DeepseekVLProcessor
from transformers.models.deepseek_vl import DeepseekVLImageProcessorPil

from tests.conformance.family import Family, by_chat_template
from tests.conformance.parts import chat_template, randomise, text_settings, tokenizer, vision_settings


def build(folder: Path) -> None:
    """A token for each of 16 patches, before a Llama."""
    words = tokenizer(
        ["<image_placeholder>"], bos="<bos>", extra_special_tokens={"image_token": "<image_placeholder>"}
    )
    config = DeepseekVLConfig(
        text_config=text_settings(words),
        vision_config=vision_settings("siglip_vision_model", vision_use_head=False),
        image_token_id=words.convert_tokens_to_ids("<image_placeholder>"),
    )
    processor = DeepseekVLProcessor(
        DeepseekVLImageProcessorPil(size={"height": 32, "width": 32}),
        words,
        num_image_tokens=16,
        chat_template=chat_template("<image_placeholder>"),
    )
    randomise(DeepseekVLForConditionalGeneration(config), words).save_pretrained(folder)
    processor.save_pretrained(folder)


FAMILY = Family(
    model_type="deepseek_vl",
    build=build,
    reference=by_chat_template,
    adapter="chat",
    image_tokens=16,
    checkpoint="deepseek-community/deepseek-vl-1.3b-chat",
)
