"""PaddleOCR-VL."""

from pathlib import Path

from transformers import PaddleOCRVLConfig, PaddleOCRVLForConditionalGeneration, PaddleOCRVLProcessor
from transformers.models.paddleocr_vl import PaddleOCRVLImageProcessorPil

from tests.conformance.family import Family, by_chat_template
from tests.conformance.parts import chat_template, randomise, tokenizer, vision_settings
from tests.conformance.qwen import PIXELS, qwen_text

NAMES = {
    "image_token": "<|IMAGE_PLACEHOLDER|>",
    "video_token": "<|VIDEO_PLACEHOLDER|>",
    "vision_start_token": "<|IMAGE_START|>",
    "vision_end_token": "<|IMAGE_END|>",
}


def build(folder: Path) -> None:
    """A tower for images of any size before an Ernie."""
    words = tokenizer([*NAMES.values()], extra_special_tokens=NAMES)
    config = PaddleOCRVLConfig(
        text_config=qwen_text(words, "paddleocr_vl_text"),
        vision_config=vision_settings("paddleocr_vl_vision"),
        **{f"{name}_id": words.convert_tokens_to_ids(token) for name, token in NAMES.items()},
    )
    processor = PaddleOCRVLProcessor(
        PaddleOCRVLImageProcessorPil(size=PIXELS, patch_size=8),
        words,
        chat_template=chat_template("<|IMAGE_START|><|IMAGE_PLACEHOLDER|><|IMAGE_END|>"),
    )
    randomise(PaddleOCRVLForConditionalGeneration(config), words).save_pretrained(folder)
    processor.save_pretrained(folder)


FAMILY = Family(
    model_type="paddleocr_vl",
    build=build,
    reference=by_chat_template,
    adapter="chat",
    image_tokens=6,
    checkpoint="PaddlePaddle/PaddleOCR-VL",
)
