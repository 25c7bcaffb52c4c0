"""ERNIE 4.5 VL."""

from pathlib import Path

from PIL import ImageFont
from transformers import Ernie4_5_VLMoeConfig, Ernie4_5_VLMoeForConditionalGeneration, Ernie4_5_VLMoeProcessor
from transformers.models.ernie4_5_vl_moe import Ernie4_5_VLMoeImageProcessorPil

from tests.conformance import grid
from tests.conformance.family import Family, by_chat_template
from tests.conformance.parts import chat_template, text_settings, tokenizer

NAMED = {
    "image_token": "<|IMAGE_PLACEHOLDER|>",
    "image_start_token": "<|IMAGE_START|>",
    "image_end_token": "<|IMAGE_END|>",
    "video_token": "<|VIDEO_PLACEHOLDER|>",
    "video_start_token": "<|VIDEO_START|>",
    "video_end_token": "<|VIDEO_END|>",
}


def build(folder: Path) -> None:
    """A dense layer, and one with experts for words and others for images; videos want a font."""
    from transformers import Ernie4_5_VLMoeVideoProcessor

    words = tokenizer([*NAMED.values()], extra_special_tokens=NAMED)
    vision = {**grid.VISION, "in_channels": 3}
    del vision["out_hidden_size"]
    text = text_settings(
        words,
        "ernie4_5_vl_moe_text",
        rope_parameters={"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [3, 3, 2]},
        moe_intermediate_size=[64, 32],
        moe_num_experts=2,
        moe_k=1,
        moe_num_shared_experts=1,
    )
    config = Ernie4_5_VLMoeConfig(
        text_config=text,
        vision_config=vision,
        **{f"{name}_id": words.convert_tokens_to_ids(token) for name, token in NAMED.items()},
    )
    folder.mkdir()
    font = folder / "Roboto-Regular.ttf"
    font.write_bytes(ImageFont.load_default(16).font_bytes)
    processor = Ernie4_5_VLMoeProcessor(
        Ernie4_5_VLMoeImageProcessorPil(**grid.PIXELS),
        words,
        Ernie4_5_VLMoeVideoProcessor(**grid.PIXELS, font=str(font)),
        chat_template=chat_template("<|IMAGE_START|><|IMAGE_PLACEHOLDER|><|IMAGE_END|>"),
    )
    grid.save(folder, Ernie4_5_VLMoeForConditionalGeneration(config), processor, words)


FAMILY = Family(
    model_type="ernie4_5_vl_moe",
    build=build,
    reference=by_chat_template,
    adapter="chat",
    image_tokens=12,
    needs="torchvision",
    checkpoint="baidu/ERNIE-4.5-VL-28B-A3B-PT",
)
