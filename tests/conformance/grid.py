"""What the families whose processor is made as Qwen-VL's share: patches in a grid, videos beside images."""

from pathlib import Path
from typing import Any

from tests.conformance.parts import chat_template, randomise

NAMED = {
    "image_token": "<|image_pad|>",
    "video_token": "<|video_pad|>",
    "vision_start_token": "<|vision_start|>",
    "vision_end_token": "<|vision_end|>",
}
PIXELS = {"size": {"shortest_edge": 32 * 32, "longest_edge": 64 * 64}, "patch_size": 8}
"""Of image and video processors: 48 × 64 pixels become 3 × 4 tokens of 2 × 2 patches."""
TEMPLATE = chat_template("<|vision_start|><|image_pad|><|vision_end|>")
VISION = {
    "depth": 2,
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_heads": 4,
    "patch_size": 8,
    "out_hidden_size": 64,
}


def tokens(words: Any) -> dict[str, int]:
    """Return the settings of a configuration that name the tokens of images and videos."""
    return {f"{name}_id": words.convert_tokens_to_ids(token) for name, token in NAMED.items()}


def save(folder: Path, model: Any, processor: Any, words: Any) -> None:
    """Give a model weights and save it with its processor."""
    randomise(model, words).save_pretrained(folder)
    processor.save_pretrained(folder)
