"""How many tokens of the prompt an image takes, from a checkpoint's configuration alone.

By kind of family, the first that applies:

- Idefics 2 and 3, SmolVLM: tokens a tile (`image_seq_len`, or (image size / patch)² / scale²; Idefics 2: the
  resampler's latents) × tiles. A square image, the worst case, has (longest edge / tile)² + 1 of these.
- BLIP-2, InstructBLIP: `num_query_tokens`. Kosmos-2: `latent_query_num`.
- Gemma 3: `mm_tokens_per_image`. PaliGemma, Florence-2, Chameleon and others: the number as it is written.
- Qwen-VL and its kin: pixels / (patch × merge)², for an image of `REFERENCE_SIDE` pixels a side, within the
  processor's bounds.
- InternVL and GOT: tokens a tile × (most tiles + 1 thumbnail) where the processor cuts tiles.
- LLaVA-NeXT: tokens a tile × (tiles of the largest grid + 1), at most.
- Towers that hand over their patches (LLaVA, GIT, BLIP, Mllama): (image size / patch)², and 1 for the class
  token where it is kept; times the most tiles (`max_num_tiles`) where there are some.

Nothing else is guessed: `None`.
"""

import math
from collections.abc import Mapping

from msgspec import Struct

from fada_tui.needs.configuration import Config, number, side, vision_part

REFERENCE_SIDE = 1024
"""Pixels of each side of the image that is counted where the number follows the image's size."""

_WRITTEN = (
    "mm_tokens_per_image",
    "num_query_tokens",
    "latent_query_num",
    "num_image_tokens",
    "image_token_num",
)
_IDEFICS = ("idefics2", "idefics3", "smolvlm")
_SEQUENCE = ("image_seq_length", "image_seq_len", "image_sequence_length")


class ImageTokens(Struct, frozen=True):
    """Tokens of one image."""

    count: int
    how: str
    """For which image, in words."""


def image_tokens(config: Config, documents: Mapping[str, Config]) -> ImageTokens | None:
    """Return the tokens of an image; `None` where the configuration does not tell.

    Args:
        config: as `config.json` has it.
        documents: the other files of `checkpoint.DOCUMENTS`, by name.
    """
    processor = documents.get("processor_config.json", {})
    images = processor.get("image_processor")
    if not isinstance(images, dict):
        images = documents.get("preprocessor_config.json", {})
    family = str(config.get("model_type", ""))
    if family in _IDEFICS:
        return _tiles_of_idefics(family, config, processor, images)
    for kind in (_by_pixels, _tiles_of_internvl, _tiles_of_llava_next, _written, _patches):
        if found := kind(family, config, processor, images):
            return found
    return None


def _tiles_of_idefics(family: str, config: Config, processor: Config, images: Config) -> ImageTokens | None:
    perceiver = config.get("perceiver_config")
    each = number(processor, "image_seq_len") or number(
        perceiver if isinstance(perceiver, dict) else {}, "resampler_n_latents"
    )
    vision = vision_part(config)
    size, patch, scale = (
        side(vision.get("image_size")),
        side(vision.get("patch_size")),
        config.get("scale_factor"),
    )
    if each is None and size and patch and isinstance(scale, int) and scale > 0:
        each = (size // patch) ** 2 // scale**2
    if each is None:
        return None
    if images.get("do_image_splitting") is False:
        return ImageTokens(each, "one tile")
    if family == "idefics2":
        return ImageTokens(5 * each, "an image cut into 5 tiles")
    longest, tile = side(images.get("size")), side(images.get("max_image_size"))
    if not longest or not tile:
        return None
    tiles = math.ceil(longest / tile) ** 2 + 1
    return ImageTokens(each * tiles, f"a square image, {tiles} tiles; a wide one has fewer")


def _by_pixels(family: str, config: Config, processor: Config, images: Config) -> ImageTokens | None:
    vision = vision_part(config)
    merge = number(images, "merge_size") or number(vision, "spatial_merge_size")
    patch = side(images.get("patch_size")) or side(vision.get("patch_size"))
    if not merge or not patch or "image_size" in vision:
        return None
    size = images.get("size")
    bounds = size if isinstance(size, dict) else {}
    most = number(images, "max_pixels") or number(bounds, "longest_edge", "max_pixels")
    least = number(images, "min_pixels") or number(bounds, "shortest_edge", "min_pixels")
    pixels = max(min(REFERENCE_SIDE**2, most or REFERENCE_SIDE**2), least or 0)
    return ImageTokens(
        math.ceil(pixels / (patch * merge) ** 2), f"an image of {REFERENCE_SIDE} × {REFERENCE_SIDE} pixels"
    )


def _tiles_of_internvl(family: str, config: Config, processor: Config, images: Config) -> ImageTokens | None:
    each = number(config, *_SEQUENCE) or number(processor, *_SEQUENCE)
    if each is None or not images.get("crop_to_patches"):
        return None
    tiles = (number(images, "max_patches") or 12) + 1
    return ImageTokens(each * tiles, f"an image cut into {tiles} tiles, the most; most have fewer")


def _tiles_of_llava_next(
    family: str, config: Config, processor: Config, images: Config
) -> ImageTokens | None:
    grid = config.get("image_grid_pinpoints") or images.get("image_grid_pinpoints")
    tower = _patches(family, config, processor, images)
    size = side(vision_part(config).get("image_size"))
    if not isinstance(grid, list) or tower is None or not size:
        return None
    try:
        tiles = 1 + max(math.ceil(height / size) * math.ceil(width / size) for height, width in grid)
    except (TypeError, ValueError):
        return None
    return ImageTokens(tower.count * tiles, f"an image cut into {tiles} tiles, the most")


def _written(family: str, config: Config, processor: Config, images: Config) -> ImageTokens | None:
    for names in (_WRITTEN, _SEQUENCE):
        for part in (config, vision_part(config), processor):
            if count := number(part, *names):
                return ImageTokens(count, "any image")
    return None


def _patches(family: str, config: Config, processor: Config, images: Config) -> ImageTokens | None:
    vision = vision_part(config)
    size, patch = side(vision.get("image_size")), side(vision.get("patch_size"))
    if not size or not patch or vision is config:
        return None
    whole = config.get("vision_feature_select_strategy") == "full" or family in ("git", "blip", "mllama")
    tiles = number(vision, "max_num_tiles") or 1
    how = f"an image cut into {tiles} tiles, the most" if tiles > 1 else "any image"
    return ImageTokens(tiles * ((size // patch) ** 2 + (1 if whole else 0)), how)
