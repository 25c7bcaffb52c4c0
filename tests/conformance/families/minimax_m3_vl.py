"""MiniMax M3."""

from pathlib import Path

from transformers import MiniMaxM3SparseForConditionalGeneration, MiniMaxM3VLConfig, MiniMaxM3VLProcessor

from tests.conformance.family import Family, by_chat_template
from tests.conformance.parts import chat_template, randomise, text_settings, tokenizer, vision_settings
from tests.conformance.qwen import PIXELS


def build(folder: Path) -> None:
    """A dense layer, then one with sparse attention before four experts."""
    from transformers import MiniMaxM3VLImageProcessor, MiniMaxM3VLVideoProcessor

    kind = MiniMaxM3VLProcessor
    words = tokenizer([kind.IMAGE_TOKEN, kind.VIDEO_TOKEN, kind.VISION_START_TOKEN, kind.VISION_END_TOKEN])
    config = MiniMaxM3VLConfig(
        text_config=text_settings(
            words,
            "minimax_m3_vl_text",
            dense_intermediate_size=128,
            shared_intermediate_size=32,
            num_local_experts=4,
            num_experts_per_tok=2,
            rotary_dim=8,
            mlp_layer_types=["dense", "sparse"],
            layer_types=["full_attention", "minimax_m3_sparse"],
            index_n_heads=2,
            index_head_dim=16,
            index_block_size=8,
            index_topk_blocks=4,
        ),
        vision_config=vision_settings("minimax_m3_vl_vision", temporal_patch_size=2),
        image_token_index=words.convert_tokens_to_ids(kind.IMAGE_TOKEN),
        video_token_index=words.convert_tokens_to_ids(kind.VIDEO_TOKEN),
        projector_hidden_size=64,
    )
    processor = kind(
        MiniMaxM3VLImageProcessor(size=PIXELS, patch_size=8),
        words,
        MiniMaxM3VLVideoProcessor(size=PIXELS, patch_size=8),
        chat_template=chat_template(kind.IMAGE_TOKEN),
    )
    randomise(MiniMaxM3SparseForConditionalGeneration(config), words).save_pretrained(folder)
    processor.save_pretrained(folder)


FAMILY = Family(
    model_type="minimax_m3_vl",
    build=build,
    reference=by_chat_template,
    adapter="chat",
    image_tokens=6,
    batches=False,
    needs="torchvision",
    checkpoint="MiniMaxAI/MiniMax-M3",
)
