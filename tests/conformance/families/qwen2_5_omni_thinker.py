"""Qwen2.5-Omni's thinker, the part that sees and writes."""

from pathlib import Path

from transformers import (
    Qwen2_5OmniProcessor,
    Qwen2_5OmniThinkerConfig,
    Qwen2_5OmniThinkerForConditionalGeneration,
)

from tests.conformance.family import Family, by_chat_template
from tests.conformance.parts import randomise
from tests.conformance.qwen import omni_ids, omni_processor, omni_words, qwen_text, qwen_vision


def build(folder: Path) -> None:
    """Qwen2.5-VL's tower and text model; it has ears too, of which nothing is asked."""
    words = omni_words()
    config = Qwen2_5OmniThinkerConfig(
        text_config=qwen_text(words, "qwen2_5_omni_text"),
        vision_config=qwen_vision("qwen2_5_omni_vision_encoder", window_size=32, fullatt_block_indexes=[1]),
        audio_config={
            "num_mel_bins": 16,
            "encoder_layers": 1,
            "encoder_attention_heads": 4,
            "encoder_ffn_dim": 64,
            "d_model": 32,
            "output_dim": 64,
        },
        **omni_ids(words),
    )
    randomise(Qwen2_5OmniThinkerForConditionalGeneration(config), words).save_pretrained(folder)
    omni_processor(Qwen2_5OmniProcessor, words).save_pretrained(folder)


FAMILY = Family(
    model_type="qwen2_5_omni_thinker",
    build=build,
    reference=by_chat_template,
    adapter="chat",
    image_tokens=6,
    needs="torchvision",
    checkpoint="Qwen/Qwen2.5-Omni-7B",
)
