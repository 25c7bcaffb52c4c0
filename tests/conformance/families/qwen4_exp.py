"""Qwen4-Exp."""

from pathlib import Path

from transformers import Qwen3VLProcessor, Qwen4ExpConfig, Qwen4ExpForConditionalGeneration

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
    """A layer of linear attention, one of indexed attention, in two streams, each before four experts."""
    words = qwen_words()
    config = Qwen4ExpConfig(
        text_config=qwen_text(
            words,
            "qwen4_exp_text",
            **LINEAR_ATTENTION,
            moe_intermediate_size=32,
            shared_expert_intermediate_size=32,
            num_experts=4,
            num_experts_per_tok=2,
            hc_count=2,
            hc_lowrank=16,
            indexer_n_heads=2,
            indexer_kv_heads=1,
            indexer_head_dim=16,
            indexer_budget=8,
            indexer_compress_ratio=4,
        ),
        vision_config=qwen_vision("qwen4_exp_vision", num_position_embeddings=64),
        **qwen_ids(words),
    )
    randomise(Qwen4ExpForConditionalGeneration(config), words, deviation=0.3).save_pretrained(folder)
    qwen_processor(Qwen3VLProcessor, words).save_pretrained(folder)


FAMILY = Family(
    model_type="qwen4_exp",
    build=build,
    reference=by_chat_template,
    adapter="chat",
    image_tokens=6,
    needs="torchvision",
    checkpoint="Qwen/Qwen4-Exp",
)
