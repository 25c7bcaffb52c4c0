"""Unlimited-OCR."""

from pathlib import Path

from transformers import UnlimitedOcrConfig, UnlimitedOcrForConditionalGeneration, UnlimitedOcrProcessor

from tests.conformance.family import Family, by_chat_template
from tests.conformance.parts import chat_template, randomise, text_settings, tokenizer, vision_settings


def build(folder: Path) -> None:
    """SAM's tower and CLIP's, one after the other, before a DeepSeek whose attention slides."""
    from transformers import UnlimitedOcrImageProcessor

    words = tokenizer(["<image>"], extra_special_tokens={"image_token": "<image>"})
    config = UnlimitedOcrConfig(
        text_config=text_settings(
            words,
            "unlimited_ocr_text",
            num_key_value_heads=4,
            n_routed_experts=4,
            num_experts_per_tok=2,
            moe_intermediate_size=32,
            sliding_window=8,
        ),
        vision_config={
            "sam_config": {
                **vision_settings(image_size=128),
                "output_channels": 16,
                "mlp_dim": 128,
                "window_size": 4,
                "global_attn_indexes": [1],
                "downsample_channels": [32, 64],
            },
            "encoder_config": vision_settings("unlimited_ocr_vision_encoder", image_size=32),
        },
        image_token_id=words.convert_tokens_to_ids("<image>"),
    )
    processor = UnlimitedOcrProcessor(
        UnlimitedOcrImageProcessor(size={"height": 128, "width": 128}, tile_size=64),
        words,
        patch_size=8,
        chat_template=chat_template("<image>"),
    )
    randomise(UnlimitedOcrForConditionalGeneration(config), words).save_pretrained(folder)
    processor.save_pretrained(folder)


FAMILY = Family(
    model_type="unlimited_ocr",
    build=build,
    reference=by_chat_template,
    adapter="chat",
    image_tokens=21,
    batches=False,
    needs="torchvision",
    checkpoint="baidu/Unlimited-OCR",
)
