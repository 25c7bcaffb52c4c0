"""Gemma 4."""

from pathlib import Path

from transformers import (
    Gemma4AudioFeatureExtractor,
    Gemma4Config,
    Gemma4ForConditionalGeneration,
    Gemma4Processor,
)
from transformers.models.gemma4 import Gemma4ImageProcessorPil

from tests.conformance.family import Family, by_chat_template
from tests.conformance.parts import chat_template, randomise, text_settings, tokenizer, vision_settings

NAMED = {
    "image_token": "<|image|>",
    "boi_token": "<|image>",
    "eoi_token": "<image|>",
    "audio_token": "<|audio|>",
    "boa_token": "<|audio>",
    "eoa_token": "<audio|>",
}


def build(folder: Path) -> None:
    """At most 70 tokens of 3 × 3 patches, before a layer with a window and one without; no audio tower."""
    from transformers import Gemma4VideoProcessor

    words = tokenizer([*NAMED.values(), "<|video|>"], bos="<bos>", extra_special_tokens=NAMED)
    vision = vision_settings(
        head_dim=16, num_key_value_heads=4, patch_size=4, position_embedding_size=256, pooling_kernel_size=3
    )
    del vision["image_size"]
    config = Gemma4Config(
        text_config=text_settings(
            words,
            "gemma4_text",
            global_head_dim=32,
            layer_types=["sliding_attention", "full_attention"],
            sliding_window=16,
            vocab_size_per_layer_input=len(words),
            hidden_size_per_layer_input=16,
            use_bidirectional_attention="vision",
        ),
        vision_config=vision,
        image_token_id=words.image_token_id,
        boi_token_id=words.boi_token_id,
        eoi_token_id=words.eoi_token_id,
        audio_token_id=words.audio_token_id,
        boa_token_id=words.boa_token_id,
        eoa_token_index=words.eoa_token_id,
        video_token_id=words.convert_tokens_to_ids("<|video|>"),
    )
    processor = Gemma4Processor(
        Gemma4AudioFeatureExtractor(),
        Gemma4ImageProcessorPil(patch_size=4, max_soft_tokens=70),
        words,
        Gemma4VideoProcessor(patch_size=4, max_soft_tokens=70),
        image_seq_length=70,
        chat_template=chat_template("<|image|>"),
    )
    randomise(Gemma4ForConditionalGeneration(config), words, deviation=0.05).save_pretrained(folder)
    processor.save_pretrained(folder)


FAMILY = Family(
    model_type="gemma4",
    build=build,
    reference=by_chat_template,
    adapter="chat",
    image_tokens=63,
    needs="torchvision",
    checkpoint="google/gemma-4-E2B-it",
)
