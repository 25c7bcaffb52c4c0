"""InternVL 3."""

from pathlib import Path

from transformers import InternVLConfig, InternVLForConditionalGeneration, InternVLProcessor
from transformers.models.got_ocr2 import GotOcr2ImageProcessorPil

from tests.conformance.family import Family, by_chat_template
from tests.conformance.parts import chat_template, randomise, text_settings, tokenizer, vision_settings

NAMED = {
    "start_image_token": "<img>",
    "end_image_token": "</img>",
    "context_image_token": "<IMG_CONTEXT>",
    "video_token": "<video>",
}


def build(folder: Path) -> None:
    """Two tiles and the whole, 2 × 2 patches to a token, before a Qwen 2."""
    from transformers import InternVLVideoProcessor

    words = tokenizer([*NAMED.values()], extra_special_tokens=NAMED)
    config = InternVLConfig(
        text_config=text_settings(words, "qwen2"),
        vision_config=vision_settings("internvl_vision", use_qk_norm=True),
        image_token_id=words.context_image_token_id,
        image_seq_length=4,
    )
    processor = InternVLProcessor(
        GotOcr2ImageProcessorPil(size={"height": 32, "width": 32}, min_patches=2, max_patches=2),
        words,
        InternVLVideoProcessor(size={"height": 32, "width": 32}),
        image_seq_length=4,
        chat_template=chat_template("<IMG_CONTEXT>"),
    )
    randomise(InternVLForConditionalGeneration(config), words).save_pretrained(folder)
    processor.save_pretrained(folder)


FAMILY = Family(
    model_type="internvl",
    build=build,
    reference=by_chat_template,
    adapter="chat",
    image_tokens=12,
    needs="torchvision",
    checkpoint="OpenGVLab/InternVL3-1B-hf",
)
