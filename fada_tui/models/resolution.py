"""The resolution in which a model sees its images: the image processor's setting for it, and its range.

Pure, and by the names of transformers' image processors, so that a plan and a loaded processor say the same.
What is not listed here has no such setting, or one that its model was not made for: Mllama has learnt its
tiles' places by their number.
"""

import math
from collections.abc import Mapping
from typing import Any, TypeAlias

from fada_tui.core.records import Resolution

Images: TypeAlias = Mapping[str, Any]
"""An image processor's settings, as its file has them."""

EDGE = "--longest-edge"
TILES = "--max-tiles"

CUT_BY_EDGE = ("Idefics3", "SmolVLM")
"""Image processors that scale the image to the longest edge and cut it into tiles."""
WHOLE_BY_EDGE = ("Idefics2", "Pixtral")
"""Image processors that limit the longest edge, and keep the image's proportions."""
BY_PIXELS = (
    *("Qwen2VL", "VideoLlama3", "PaddleOCRVL", "Ernie4_5_VLMoe", "HunYuanVL", "CohereCompass", "MiniMaxM3VL"),
    *("Cosmos3Edge",),
)
"""Image processors whose `longest_edge` limits the number of pixels; an edge of N means N × N."""
BY_PIXELS_OF_FRAMES = ("Glm4v", "Glm46V", "Glmga")
"""Likewise, but an image counts as the `temporal_patch_size` frames that repeat it."""
MOST_TILES = {
    "GotOcr2": "max_patches",
    "Cohere2Vision": "max_patches",
    "DeepseekOcr2": "max_patches",
    "GraniteDocling": "max_patches",
    "Llama4": "max_patches",
    "Lfm2Vl": "max_tiles",
    "MiniCPMOcr": "max_slice_nums",
    "MiniCPMV4_6": "max_slice_nums",
    "Molmo2": "max_crops",
    "Ovis2": "max_patches",
    "PerceptionLM": "max_num_tiles",
    "UnlimitedOcr": "max_patches",
}
"""By image processor, the setting that limits the number of tiles."""
GRIDS = ("LlavaNext", "LlavaOnevision")
"""Image processors with a list of tile grids, which the model's configuration has too."""
CROPS = ("Gemma3",)
"""Image processors that cut wide images into crops on request."""

FIXED = (
    *("Blip", "CLIP", "Chameleon", "DeepseekVL", "DeepseekVLHybrid", "Donut", "Idefics", "Janus"),
    *("PPChart2Table", "PPFormulaNet", "Siglip", "VideoLlava", "ViT"),
)
"""Image processors with a fixed image size."""

LARGEST_OF_IDEFICS = 4096
"""Pixels to which transformers limits the longest edge."""

_LEAST = ("min_patches", "min_tiles")
_CUTTING = ("crop_to_patches", "do_image_splitting", "slice_mode")


class RefusedError(Exception):
    """A resolution that a model cannot use; the text follows the model's name in a one-line message."""


def options_of(asked: Resolution) -> str:
    """Return the options that request the resolution; empty if none is needed."""
    given = {EDGE: asked.longest_edge, TILES: asked.max_tiles}
    return " and ".join(option for option, value in given.items() if value is not None)


def family(processor: str) -> str:
    """Return an image processor's name without the part that names its backend."""
    return processor.removesuffix("Pil").removesuffix("Fast").removesuffix("ImageProcessor")


def changes(
    processor: str,
    images: Images,
    asked: Resolution,
    *,
    tower: int | None = None,
    token: int = 1,
    rows: int | None = None,
) -> dict[str, Any]:
    """Return the image processor's settings for the requested resolution; empty if none is requested.

    Args:
        processor: its class.
        images: its settings.
        asked: the resolution.
        tower: pixels of the largest image that the vision tower has positions for, where that is known.
        token: pixels a side that the model makes a token of, where that is known.
        rows: rows and columns of tiles that the prompt has words for, where that is known.

    Raises:
        RefusedError: it has no such setting, or none of that value.
    """
    if not options_of(asked):
        return {}
    name = family(processor)
    if name in (*CUT_BY_EDGE, *WHOLE_BY_EDGE, *BY_PIXELS, *BY_PIXELS_OF_FRAMES):
        if asked.max_tiles is not None:
            if name in CUT_BY_EDGE and images.get("do_image_splitting") is False:
                more = "it cuts none"
            else:
                more = f"the tiles follow from {EDGE}" if name in CUT_BY_EDGE else f"it takes {EDGE}"
            raise RefusedError(f"its image processor takes no {TILES}: {more}; leave {TILES} out")
        edge = asked.longest_edge or 0
        if name in CUT_BY_EDGE:
            return _cut_by_edge(images, edge, rows)
        if name in WHOLE_BY_EDGE:
            return _whole_by_edge(images, edge, tower, token)
        return _by_pixels(name, images, edge)
    if name in MOST_TILES or name in GRIDS or name in CROPS:
        if asked.longest_edge is not None:
            raise RefusedError(f"its image processor takes {TILES}, not {EDGE}; leave {EDGE} out")
        return _by_tiles(name, images, asked.max_tiles or 0)
    if name in FIXED and (size := _size(images)):
        raise RefusedError(f"its images always have {size} pixels; leave {options_of(asked)} out")
    raise RefusedError(f"its image processor has no setting for {options_of(asked)}; leave that out")


