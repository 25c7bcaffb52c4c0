"""Qwen2-VL."""

from pathlib import Path

from transformers import Qwen2VLConfig, Qwen2VLForConditionalGeneration, Qwen2VLProcessor

from tests.conformance.family import Family, by_chat_template
from tests.conformance.parts import randomise
from tests.conformance.qwen import qwen_ids, qwen_processor, qwen_text, qwen_vision, qwen_words


def build(folder: Path) -> None:
    """Its tower takes images of any size; the text model gives them places in three dimensions."""
    words = qwen_words()
    config = Qwen2VLConfig(
        text_config=qwen_text(words, "qwen2_vl_text"),
        vision_config=qwen_vision("qwen2_vl_vision", embed_dim=64),
        **qwen_ids(words),
    )
    randomise(Qwen2VLForConditionalGeneration(config), words).save_pretrained(folder)
    qwen_processor(Qwen2VLProcessor, words).save_pretrained(folder)


FAMILY = Family(
    model_type="qwen2_vl",
    build=build,
    reference=by_chat_template,
    adapter="chat",
    image_tokens=6,
    needs="torchvision",
    checkpoint="Qwen/Qwen2-VL-2B-Instruct",
)
