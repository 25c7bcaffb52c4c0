"""FastVLM."""

from pathlib import Path

from transformers import FastVlmConfig, FastVlmForConditionalGeneration, LlavaProcessor
from transformers.models.clip import CLIPImageProcessorPil

from tests.conformance.family import Family, by_chat_template
from tests.conformance.parts import chat_template, randomise, text_settings, tokenizer


def build(folder: Path) -> None:
    """A small convolutional tower of timm's, 25 places wide, before a Qwen 2."""
    words = tokenizer(["<image>"], extra_special_tokens={"image_token": "<image>"})
    config = FastVlmConfig(
        text_config=text_settings(words, "qwen2"),
        vision_config={
            "model_type": "timm_wrapper",
            "architecture": "test_byobnet",
            "do_pooling": False,
            "hidden_size": 256,
        },
        image_token_index=words.image_token_id,
        image_seq_length=25,
    )
    processor = LlavaProcessor(
        CLIPImageProcessorPil(size={"height": 160, "width": 160}, do_center_crop=False),
        words,
        patch_size=32,
        vision_feature_select_strategy="full",
        chat_template=chat_template("<image>"),
    )
    randomise(FastVlmForConditionalGeneration(config), words).save_pretrained(folder)
    processor.save_pretrained(folder)


FAMILY = Family(
    model_type="fast_vlm",
    build=build,
    reference=by_chat_template,
    adapter="chat",
    image_tokens=25,
    needs="timm",
    checkpoint="KamilaMila/FastVLM-0.5B",
)
