"""Qwen3-VL with experts."""

from pathlib import Path

from transformers import Qwen3VLMoeConfig, Qwen3VLMoeForConditionalGeneration, Qwen3VLProcessor

from tests.conformance.family import Family, by_chat_template
from tests.conformance.parts import randomise
from tests.conformance.qwen import qwen_ids, qwen_processor, qwen_text, qwen_vision, qwen_words


def build(folder: Path) -> None:
    """Four experts, of which two see each token."""
    words = qwen_words()
    config = Qwen3VLMoeConfig(
        text_config=qwen_text(
            words, "qwen3_vl_moe_text", moe_intermediate_size=32, num_experts=4, num_experts_per_tok=2
        ),
        vision_config=qwen_vision(
            "qwen3_vl_moe_vision", num_position_embeddings=64, deepstack_visual_indexes=[0]
        ),
        **qwen_ids(words),
    )
    randomise(Qwen3VLMoeForConditionalGeneration(config), words).save_pretrained(folder)
    qwen_processor(Qwen3VLProcessor, words).save_pretrained(folder)


FAMILY = Family(
    model_type="qwen3_vl_moe",
    build=build,
    reference=by_chat_template,
    adapter="chat",
    image_tokens=6,
    needs="torchvision",
    checkpoint="Qwen/Qwen3-VL-30B-A3B-Instruct",
)
