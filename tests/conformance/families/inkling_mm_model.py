"""Inkling."""

from pathlib import Path

from transformers import (
    InklingConfig,
    InklingFeatureExtractor,
    InklingForConditionalGeneration,
    InklingProcessor,
)

from tests.conformance.family import Family, by_chat_template
from tests.conformance.parts import chat_template, randomise, text_settings, tokenizer

NAMED = {"image_token": "<|unused_200054|>", "audio_token": "<|unused_200053|>"}
MARKS = ["<|content_image|>", "<|content_audio_input|>"]


def build(folder: Path) -> None:
    """Patches of 20 pixels, each a token, before a layer with a window and one of experts without."""
    from transformers import InklingImageProcessor

    words = tokenizer([*NAMED.values(), *MARKS], extra_special_tokens=NAMED)
    config = InklingConfig(
        text_config=text_settings(
            words,
            "inkling_text",
            swa_num_attention_heads=4,
            swa_num_key_value_heads=2,
            swa_head_dim=16,
            sliding_window_size=16,
            d_rel=4,
            rel_extent=64,
            layer_types=["hybrid_sliding", "hybrid"],
            mlp_layer_types=["dense", "sparse"],
            moe_intermediate_size=64,
            n_routed_experts=2,
            num_experts_per_tok=1,
            n_shared_experts=1,
            logits_mup_width_multiplier=1.0,
        ),
        vision_config={"patch_size": 20, "hidden_size": 64, "num_hidden_layers": 5, "num_attention_heads": 4},
        audio_config={"n_mel_bins": 4, "mel_vocab_size": 8},
        image_token_id=words.image_token_id,
        audio_token_id=words.audio_token_id,
        image_bos_token_id=words.convert_tokens_to_ids(MARKS[0]),
        audio_bos_token_id=words.convert_tokens_to_ids(MARKS[1]),
    )
    processor = InklingProcessor(
        InklingFeatureExtractor(feature_size=4),
        InklingImageProcessor(size={"height": 20, "width": 20}),
        words,
        chat_template=chat_template("<|content_image|><|unused_200054|>"),
    )
    randomise(InklingForConditionalGeneration(config), words).save_pretrained(folder)
    processor.save_pretrained(folder)


FAMILY = Family(
    model_type="inkling_mm_model",
    build=build,
    reference=by_chat_template,
    adapter="chat",
    image_tokens=12,
    needs="torchvision",
    checkpoint="thinkingmachines/Inkling",
)
