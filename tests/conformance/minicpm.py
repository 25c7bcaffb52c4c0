"""What the MiniCPM families share: their words, and small parts."""

from typing import Any

from tests.conformance.parts import chat_template, text_settings, tokenizer, vision_settings
from tests.conformance.qwen import LINEAR_ATTENTION

NAMES = {
    "image_token": "<|image_pad|>",
    "video_token": "<|video_pad|>",
    "image_start_token": "<image>",
    "image_end_token": "</image>",
    "slice_start_token": "<slice>",
    "slice_end_token": "</slice>",
    "image_id_start_token": "<image_id>",
    "image_id_end_token": "</image_id>",
}

SLICES = {"scale_resolution": 64, "patch_size": 8, "max_slice_nums": 2}
"""An image is scaled to an area of 64 by 64 pixels."""


def minicpm_words() -> Any:
    """Return a tokenizer with the families' own tokens."""
    return tokenizer([*NAMES.values()], extra_special_tokens=NAMES)


def minicpm_settings(words: Any, vision_type: str) -> dict[str, Any]:
    """Return a model's settings: a tower that merges patches after its first layer, before a Qwen3.5."""
    rope = {"rope_type": "default", "rope_theta": 10000.0, "partial_rotary_factor": 0.5}
    return {
        "text_config": text_settings(words, "qwen3_5_text", rope_parameters=rope, **LINEAR_ATTENTION),
        "vision_config": vision_settings(vision_type, image_size=64),
        "insert_layer_id": 0,
        "image_token_id": words.convert_tokens_to_ids(NAMES["image_token"]),
        "video_token_id": words.convert_tokens_to_ids(NAMES["video_token"]),
    }


def minicpm_processor(processor_class: type[Any], images: Any, videos: Any, words: Any) -> Any:
    """Return a family's processor."""
    return processor_class(images, videos, words, chat_template=chat_template(NAMES["image_token"] + "\n"))
