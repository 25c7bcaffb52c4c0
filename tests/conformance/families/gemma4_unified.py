"""Gemma 4 without towers: patches and sound go straight into the language model."""

from pathlib import Path

from transformers import (
    Gemma4UnifiedAudioFeatureExtractor,
    Gemma4UnifiedConfig,
    Gemma4UnifiedForConditionalGeneration,
    Gemma4UnifiedProcessor,
)

from tests.conformance.families.gemma4 import NAMED
from tests.conformance.family import Family, by_chat_template
from tests.conformance.parts import chat_template, randomise, text_settings, tokenizer


def build(folder: Path) -> None:
    """At most 70 tokens of 12 × 12 pixels, before a layer with a window and one without."""
    from transformers import Gemma4UnifiedImageProcessor, Gemma4UnifiedVideoProcessor

    words = tokenizer([*NAMED.values(), "<|video|>"], bos="<bos>", extra_special_tokens=NAMED)
    config = Gemma4UnifiedConfig(
        text_config=text_settings(
            words,
            "gemma4_unified_text",
            global_head_dim=32,
            layer_types=["sliding_attention", "full_attention"],
            sliding_window=16,
        ),
        vision_config={
            "patch_size": 4,
            "pooling_kernel_size": 3,
            "mm_embed_dim": 64,
            "mm_posemb_size": 128,
            "output_proj_dims": 64,
        },
        image_token_id=words.image_token_id,
        boi_token_id=words.boi_token_id,
        eoi_token_id=words.eoi_token_id,
        audio_token_id=words.audio_token_id,
        boa_token_id=words.boa_token_id,
        eoa_token_index=words.eoa_token_id,
        video_token_id=words.convert_tokens_to_ids("<|video|>"),
    )
    processor = Gemma4UnifiedProcessor(
        Gemma4UnifiedAudioFeatureExtractor(),
        Gemma4UnifiedImageProcessor(patch_size=4, max_soft_tokens=70),
        words,
        Gemma4UnifiedVideoProcessor(patch_size=4, max_soft_tokens=70),
        image_seq_length=70,
        chat_template=chat_template("<|image|>"),
    )
    randomise(Gemma4UnifiedForConditionalGeneration(config), words, deviation=0.05).save_pretrained(folder)
    processor.save_pretrained(folder)


FAMILY = Family(
    model_type="gemma4_unified",
    build=build,
    reference=by_chat_template,
    adapter="chat",
    image_tokens=63,
    needs="torchvision",
    checkpoint="google/gemma-4-12B-it",
)
