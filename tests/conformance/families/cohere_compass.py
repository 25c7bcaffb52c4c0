"""North Micro Vision, of Cohere's Compass architecture."""

from pathlib import Path

from transformers import CohereCompassConfig, CohereCompassForConditionalGeneration, CohereCompassProcessor

from tests.conformance.family import Family, by_chat_template
from tests.conformance.grid import PIXELS, VISION
from tests.conformance.parts import chat_template, randomise, text_settings, tokenizer

NAMED = {
    "image_token": "<|IMAGE_PAD|>",
    "video_token": "<|VIDEO_PAD|>",
    "vision_start_token": "<|VISION_START|>",
    "vision_end_token": "<|VISION_END|>",
}


def build(folder: Path) -> None:
    """A tower of which a deeper view is put into the text's first layer, too."""
    from transformers import CohereCompassImageProcessor, CohereCompassVideoProcessor

    words = tokenizer([*NAMED.values()], extra_special_tokens=NAMED)
    rope = {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [4, 2, 2]}
    config = CohereCompassConfig(
        text_config=text_settings(words, "cohere_compass_text", rope_parameters={"full_attention": rope}),
        vision_config={**VISION, "num_position_embeddings": 64, "deepstack_visual_indexes": [0]},
        **{f"{name}_id": words.convert_tokens_to_ids(token) for name, token in NAMED.items()},
    )
    processor = CohereCompassProcessor(
        CohereCompassImageProcessor(**PIXELS),
        words,
        CohereCompassVideoProcessor(**PIXELS),
        chat_template=chat_template("<|VISION_START|><|IMAGE_PAD|><|VISION_END|>"),
    )
    randomise(CohereCompassForConditionalGeneration(config), words).save_pretrained(folder)
    processor.save_pretrained(folder)


FAMILY = Family(
    model_type="cohere_compass",
    build=build,
    reference=by_chat_template,
    adapter="chat",
    image_tokens=12,
    needs="torchvision",
    checkpoint="CohereLabs/North-Micro-Vision-Instruct",
)
