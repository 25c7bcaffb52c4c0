"""Perception LM."""

from pathlib import Path

from transformers import PerceptionLMConfig, PerceptionLMForConditionalGeneration, PerceptionLMProcessor

from tests.conformance.family import Family, by_chat_template
from tests.conformance.parts import chat_template, randomise, text_settings, tokenizer

NAMES = {"image_token": "<|image|>", "video_token": "<|video|>"}


def build(folder: Path) -> None:
    """A perception encoder from timm before a Llama; an image is seen whole and in tiles."""
    from transformers import PerceptionLMImageProcessor, PerceptionLMVideoProcessor

    words = tokenizer([*NAMES.values()], extra_special_tokens=NAMES)
    config = PerceptionLMConfig(
        text_config=text_settings(words),
        vision_config={
            "model_type": "timm_wrapper",
            "architecture": "vit_pe_core_large_patch14_336",
            "do_pooling": True,
            "num_classes": 64,
            "global_pool": "map",
            "initializer_range": 0.02,
            "model_args": {
                "depth": 2,
                "embed_dim": 64,
                "num_heads": 4,
                "img_size": [32, 32],
                "patch_size": 8,
                "global_pool": "",
                "use_post_transformer_norm": False,
                "init_values": 0.1,
                "ref_feat_shape": [4, 4],
            },
        },
        vision_use_cls_token=True,
        projector_pooling_ratio=2,
        image_token_id=words.convert_tokens_to_ids("<|image|>"),
        video_token_id=words.convert_tokens_to_ids("<|video|>"),
    )
    processor = PerceptionLMProcessor(
        PerceptionLMVideoProcessor(size={"height": 32, "width": 32}),
        PerceptionLMImageProcessor(tile_size=32, max_num_tiles=4),
        words,
        patch_size=8,
        pooling_ratio=2,
        chat_template=chat_template("<|image|>"),
    )
    randomise(PerceptionLMForConditionalGeneration(config), words).save_pretrained(folder)
    processor.save_pretrained(folder)


FAMILY = Family(
    model_type="perception_lm",
    build=build,
    reference=by_chat_template,
    adapter="chat",
    image_tokens=20,
    needs="timm",
    checkpoint="facebook/Perception-LM-1B",
)
