"""Inkling 2."""

from pathlib import Path

from transformers import Inkling2Config, Inkling2ForConditionalGeneration, Inkling2Processor

from tests.conformance.family import Family, by_chat_template
from tests.conformance.parts import chat_template, randomise, text_settings, tokenizer

NAMED = {"image_token": "<|unused_200054|>"}


def build(folder: Path) -> None:
    """2 × 2 patches of 10 pixels to a token, before a layer with a window and one without, of experts."""
    from transformers import Inkling2ImageProcessor

    words = tokenizer([*NAMED.values(), "<|content_image|>"], extra_special_tokens=NAMED)
    text = text_settings(
        words,
        "inkling2_text",
        unpadded_vocab_size=len(words),
        swa_num_attention_heads=4,
        swa_num_key_value_heads=2,
        swa_head_dim=16,
        sliding_window_size=16,
        d_rel=4,
        rel_extent=64,
        layer_types=["hybrid_sliding", "hybrid"],
        moe_intermediate_size=64,
        n_routed_experts=2,
        num_experts_per_tok=1,
        n_layers_per_attn_res_block=1,
    )
    config = Inkling2Config(
        text_config=text,
        vision_config={
            "patch_size": 10,
            "hidden_size": 64,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "posemb_grid_size": 8,
            "projection_hidden_dim": 64,
            "text_hidden_size": 64,
        },
        image_token_id=words.image_token_id,
    )
    processor = Inkling2Processor(
        Inkling2ImageProcessor(size={"height": 20, "width": 20}),
        words,
        chat_template=chat_template("<|content_image|><|unused_200054|>"),
    )
    randomise(Inkling2ForConditionalGeneration(config), words).save_pretrained(folder)
    processor.save_pretrained(folder)


FAMILY = Family(
    model_type="inkling2",
    build=build,
    reference=by_chat_template,
    adapter="chat",
    image_tokens=12,
    needs="torchvision",
    checkpoint="thinkingmachines/Inkling-2-Small",
)
