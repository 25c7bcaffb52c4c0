"""Qwen3-VL."""

from pathlib import Path

from transformers import Qwen3VLConfig, Qwen3VLForConditionalGeneration, Qwen3VLProcessor

from tests.conformance.family import Family, by_chat_template
from tests.conformance.parts import randomise
from tests.conformance.qwen import qwen_ids, qwen_processor, qwen_text, qwen_vision, qwen_words


def build(folder: Path) -> None:
    """The first layer of its tower reaches the text model by a way of its own."""
    words = qwen_words()
    config = Qwen3VLConfig(
        text_config=qwen_text(words, "qwen3_vl_text"),
        vision_config=qwen_vision(
            "qwen3_vl_vision", num_position_embeddings=64, deepstack_visual_indexes=[0]
        ),
        **qwen_ids(words),
    )
    randomise(Qwen3VLForConditionalGeneration(config), words).save_pretrained(folder)
    qwen_processor(Qwen3VLProcessor, words).save_pretrained(folder)


FAMILY = Family(
    model_type="qwen3_vl",
    build=build,
    reference=by_chat_template,
    adapter="chat",
    image_tokens=6,
    needs="torchvision",
    checkpoint="Qwen/Qwen3-VL-2B-Instruct",
)
