"""HunyuanOCR."""

from pathlib import Path

from transformers import HunYuanVLConfig, HunYuanVLForConditionalGeneration, HunYuanVLProcessor
from transformers.models.hunyuan_vl import HunYuanVLImageProcessorPil

from tests.conformance.family import Family, by_chat_template
from tests.conformance.parts import chat_template, randomise, text_settings, tokenizer, vision_settings

NAMED = {
    "image_token": "<image>",
    "image_start_token": "<image_start>",
    "image_end_token": "<image_end>",
}


def build(folder: Path) -> None:
    """2 × 2 patches to a token, a token for each line's end, places in four directions."""
    words = tokenizer([*NAMED.values(), "<newline>"], bos="<bos>", extra_special_tokens=NAMED)
    vision = vision_settings(out_hidden_size=64, min_image_size=16, max_image_size=64)
    del vision["image_size"]
    rope = {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [2, 2, 2, 2]}
    config = HunYuanVLConfig(
        text_config=text_settings(words, "hunyuan_vl_text", rope_parameters=rope),
        vision_config=vision,
        image_token_id=words.image_token_id,
        im_start_id=words.image_start_token_id,
        im_end_id=words.image_end_token_id,
        im_newline_id=words.convert_tokens_to_ids("<newline>"),
    )
    processor = HunYuanVLProcessor(
        HunYuanVLImageProcessorPil(patch_size=8, size={"shortest_edge": 16 * 16, "longest_edge": 64 * 64}),
        words,
        chat_template=chat_template("<image_start><image><image_end>"),
    )
    randomise(HunYuanVLForConditionalGeneration(config), words).save_pretrained(folder)
    processor.save_pretrained(folder)


FAMILY = Family(
    model_type="hunyuan_vl",
    build=build,
    reference=by_chat_template,
    adapter="chat",
    image_tokens=17,
    checkpoint="tencent/HunyuanOCR",
)
