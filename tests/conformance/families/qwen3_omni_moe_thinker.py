"""Qwen3-Omni's thinker, the part that sees and writes."""

from pathlib import Path

from transformers import (
    Qwen3OmniMoeProcessor,
    Qwen3OmniMoeThinkerConfig,
    Qwen3OmniMoeThinkerForConditionalGeneration,
)

from tests.conformance.family import Family, by_chat_template
from tests.conformance.parts import randomise
from tests.conformance.qwen import omni_ids, omni_processor, omni_words, qwen_text, qwen_vision


def build(folder: Path) -> None:
    """Qwen3-VL's tower and four experts; it has ears too, of which nothing is asked."""
    words = omni_words()
    config = Qwen3OmniMoeThinkerConfig(
        text_config=qwen_text(
            words, "qwen3_omni_moe_text", moe_intermediate_size=32, num_experts=4, num_experts_per_tok=2
        ),
        vision_config=qwen_vision(
            "qwen3_omni_moe_vision_encoder", num_position_embeddings=64, deepstack_visual_indexes=[0]
        ),
        audio_config={
            "num_mel_bins": 16,
            "encoder_layers": 1,
            "encoder_attention_heads": 4,
            "encoder_ffn_dim": 64,
            "d_model": 32,
            "output_dim": 64,
            "downsample_hidden_size": 16,
        },
        **omni_ids(words),
    )
    randomise(Qwen3OmniMoeThinkerForConditionalGeneration(config), words).save_pretrained(folder)
    omni_processor(Qwen3OmniMoeProcessor, words).save_pretrained(folder)


FAMILY = Family(
    model_type="qwen3_omni_moe_thinker",
    build=build,
    reference=by_chat_template,
    adapter="chat",
    image_tokens=6,
    needs="torchvision",
    checkpoint="Qwen/Qwen3-Omni-30B-A3B-Instruct",
)