def default(processor: str, images: Images) -> Resolution:
    """Return a checkpoint's own resolution; empty if no option can express it or it is unknown."""
    name = family(processor)
    if name in (*CUT_BY_EDGE, *WHOLE_BY_EDGE):
        uncut = name in CUT_BY_EDGE and images.get("do_image_splitting") is False
        return Resolution(longest_edge=None if uncut else _edge(images, "size"))
    if name in (*BY_PIXELS, *BY_PIXELS_OF_FRAMES):
        most = _whole(images.get("max_pixels")) or _edge(images, "size")
        return Resolution(longest_edge=math.isqrt(most // frames(name, images)) if most else None)
    if name in MOST_TILES:
        uncut = any(images.get(switch) is False for switch in _CUTTING)
        return Resolution(max_tiles=None if uncut else _whole(images.get(MOST_TILES[name])))
    if name in GRIDS:
        return Resolution(max_tiles=max((count for _, count in _counted(images)), default=None))
    return Resolution()


def frames(processor: str, images: Images) -> int:
    """Return as how many frames an image counts, for processors that limit pixels."""
    if family(processor) not in BY_PIXELS_OF_FRAMES:
        return 1
    return _whole(images.get("temporal_patch_size")) or 2


def bounds_edge(processor: str) -> bool:
    """Return whether the longest edge alone limits the number of an image's tokens."""
    return family(processor) == "Pixtral"


def bounds_pixels(processor: str) -> bool:
    """Return whether an image processor limits an image's number of pixels."""
    return family(processor) in (*BY_PIXELS, *BY_PIXELS_OF_FRAMES)


def _cut_by_edge(images: Images, edge: int, rows: int | None) -> dict[str, Any]:
    tile = _edge(images, "max_image_size") or 1
    if images.get("do_image_splitting") is False:
        raise RefusedError(f"its images always have {tile} × {tile} pixels; leave {EDGE} out")
    most = LARGEST_OF_IDEFICS if rows is None else min(LARGEST_OF_IDEFICS, tile * rows)
    _check(EDGE, edge, tile, most, f" pixels: a tile has {tile:,} a side")
    return {"size": _size_of(images) | {"longest_edge": edge}}


def _whole_by_edge(images: Images, edge: int, tower: int | None, token: int) -> dict[str, Any]:
    # An image of a single token is none to Mistral 3.
    least = _edge(images, "size", "shortest_edge") or 2 * token
    _check(EDGE, edge, least, tower, " pixels")
    return {"size": _size_of(images) | {"longest_edge": edge}}


def _by_pixels(name: str, images: Images, edge: int) -> dict[str, Any]:
    repeated = frames(name, images)
    fewest = _whole(images.get("min_pixels")) or _edge(images, "size", "shortest_edge") or 1
    _check(EDGE, edge, math.isqrt(max(fewest - 1, 0) // repeated) + 1, None, " pixels")
    kept = {key: value for key, value in _size_of(images).items() if key not in ("min_pixels", "max_pixels")}
    return {"size": kept | {"shortest_edge": fewest, "longest_edge": edge * edge * repeated}}


def _by_tiles(name: str, images: Images, tiles: int) -> dict[str, Any]:
    if name in CROPS:
        _check(TILES, tiles, 2, None, " crops of a wide image")
        return {"do_pan_and_scan": True, "pan_and_scan_max_num_crops": tiles}
    if name in GRIDS:
        return {"image_grid_pinpoints": _grids(images, tiles)}
    if any(images.get(switch) is False for switch in _CUTTING):
        raise RefusedError(f"its images are not cut into tiles; leave {TILES} out")
    setting = MOST_TILES[name]
    least = max((_whole(images.get(one)) or 1 for one in _LEAST), default=1)
    # Its prompt has words for the places of no more tiles than it was made for.
    most = _whole(images.get(setting)) if name == "Lfm2Vl" else None
    _check(TILES, tiles, least, most, " tiles")
    more = {"dense_max_patches": min(dense, tiles)} if (dense := images.get("dense_max_patches")) else {}
    return {setting: tiles, **more}


def _grids(images: Images, tiles: int) -> list[list[int]]:
    """Return the grids with at most a given number of tiles."""
    counted = _counted(images)
    if not counted:
        raise RefusedError(f"its image processor has no grids of tiles; leave {TILES} out")
    counts = [count for _, count in counted]
    _check(TILES, tiles, min(counts), max(counts), " tiles")
    return [grid for grid, count in counted if count <= tiles]


def _counted(images: Images) -> list[tuple[list[int], int]]:
    """Return the grids with their numbers of tiles; the smallest side of any is a tile's."""
    grids = [[int(height), int(width)] for height, width in images.get("image_grid_pinpoints") or ()]
    tile = min((min(grid) for grid in grids), default=1)
    return [(grid, math.ceil(grid[0] / tile) * math.ceil(grid[1] / tile)) for grid in grids]


def _check(option: str, value: int, least: int, most: int | None, of: str) -> None:
    if value < least or (most is not None and value > most):
        bounds = f"{least:,}" + (" or more" if most is None else f" to {most:,}" if most > least else "")
        raise RefusedError(f"{option} {value} is out of its bounds, {bounds}{of}")


def _size(images: Images) -> str | None:
    """Return the size of all images, as `384 × 384`."""
    size = images.get("size")
    if images.get("do_center_crop") or (isinstance(size, dict) and "height" not in size):
        size = images.get("crop_size") or size
    if not isinstance(size, dict):
        return f"{size} × {size}" if _whole(size) else None
    height, width = size.get("height"), size.get("width")
    return f"{width} × {height}" if _whole(height) and _whole(width) else None


def _size_of(images: Images) -> dict[str, Any]:
    """Return the `size` setting without unset values."""
    size = images.get("size")
    return {key: value for key, value in size.items() if value is not None} if isinstance(size, dict) else {}


def _edge(images: Images, setting: str, edge: str = "longest_edge") -> int | None:
    size = images.get(setting)
    return _whole(size.get(edge)) if isinstance(size, dict) else None


def _whole(value: object) -> int | None:
    """Return a whole number above 0."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None
