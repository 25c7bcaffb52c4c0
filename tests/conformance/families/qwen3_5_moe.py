"""Qwen3.5 with experts."""

from pathlib import Path

from transformers import Qwen3_5MoeConfig, Qwen3_5MoeForConditionalGeneration, Qwen3VLProcessor

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
    """A layer of linear attention, one of full attention, each before four experts and a shared one."""
    words = qwen_words()
    config = Qwen3_5MoeConfig(
        text_config=qwen_text(
            words,
            "qwen3_5_moe_text",
            **LINEAR_ATTENTION,
            moe_intermediate_size=32,
            shared_expert_intermediate_size=32,
            num_experts=4,
            num_experts_per_tok=2,
        ),
        vision_config=qwen_vision("qwen3_5_moe_vision", num_position_embeddings=64),
        **qwen_ids(words),
    )
    randomise(Qwen3_5MoeForConditionalGeneration(config), words).save_pretrained(folder)
    qwen_processor(Qwen3VLProcessor, words).save_pretrained(folder)


FAMILY = Family(
    model_type="qwen3_5_moe",
    build=build,
    reference=by_chat_template,
    adapter="chat",
    image_tokens=6,
    needs="torchvision",
    checkpoint="Qwen/Qwen3.5-35B-A3B",
)
