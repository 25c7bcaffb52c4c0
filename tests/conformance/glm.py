"""What the families of GLM's vision models share: tokens, settings and a processor that knows videos, too."""

from pathlib import Path
from typing import Any

import transformers
from transformers.models.auto.modeling_auto import MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES as NAMES

from tests.conformance.parts import chat_template, randomise, text_settings, tokenizer

NAMED = {"image_token": "<|image|>", "video_token": "<|video|>"}
MARKS = ["<|begin_of_image|>", "<|end_of_image|>", "<|begin_of_video|>", "<|end_of_video|>"]
PIXELS = {"shortest_edge": 32 * 32, "longest_edge": 64 * 64}
VISION = {
    "depth": 2,
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_heads": 4,
    "image_size": 32,
    "patch_size": 8,
    "out_hidden_size": 64,
}
MROPE = {
    "rope_type": "default",
    "rope_theta": 10000.0,
    "mrope_section": [2, 1, 1],
    "partial_rotary_factor": 0.5,
}


def save(
    folder: Path, family: str, text_type: str, *, processor: str, images: str | None = None, **text: Any
) -> None:
    """Save a random model: 2 × 2 patches to a token, places in three directions.

    Args:
        folder: where to.
        family: what the names of its classes begin with.
        text_type: of its language model's settings.
        processor: what the names of its processor's classes begin with.
        images: and those of its image processor, where they differ.
        text: more settings of the language model.
    """
    images = images or processor
    words = tokenizer([*NAMED.values(), *MARKS], extra_special_tokens=NAMED)
    marks = dict(zip(("image_start", "image_end", "video_start", "video_end"), MARKS, strict=True))
    config = getattr(transformers, f"{family}Config")(
        text_config=text_settings(words, text_type, rope_parameters=MROPE, **text),
        vision_config=VISION,
        image_token_id=words.image_token_id,
        video_token_id=words.video_token_id,
        **{f"{name}_token_id": words.convert_tokens_to_ids(mark) for name, mark in marks.items()},
    )
    model = getattr(transformers, NAMES[config.model_type])(config)
    patches = {"size": PIXELS, "patch_size": 8}
    whole = getattr(transformers, f"{processor}Processor")(
        getattr(transformers, f"{images}ImageProcessor")(**patches),
        words,
        getattr(transformers, f"{images}VideoProcessor")(**patches),
        chat_template=chat_template("<|begin_of_image|><|image|><|end_of_image|>"),
    )
    randomise(model, words).save_pretrained(folder)
    whole.save_pretrained(folder)
