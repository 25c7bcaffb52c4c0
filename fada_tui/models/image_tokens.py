"""The number of prompt tokens of an image, from a checkpoint's configuration alone.

By kind of family, the first that applies:

- Idefics 2 and 3, SmolVLM: tokens a tile (`image_seq_len`, or (image size / patch)² / scale²; Idefics 2: the
  resampler's latents) × tiles. A square image, the worst case, has (longest edge / tile)² + 1 of these.
- BLIP-2, InstructBLIP: `num_query_tokens`. Kosmos-2: `latent_query_num`.
- Gemma 3: `mm_tokens_per_image`. PaliGemma, Florence-2, Chameleon and others: the number as it is written.
- Qwen-VL and its kin: pixels / (patch × merge)², for an image of `REFERENCE_SIDE` pixels a side, within the
  processor's bounds.
- Gemma 3 where crops are asked for: tokens an image × (crops + 1), at most.
- Pixtral, Mistral 3: (longest edge / (patch × merge))², for that image within the processor's longest edge.
- InternVL and GOT: tokens a tile × (most tiles + 1 thumbnail) where the processor cuts tiles.
- LLaVA-NeXT: tokens a tile × (tiles of the largest grid + 1), at most.
- Towers that hand over their patches (LLaVA, GIT, BLIP, Mllama): (image size / patch)², and 1 for the class
  token where it is kept; times the most tiles (`max_num_tiles`) where there are some.

Nothing else is guessed: `None`. Where another resolution is asked for, what does not
follow from it is not told either.
"""

import math
from collections.abc import Callable, Mapping
from typing import TypeAlias

from msgspec import Struct

from fada_tui.core.records import Resolution
from fada_tui.models.model_config import Config, image_processor, image_settings, number, side, vision_part
from fada_tui.models.resolution import bounds_edge, bounds_pixels, changes, default, frames, options_of

REFERENCE_SIDE = 1024
"""Pixels of each side of the assumed image, if the number depends on the image's size."""

_WRITTEN = (
    "mm_tokens_per_image",
    "num_query_tokens",
    "latent_query_num",
    "num_image_tokens",
    "image_token_num",
)
_IDEFICS = ("idefics2", "idefics3", "smolvlm")
_ALWAYS_CUT = ("aya_vision", "deepseek_ocr2", "internvl", "qianfan_ocr")
"""Families whose processor always cuts images into tiles, whatever the configuration file says."""
_AS_IT_IS = Resolution()
_SEQUENCE = ("image_seq_length", "image_seq_len", "image_sequence_length")


_Kind: TypeAlias = "Callable[[str, Config, Config, Config], ImageTokens | None]"


class ImageTokens(Struct, frozen=True):
    """The number of tokens of one image."""

    count: int
    how: str
    """The image that the number applies to, in words."""


def image_tokens(
    config: Config, documents: Mapping[str, Config], asked: Resolution = _AS_IT_IS
) -> ImageTokens | None:
    """Return the tokens of an image; `None` if the configuration does not determine them.

    Args:
        config: as `config.json` has it.
        documents: the other files of `checkpoint.DOCUMENTS`, by name.
        asked: the resolution, where it is not the checkpoint's own.

    Raises:
        RefusedError: the image processor has no such setting, or none of that value.
    """
    processor = documents.get("processor_config.json", {})
    family = str(config.get("model_type", ""))
    images = _as_told(family, image_settings(documents))
    kinds: tuple[_Kind, ...] = (
        _by_edge,
        _by_pixels,
        _tiles_of_internvl,
        _tiles_of_llava_next,
        _written,
        _patches,
    )
    if options_of(asked):
        named = image_processor(images)
        if named is None:
            return None
        tower = side(vision_part(config).get("image_size"))
        changed = changes(named, images, asked, tower=tower, token=_side_of_token(config) or 1)
        images = {**images, **changed}
        config = {**config, **{key: value for key, value in changed.items() if key in config}}
        kinds = (_by_edge, _by_pixels, _tiles_of_internvl, _tiles_of_llava_next, _crops_of_gemma)
    if family in _IDEFICS:
        return _tiles_of_idefics(family, config, processor, images)
    for kind in kinds:
        if found := kind(family, config, processor, images):
            return found
    return None


