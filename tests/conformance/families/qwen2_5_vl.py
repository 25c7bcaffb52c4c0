"""Qwen2.5-VL."""

from pathlib import Path

from transformers import Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration, Qwen2_5_VLProcessor

from tests.conformance.family import Family, by_chat_template
from tests.conformance.parts import randomise
from tests.conformance.qwen import qwen_ids, qwen_processor, qwen_text, qwen_vision, qwen_words


def build(folder: Path) -> None:
    """Its tower looks through windows in the first layer, at the whole image in the second."""
    words = qwen_words()
    config = Qwen2_5_VLConfig(
        text_config=qwen_text(words, "qwen2_5_vl_text"),
        vision_config=qwen_vision("qwen2_5_vl_vision", window_size=32, fullatt_block_indexes=[1]),
        **qwen_ids(words),
    )
    randomise(Qwen2_5_VLForConditionalGeneration(config), words).save_pretrained(folder)
    qwen_processor(Qwen2_5_VLProcessor, words).save_pretrained(folder)


FAMILY = Family(
    model_type="qwen2_5_vl",
    build=build,
    reference=by_chat_template,
    adapter="chat",
    image_tokens=6,
    needs="torchvision",
    checkpoint="Qwen/Qwen2.5-VL-3B-Instruct",
)
