"""Families whose processor writes a fixed number of tokens for each tile, and what their model makes of one.

Where the file that says the number is missing, processors take a default, which fits one published size.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from fada_tui.models.model_config import Config, number, side, vision_part


class Rule(NamedTuple):
    """How a family counts."""

    setting: str
    """The processor's setting, in `processor_config.json`."""
    default: int
    """What it is where no file says it."""
    features: Callable[[Config], int | None]
    """Takes the model's configuration; `None` if that leaves it open."""


def _patches(config: Config) -> int | None:
    vision = vision_part(config)
    size, patch = side(vision.get("image_size")), side(vision.get("patch_size"))
    return (size // patch) ** 2 if size and patch and vision is not config else None


def _shuffled(config: Config) -> int | None:
    patches, scale = _patches(config), number(config, "scale_factor")
    return patches // scale**2 if patches and scale else None


def _downsampled(config: Config) -> int | None:
    patches, ratio = _patches(config), config.get("downsample_ratio")
    return int(patches * ratio**2) if patches and isinstance(ratio, float) and 0 < ratio <= 1 else None


RULES: Mapping[str, Rule] = {
    "idefics3": Rule("image_seq_len", 169, _shuffled),
    "smolvlm": Rule("image_seq_len", 169, _shuffled),
    "internvl": Rule("image_seq_length", 256, _downsampled),
    "gemma3": Rule("image_seq_length", 256, lambda config: number(config, "mm_tokens_per_image")),
    "janus": Rule("num_image_tokens", 576, _patches),
    "deepseek_vl": Rule("num_image_tokens", 576, _patches),
}
"""By model type."""


def differing(config: Config, processor: Config) -> tuple[int, int] | None:
    """Return how many tokens a processor writes for a tile, and how many features the model makes of it.

    Args:
        config: as `config.json` has it, or complete.
        processor: the processor's settings, by name; what it leaves out has its default.

    Returns:
        `None` where they are the same, or unknown.
    """
    rule = RULES.get(str(config.get("model_type")))
    if rule is None:
        return None
    written, made = processor.get(rule.setting, rule.default), rule.features(config)
    if not isinstance(written, int) or made is None or written == made:
        return None
    return written, made
