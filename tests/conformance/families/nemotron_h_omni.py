"""Nemotron-H Omni."""

from pathlib import Path

from transformers import (
    NemotronH_Omni_Reasoning_V3,
    NemotronH_Omni_Reasoning_V3_Config,
    NemotronH_Omni_Reasoning_V3Processor,
)

from tests.conformance.family import Family, by_chat_template
from tests.conformance.parts import chat_template, randomise, text_settings, tokenizer

WORDS = ["<image>", "<video>", "<so_embedding>", "<so_start>", "<so_end>", "<img>", "</img>"]


def build(folder: Path) -> None:
    """RADIO's tower before a Mamba layer, experts, attention and a dense layer."""
    from transformers import (
        NemotronH_Omni_Reasoning_V3ImageProcessor,
        NemotronH_Omni_Reasoning_V3VideoProcessor,
        ParakeetFeatureExtractor,
    )

    words = tokenizer(WORDS)
    config = NemotronH_Omni_Reasoning_V3_Config(
        text_config=text_settings(
            words,
            "nemotron_h",
            num_hidden_layers=4,
            layers_block_type=["linear_attention", "moe", "full_attention", "mlp"],
            ssm_state_size=16,
            mamba_num_heads=4,
            mamba_head_dim=16,
            n_groups=2,
            n_routed_experts=4,
            moe_intermediate_size=32,
            moe_shared_expert_intermediate_size=32,
        ),
        vision_config={
            "model_type": "radio",
            "hidden_size": 64,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "mlp_ratio": 2.0,
            "patch_size": 8,
            "image_size": 32,
            "max_img_size": 64,
            "video_temporal_patch_size": 2,
        },
        projector_hidden_size=64,
        vision_hidden_size=64,
        image_token_id=words.convert_tokens_to_ids("<image>"),
        video_token_id=words.convert_tokens_to_ids("<video>"),
    )
    processor = NemotronH_Omni_Reasoning_V3Processor(
        NemotronH_Omni_Reasoning_V3ImageProcessor(patch_size=8, min_num_patches=16, max_num_patches=32),
        NemotronH_Omni_Reasoning_V3VideoProcessor(patch_size=8),
        words,
        ParakeetFeatureExtractor(),
        chat_template=chat_template("<image>"),
    )
    randomise(NemotronH_Omni_Reasoning_V3(config), words).save_pretrained(folder)
    processor.save_pretrained(folder)


FAMILY = Family(
    model_type="nemotron_h_omni",
    build=build,
    reference=by_chat_template,
    adapter="chat",
    image_tokens=6,
    needs="torchvision",
    checkpoint="nvidia/Nemotron-3-Nano-Omni-30B-A3B-Reasoning-BF16",
)
