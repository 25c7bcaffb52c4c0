"""A picture on a screen held against the image that it should show: arithmetic on pixels."""

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Pixels = NDArray[np.uint8]
"""Of shape (height, width, 3)."""

FRAME = (255, 0, 255)
"""The colour of a test card's frame, which nothing else on the screen has."""

BLOCK = 8
"""Pixels of a block whose mean is compared."""

WORST_BLOCK = 16.0
"""How far the mean of a block may be off, of 255: by other ways of scaling, and by colours of a palette."""

MEAN_BLOCK = 3.0
"""And all of them on average."""

LEAST_LIKENESS = 0.96
"""The least correlation of the shades, and of what is fine in them."""

_FINE = 3
"""Pixels around one whose mean is taken away to leave what is fine."""


class Box(Struct, frozen=True):
    """A part of the screen, in pixels."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.right - self.left, self.bottom - self.top

    def of(self, shown: Pixels) -> Pixels:
        """Return the part of a screen."""
        return shown[self.top : self.bottom, self.left : self.right]


def card(width: int = 384, height: int = 288) -> Image.Image:
    """Return an image with a frame, and in it what is fine and what is coarse: rings, squares, all greys."""
    image = Image.new("RGB", (width, height), (96, 96, 96))
    draw = ImageDraw.Draw(image)
    for index, radius in enumerate(range(height // 2 - 20, 0, -6)):
        grey = 255 if index % 2 else 20
        middle = (width // 3, height // 2)
        draw.ellipse(
            [middle[0] - radius, middle[1] - radius, middle[0] + radius, middle[1] + radius], (grey,) * 3
        )
    for index in range(width * 3 // 10):
        grey = index * 255 // (width * 3 // 10)
        draw.line([width * 6 // 10 + index, 20, width * 6 // 10 + index, 70], (grey,) * 3)
    for y in range(90, height - 20, 6):
        for x in range(width * 7 // 10, width - 20, 6):
            grey = 230 if (x // 6 + y // 6) % 3 else 10
            draw.rectangle([x, y, x + 5, y + 5], (grey,) * 3)
    draw.rectangle([0, 0, width - 1, height - 1], outline=FRAME, width=7)
    return image


def framed(shown: Pixels) -> Box | None:
    """Return where a card's frame stands on a screen, if all four sides of it do."""
    mask = (np.abs(shown.astype(int) - FRAME) < 70).all(axis=2)
    columns, rows = np.flatnonzero(mask.sum(axis=0) >= 40), np.flatnonzero(mask.sum(axis=1) >= 40)
    if not len(columns) or not len(rows):
        return None
    box = Box(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
    inside = box.of(mask[:, :, None])[:, :, 0]
    sides = (inside[0], inside[-1], inside[:, 0], inside[:, -1])
    return box if min(box.size) >= 40 and all(side.mean() > 0.95 for side in sides) else None


def unlike(shown: Pixels, image: Image.Image) -> str:
    """Return in what a part of the screen differs from an image of its size; nothing if it shows it."""
    height, width = shown.shape[:2]
    scaled = image.convert("RGB").resize((width, height), Image.Resampling.LANCZOS)
    expected = np.asarray(scaled, float)
    off = np.abs(_blocks(shown.astype(float)) - _blocks(expected))
    if off.max() > WORST_BLOCK:
        at = np.unravel_index(off.max(axis=2).argmax(), off.shape[:2])
        place = f"{at[1] * BLOCK}, {at[0] * BLOCK} of {width} x {height}"
        return f"the block at {place} is off by {off.max():.0f}"
    if off.mean() > MEAN_BLOCK:
        return f"the blocks are off by {off.mean():.1f} on average"
    greys = shown.mean(axis=2), expected.mean(axis=2)
    for name, pair in (("shades", greys), ("fine parts", (_fine(greys[0]), _fine(greys[1])))):
        likeness = float(np.corrcoef(pair[0].ravel(), pair[1].ravel())[0, 1])
        if likeness < LEAST_LIKENESS:
            return f"the {name} correlate by {likeness:.3f}"
    return ""


def _blocks(pixels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the means of whole blocks, the last ones up to the edges."""
    rows = [*range(0, pixels.shape[0] - BLOCK, BLOCK), pixels.shape[0] - BLOCK]
    columns = [*range(0, pixels.shape[1] - BLOCK, BLOCK), pixels.shape[1] - BLOCK]
    return np.array([[pixels[y : y + BLOCK, x : x + BLOCK].mean(axis=(0, 1)) for x in columns] for y in rows])


def _fine(greys: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the greys less the mean around each."""
    size = 2 * _FINE + 1
    summed = np.pad(np.pad(greys, _FINE, "edge").cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    around = summed[size:, size:] - summed[:-size, size:] - summed[size:, :-size] + summed[:-size, :-size]
    return greys - around / size**2