def own_resolution(config: Config, documents: Mapping[str, Config]) -> Resolution:
    """Return the checkpoint's default longest edge or tiles, as far as its files state them."""
    images = image_settings(documents)
    named = image_processor(images)
    return default(named, _as_told(str(config.get("model_type", "")), images)) if named else Resolution()


def _as_told(family: str, images: Config) -> Config:
    """Return an image processor's settings with its processor's overrides: some always cut images."""
    return {**images, "crop_to_patches": True} if family in _ALWAYS_CUT else images


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
    across = math.ceil(longest / tile)
    if across == 1:
        return ImageTokens(each, "one tile")
    tiles = across**2 + 1
    return ImageTokens(each * tiles, f"a square image, {tiles} tiles; a wide one has fewer")


def _by_edge(family: str, config: Config, processor: Config, images: Config) -> ImageTokens | None:
    size, token = images.get("size"), _side_of_token(config)
    longest = number(size, "longest_edge") if isinstance(size, dict) else None
    if not token or not longest or not bounds_edge(image_processor(images) or ""):
        return None
    return ImageTokens(
        math.ceil(min(longest, REFERENCE_SIDE) / token) ** 2,
        f"an image of {REFERENCE_SIDE} × {REFERENCE_SIDE} pixels",
    )


def _side_of_token(config: Config) -> int | None:
    """Return the pixels per side that become one token in a Pixtral tower and its projector."""
    patch = side(vision_part(config).get("patch_size"))
    return patch and patch * (number(config, "spatial_merge_size") or 1)


def _by_pixels(family: str, config: Config, processor: Config, images: Config) -> ImageTokens | None:
    vision = vision_part(config)
    merge = number(images, "merge_size") or number(vision, "spatial_merge_size")
    patch = side(images.get("patch_size")) or side(vision.get("patch_size"))
    bounded = bounds_pixels(image_processor(images) or "")
    if not merge or not patch or ("image_size" in vision and not bounded):
        return None
    size = images.get("size")
    bounds = size if isinstance(size, dict) else {}
    most = number(images, "max_pixels") or number(bounds, "longest_edge", "max_pixels")
    least = number(images, "min_pixels") or number(bounds, "shortest_edge", "min_pixels")
    repeated = frames(image_processor(images) or "", images)
    most, least = (bound and bound // repeated for bound in (most, least))
    pixels = max(min(REFERENCE_SIDE**2, most or REFERENCE_SIDE**2), least or 0)
    return ImageTokens(
        math.ceil(pixels / (patch * merge) ** 2), f"an image of {REFERENCE_SIDE} × {REFERENCE_SIDE} pixels"
    )


def _tiles_of_internvl(family: str, config: Config, processor: Config, images: Config) -> ImageTokens | None:
    each = number(config, *_SEQUENCE) or number(processor, *_SEQUENCE)
    if each is None or not images.get("crop_to_patches"):
        return None
    tiles = (number(images, "max_patches") or 12) + 1
    if tiles == 2:
        return ImageTokens(each, "one tile")
    return ImageTokens(each * tiles, f"an image cut into {tiles} tiles, the most; most have fewer")


def _crops_of_gemma(family: str, config: Config, processor: Config, images: Config) -> ImageTokens | None:
    each, crops = number(config, "mm_tokens_per_image"), number(images, "pan_and_scan_max_num_crops")
    if each is None or crops is None or not images.get("do_pan_and_scan"):
        return None
    return ImageTokens(
        each * (crops + 1), f"a wide image, its {crops} crops and the whole; others have fewer"
    )


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
