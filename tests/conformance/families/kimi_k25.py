"""Kimi K2.5."""

from pathlib import Path

from transformers import Kimi_K25Config, Kimi_K25ForConditionalGeneration, Kimi_K25Processor

from tests.conformance.family import Family, by_chat_template
from tests.conformance.parts import chat_template, randomise, text_settings, tokenizer, vision_settings

NAMED = {"image_token": "<|media_pad|>", "video_token": "<|kimi_k25_video_placeholder|>"}
MARKS = ["<|media_begin|>", "<|media_content|>", "<|media_end|>"]


def build(folder: Path) -> None:
    """2 × 2 patches to a token, before a dense layer and one of experts, with latent attention."""
    from transformers import Kimi_K25ImageProcessor, Kimi_K25VideoProcessor

    words = tokenizer([*NAMED.values(), *MARKS], extra_special_tokens=NAMED)
    vision = vision_settings(pos_emb_height=8, pos_emb_width=8)
    del vision["image_size"]
    text = text_settings(
        words,
        "deepseek_v3",
        num_key_value_heads=4,
        q_lora_rank=32,
        kv_lora_rank=16,
        qk_rope_head_dim=8,
        qk_nope_head_dim=16,
        v_head_dim=16,
        n_routed_experts=2,
        num_experts_per_tok=1,
        moe_intermediate_size=64,
        first_k_dense_replace=1,
        n_group=1,
        topk_group=1,
    )
    del text["head_dim"]
    config = Kimi_K25Config(
        text_config=text,
        vision_config=vision,
        projection_hidden_size=64,
        image_token_id=words.image_token_id,
        video_token_id=words.video_token_id,
        vision_start_token_id=words.convert_tokens_to_ids("<|media_begin|>"),
        vision_end_token_id=words.convert_tokens_to_ids("<|media_end|>"),
        tie_word_embeddings=False,
    )
    processor = Kimi_K25Processor(
        Kimi_K25ImageProcessor(patch_size=8),
        words,
        Kimi_K25VideoProcessor(patch_size=8),
        chat_template=chat_template("<|media_begin|>image<|media_content|><|media_pad|><|media_end|>"),
    )
    randomise(Kimi_K25ForConditionalGeneration(config), words).save_pretrained(folder)
    processor.save_pretrained(folder)


FAMILY = Family(
    model_type="kimi_k25",
    build=build,
    reference=by_chat_template,
    adapter="chat",
    image_tokens=12,
    needs="torchvision",
    checkpoint="moonshotai/Kimi-K2.6",
)
