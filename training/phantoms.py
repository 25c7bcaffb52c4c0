"""Phantoms: synthetic ultrasound images whose content is known, because it was drawn."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np
from PIL.Image import Image

from training.anatomy import VIEWS, Side
from training.ultrasound import PROBES, Beamforming, Tissue, fan, scan, to_pixel

Quality = Literal["good", "fair", "poor"]

CATEGORIES = tuple(VIEWS)
"""What a phantom can show: the folders of `samples/`."""


@dataclass(frozen=True)
class Phantom:
    """An image and the ground truth about it."""

    category: str
    seed: int
    image: Image
    """Greyscale ("L"), 384 x 288 pixels, labelled SYNTHETIC outside the fan."""
    structures: tuple[str, ...]
    """What is drawn, in the order in which an answer names it."""
    is_fetal: bool
    """False for the mother's own anatomy."""
    stomach_side: Side | None
    """Side of the picture; None where no stomach is drawn."""
    quality: Quality
    landmarks: Mapping[str, tuple[float, float]]
    """Where some structures' middles lie, in pixels: (column, row)."""


def phantom(category: str, seed: int) -> Phantom:
    """Draw a phantom; the same category and seed give the same pixels with the same numpy.

    Raises:
        ValueError: there is no such category.
    """
    if category not in VIEWS:
        raise ValueError(f"no phantom of '{category}': choose one of {', '.join(CATEGORIES)}")
    rng = np.random.default_rng([CATEGORIES.index(category), seed])
    tissue = Tissue(fan(int(rng.integers(len(PROBES)))))
    view = VIEWS[category](tissue, rng)
    clarity = float(rng.uniform(0, 1))
    return Phantom(
        category=category,
        seed=seed,
        image=scan(tissue, _settings(clarity, rng), rng),
        structures=view.structures,
        is_fetal=category != "Cervix",
        stomach_side=view.stomach_side,
        quality="poor" if clarity < 0.25 else "fair" if clarity < 0.55 else "good",
        landmarks=MappingProxyType({name: to_pixel(*place) for name, place in view.landmarks.items()}),
    )


def _settings(clarity: float, rng: np.random.Generator) -> Beamforming:
    """Return the scanner's settings for a clarity from 0 (hardly legible) to 1; gain varies besides."""
    haze = 1 - clarity
    return Beamforming(
        gain=rng.uniform(-8, 2) - 3 * haze,
        slope=rng.uniform(-10, 6) - 6 * haze,
        noise=-76 + 38 * haze + rng.uniform(-2, 2),
        clutter=-42 + 26 * haze,
        blur=int(haze > 0.5) + int(haze > 0.8),
    )
