"""What the Qwen-VL families share: their words, the settings of their towers, and their processors."""

from typing import Any

from tests.conformance.parts import chat_template, text_settings, tokenizer

VISION_START, VISION_END = "<|vision_start|>", "<|vision_end|>"
IMAGE, VIDEO = "<|image_pad|>", "<|video_pad|>"

PATCH = 8
"""Pixels; two by two patches make a token."""

PIXELS = {"shortest_edge": 16 * 16, "longest_edge": 48 * 48}
"""The least and the most pixels of an image."""

LINEAR_ATTENTION = {
    "layer_types": ["linear_attention", "full_attention"],
    "linear_key_head_dim": 16,
    "linear_value_head_dim": 16,
    "linear_num_key_heads": 2,
    "linear_num_value_heads": 4,
}
"""A first layer of linear attention before one of full attention."""


def qwen_words() -> Any:
    """Return a tokenizer with the families' own tokens."""
    names = {
        "vision_start_token": VISION_START,
        "vision_end_token": VISION_END,
        "image_token": IMAGE,
        "video_token": VIDEO,
    }
    return tokenizer([*names.values()], extra_special_tokens=names)


def qwen_ids(words: Any) -> dict[str, int]:
    """Return the settings that name the families' tokens."""
    return {
        "vision_start_token_id": words.convert_tokens_to_ids(VISION_START),
        "vision_end_token_id": words.convert_tokens_to_ids(VISION_END),
        "image_token_id": words.convert_tokens_to_ids(IMAGE),
        "video_token_id": words.convert_tokens_to_ids(VIDEO),
    }


def qwen_text(words: Any, model_type: str, **more: Any) -> dict[str, Any]:
    """Return the settings of a language model with places in three dimensions."""
    rope = {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [2, 3, 3]}
    return text_settings(words, model_type, rope_parameters=rope, **more)


def qwen_vision(model_type: str, **more: Any) -> dict[str, Any]:
    """Return the settings of a vision tower of two layers, 64 wide."""
    return {
        "model_type": model_type,
        "depth": 2,
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_heads": 4,
        "patch_size": PATCH,
        "spatial_merge_size": 2,
        "temporal_patch_size": 2,
        "out_hidden_size": 64,
        **more,
    }


def qwen_processor(processor_class: type[Any], words: Any) -> Any:
    """Return a family's processor. Its video processor needs torchvision."""
    from transformers import Qwen2VLVideoProcessor, Qwen3VLVideoProcessor
    from transformers.models.qwen2_vl import Qwen2VLImageProcessorPil

    third = processor_class.__name__.startswith("Qwen3")
    video_class = Qwen3VLVideoProcessor if third else Qwen2VLVideoProcessor
    return processor_class(
        Qwen2VLImageProcessorPil(size=PIXELS, patch_size=PATCH, merge_size=2),
        words,
        video_class(size=PIXELS, patch_size=PATCH, merge_size=2),
        chat_template=chat_template(VISION_START + IMAGE + VISION_END),
    )


OMNI_NAMES = {
    "image_token": "<|IMAGE|>",
    "audio_token": "<|AUDIO|>",
    "video_token": "<|VIDEO|>",
    "vision_bos_token": "<|vision_bos|>",
    "vision_eos_token": "<|vision_eos|>",
    "audio_bos_token": "<|audio_bos|>",
    "audio_eos_token": "<|audio_eos|>",
}


def omni_words() -> Any:
    """Return a tokenizer with the tokens of the families that hear, too."""
    return tokenizer([*OMNI_NAMES.values()], extra_special_tokens=OMNI_NAMES)


def omni_ids(words: Any) -> dict[str, int]:
    """Return the settings that name those tokens."""
    return {
        "image_token_id": words.convert_tokens_to_ids("<|IMAGE|>"),
        "audio_token_id": words.convert_tokens_to_ids("<|AUDIO|>"),
        "video_token_id": words.convert_tokens_to_ids("<|VIDEO|>"),
        "audio_start_token_id": words.convert_tokens_to_ids("<|audio_bos|>"),
        "vision_start_token_id": words.convert_tokens_to_ids("<|vision_bos|>"),
    }


def omni_processor(processor_class: type[Any], words: Any) -> Any:
    """Return the processor of a family that hears, too. Its video processor needs torchvision."""
    from transformers import Qwen2VLVideoProcessor, WhisperFeatureExtractor
    from transformers.models.qwen2_vl import Qwen2VLImageProcessorPil

    return processor_class(
        Qwen2VLImageProcessorPil(size=PIXELS, patch_size=PATCH, merge_size=2),
        Qwen2VLVideoProcessor(size=PIXELS, patch_size=PATCH, merge_size=2),
        WhisperFeatureExtractor(feature_size=16),
        words,
        chat_template=chat_template("<|vision_bos|><|IMAGE|><|vision_eos|>"),
    )
