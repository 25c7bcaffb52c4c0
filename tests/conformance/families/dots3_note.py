"""dots3 Note."""

from pathlib import Path

from transformers import (
    Dots3NoteConfig,
    Dots3NoteFeatureExtractor,
    Dots3NoteForConditionalGeneration,
    Dots3NoteProcessor,
)
from transformers.models.qwen2_vl import Qwen2VLImageProcessorPil

from tests.conformance import grid
from tests.conformance.family import Family, by_chat_template
from tests.conformance.parts import chat_template, text_settings, tokenizer

TOKENS = ["<|img|>", "<|imgpad|>", "<|endofimg|>", "<|video_pad|>", "<|audio_comp_pad|>"]
LATENT = {"q_lora_rank": 32, "kv_lora_rank": 16, "qk_nope_head_dim": 16, "v_head_dim": 16}


def build(folder: Path) -> None:
    """Latent attention that picks the tokens it looks at, then with a window; dense, then of experts."""
    from transformers import Qwen2VLVideoProcessor

    words = tokenizer(TOKENS)
    text = text_settings(
        words,
        "dots3_note_text",
        num_key_value_heads=4,
        head_dim=24,
        qk_rope_head_dim=8,
        **LATENT,
        **{f"swa_{name}": value for name, value in LATENT.items()},
        swa_num_attention_heads=4,
        swa_num_key_value_heads=4,
        swa_head_dim=24,
        sliding_window_size=16,
        layer_types=["indexed_attention", "sliding_attention"],
        mlp_layer_types=["dense", "sparse"],
        moe_intermediate_size=64,
        shared_experts_intermediate_size=64,
        n_routed_experts=2,
        num_experts_per_tok=1,
        index_topk=64,
        index_head_dim=16,
        index_n_heads=2,
    )
    vision = {
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "patch_size": 8,
        "moe_intermediate_size": 64,
        "mlp_layer_types": ["dense", "sparse"],
        "num_local_experts": 2,
        "num_experts_per_tok": 1,
        "adapter_in_dim": 64,
        "adapter_out_dim": 64,
    }
    audio = {
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "feature_size": 16,
        "downsample_hidden_size": 8,
        "adapter_input_size": 32,
        "adapter_out_dim": 64,
    }
    config = Dots3NoteConfig(
        text_config=text,
        vision_config=vision,
        audio_config=audio,
        image_token_id=words.convert_tokens_to_ids("<|imgpad|>"),
        video_token_id=words.convert_tokens_to_ids("<|video_pad|>"),
        audio_token_id=words.convert_tokens_to_ids("<|audio_comp_pad|>"),
    )
    processor = Dots3NoteProcessor(
        Qwen2VLImageProcessorPil(**grid.PIXELS, temporal_patch_size=1),
        words,
        Qwen2VLVideoProcessor(**grid.PIXELS),
        Dots3NoteFeatureExtractor(feature_size=16),
        chat_template=chat_template("<|img|><|imgpad|><|endofimg|>"),
    )
    grid.save(folder, Dots3NoteForConditionalGeneration(config), processor, words)


FAMILY = Family(
    model_type="dots3_note",
    build=build,
    reference=by_chat_template,
    adapter="chat",
    image_tokens=12,
    needs="torchvision",
    checkpoint="dots-studio/dots3-note-prev",
)
