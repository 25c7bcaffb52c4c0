"""Qwen3.5."""

from pathlib import Path

from transformers import Qwen3_5Config, Qwen3_5ForConditionalGeneration, Qwen3VLProcessor

from tests.conformance.family import Family, by_chat_template
from tests.conformance.parts import randomise
from tests.conformance.qwen import (
    LINEAR_ATTENTION,
    qwen_ids,
    qwen_processor,
    qwen_text,
    qwen_vision,
    qwen_words,
)


def build(folder: Path) -> None:
    """A layer of linear attention, then one of full attention."""
    words = qwen_words()
    config = Qwen3_5Config(
        text_config=qwen_text(words, "qwen3_5_text", **LINEAR_ATTENTION),
        vision_config=qwen_vision("qwen3_5_vision", num_position_embeddings=64),
        **qwen_ids(words),
    )
    randomise(Qwen3_5ForConditionalGeneration(config), words, deviation=0.3).save_pretrained(folder)
    qwen_processor(Qwen3VLProcessor, words).save_pretrained(folder)


FAMILY = Family(
    model_type="qwen3_5",
    build=build,
    reference=by_chat_template,
    adapter="chat",
    image_tokens=6,
    needs="torchvision",
    checkpoint="Qwen/Qwen3.5-27B",
)
