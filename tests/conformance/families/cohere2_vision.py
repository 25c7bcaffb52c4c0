"""Command A Vision."""

from pathlib import Path

from transformers import Cohere2VisionConfig, Cohere2VisionForConditionalGeneration, Cohere2VisionProcessor

from tests.conformance.family import Family, by_chat_template
from tests.conformance.parts import chat_template, randomise, text_settings, tokenizer, vision_settings

NAMED = {
    "image_token": "<|IMG_PATCH|>",
    "boi_token": "<|START_OF_IMG|>",
    "eoi_token": "<|END_OF_IMG|>",
    "img_line_break_token": "<|IMG_LINE_BREAK|>",
}


def build(folder: Path) -> None:
    """Two tiles and the whole, 2 × 2 patches to a token, before a Cohere 2."""
    from transformers import Cohere2VisionImageProcessor

    words = tokenizer([*NAMED.values()], extra_special_tokens=NAMED)
    config = Cohere2VisionConfig(
        text_config=text_settings(words, "cohere2"),
        vision_config=vision_settings("siglip_vision_model", vision_use_head=False),
        alignment_intermediate_size=128,
        image_token_id=words.image_token_id,
    )
    processor = Cohere2VisionProcessor(
        Cohere2VisionImageProcessor(
            size={"height": 32, "width": 32}, min_patches=2, max_patches=2, patch_size=2
        ),
        words,
        chat_template=chat_template("<|IMG_PATCH|>"),
    )
    randomise(Cohere2VisionForConditionalGeneration(config), words).save_pretrained(folder)
    processor.save_pretrained(folder)


FAMILY = Family(
    model_type="cohere2_vision",
    build=build,
    reference=by_chat_template,
    adapter="chat",
    image_tokens=12,
    needs="torchvision",
    checkpoint="CohereLabs/command-a-vision-07-2025",
)
