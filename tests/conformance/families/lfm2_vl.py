"""LFM2-VL."""

from pathlib import Path

from transformers import Lfm2VlConfig, Lfm2VlForConditionalGeneration, Lfm2VlProcessor

from tests.conformance.family import Family, by_chat_template
from tests.conformance.parts import chat_template, randomise, text_settings, tokenizer, vision_settings

NAMED = {
    "image_token": "<image>",
    "image_start_token": "<|image_start|>",
    "image_end_token": "<|image_end|>",
    "image_thumbnail_token": "<|img_thumbnail|>",
}


def build(folder: Path) -> None:
    """Tiles and the whole in its own proportions, before a layer of convolution and one of attention."""
    from transformers import Lfm2VlImageProcessor

    rows = [f"<|img_row_{row}_col_{column}|>" for row in (1, 2) for column in (1, 2)]
    words = tokenizer([*NAMED.values(), *rows], bos="<bos>", extra_special_tokens=NAMED)
    vision = vision_settings("siglip2_vision_model", num_patches=16, vision_use_head=False)
    config = Lfm2VlConfig(
        text_config=text_settings(words, "lfm2", layer_types=["conv", "full_attention"]),
        vision_config=vision,
        projector_hidden_size=64,
        image_token_id=words.image_token_id,
    )
    processor = Lfm2VlProcessor(
        Lfm2VlImageProcessor(
            tile_size=32,
            encoder_patch_size=8,
            min_image_tokens=2,
            max_image_tokens=4,
            min_tiles=2,
            max_tiles=4,
            size={"height": 32, "width": 32},
        ),
        words,
        chat_template=chat_template("<image>"),
    )
    randomise(Lfm2VlForConditionalGeneration(config), words).save_pretrained(folder)
    processor.save_pretrained(folder)


FAMILY = Family(
    model_type="lfm2_vl",
    build=build,
    reference=by_chat_template,
    adapter="chat",
    image_tokens=18,
    needs="torchvision",
    checkpoint="LiquidAI/LFM2-VL-1.6B",
)
