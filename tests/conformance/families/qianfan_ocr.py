"""Qianfan-OCR."""

from pathlib import Path

from transformers import QianfanOCRConfig, QianfanOCRForConditionalGeneration, QianfanOCRProcessor
from transformers.models.got_ocr2 import GotOcr2ImageProcessorPil

from tests.conformance.family import Family, by_chat_template
from tests.conformance.parts import chat_template, randomise, text_settings, tokenizer, vision_settings

NAMES = {
    "start_image_token": "<img>",
    "end_image_token": "</img>",
    "context_image_token": "<IMG_CONTEXT>",
}


def build(folder: Path) -> None:
    """InternVL's tower before a Qwen3; an image is seen in tiles and whole."""
    words = tokenizer(["<image>", *NAMES.values()], extra_special_tokens=NAMES)
    config = QianfanOCRConfig(
        text_config=text_settings(words, "qwen3"),
        vision_config=vision_settings("qianfan_ocr_vision"),
        image_token_id=words.convert_tokens_to_ids("<IMG_CONTEXT>"),
        image_seq_length=4,
    )
    processor = QianfanOCRProcessor(
        GotOcr2ImageProcessorPil(size={"height": 32, "width": 32}, crop_to_patches=True, max_patches=6),
        words,
        image_seq_length=4,
        chat_template=chat_template("<image>"),
    )
    randomise(QianfanOCRForConditionalGeneration(config), words).save_pretrained(folder)
    processor.save_pretrained(folder)


FAMILY = Family(
    model_type="qianfan_ocr",
    build=build,
    reference=by_chat_template,
    adapter="chat",
    image_tokens=28,
    checkpoint="baidu/Qianfan-OCR",
)
