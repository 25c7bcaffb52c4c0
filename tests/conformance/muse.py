"""What the Muse families share: their words, and the settings of their towers."""

from typing import Any

from tests.conformance.parts import text_settings

WORDS = [
    "<|patch|>",
    "<|image_start|>",
    "<|image_end|>",
    "<|video|>",
    "<|vid_frame_separator|>",
    "<|vid_start|>",
    "<|vid_end|>",
]

IMAGES = {"patch_size": 8, "max_image_tokens": 8}
"""Patches of 8 pixels, two by two of which make a token."""

LAYERS = ["sliding_attention", "full_attention"]


def muse_settings(words: Any, text_type: str, vision_type: str, **more: Any) -> dict[str, Any]:
    """Return a model's settings; a layer of its text model slides, one attends to all.

    Args:
        words: the tokenizer.
        text_type: the text model's type.
        vision_type: the tower's.
        more: settings of the text model.
    """
    rope = {"rope_type": "default", "rope_theta": 10000.0}
    return {
        "text_config": text_settings(
            words, text_type, rope_parameters=rope, layer_types=LAYERS, sliding_window=16, **more
        ),
        "vision_config": {
            "model_type": vision_type,
            "patch_size": 8,
            "pos_emb_height": 4,
            "pos_emb_width": 4,
            "num_attention_heads": 4,
            "num_hidden_layers": 2,
            "hidden_size": 64,
            "intermediate_size": 128,
        },
        "image_token_id": words.convert_tokens_to_ids("<|patch|>"),
        "video_token_id": words.convert_tokens_to_ids("<|video|>"),
        "out_hidden_size": 256,
        "projector_hidden_size": 64,
    }
