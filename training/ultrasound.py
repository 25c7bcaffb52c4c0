"""Synthetic B-mode images: tissue along scan lines in, a scan-converted picture out.

Lengths are in units of the imaging depth: y = 0 at the probe, 1 at the deepest sample in the middle. Echo
levels are in decibels, 0 being white. The chain is the textbook one for a curved probe: scatterers of random
phase, weighted by the tissue's echo level and by what bone above them has taken away, blurred by the pulse,
detected as a magnitude (which makes the speckle Rayleigh distributed), log-compressed, and laid out as a fan.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Field = NDArray[np.float32]

WIDTH, HEIGHT = 384, 288
"""Size of every picture, in pixels."""
DEPTHS, LINES = 224, 136
"""Samples along a scan line, and scan lines: the shape of every `Field`."""
PROBES = ((35.0, 0.237), (31.0, 0.36), (38.0, 0.15))
"""Curved probes: half the opening angle in degrees, and the apex's height above y = 0."""

_PIXELS_PER_DEPTH = 272.0
_TOP = 8.0
_RANGE = 60.0
_LABEL = "SYNTHETIC"


@dataclass(frozen=True)
class Fan:
    """Where the scan lines of one probe run, and which samples each pixel mixes."""

    x: Field
    """Position of each sample to the right of the middle."""
    y: Field
    """Depth of each sample below the probe's middle."""
    depth: Field
    """Distance of each sample from the probe's face, along its line."""
    beam: tuple[Field, Field]
    """Direction of each line: the parts along x and y of its unit vector, of shape (1, LINES)."""
    pixels: NDArray[np.intp]
    """Flat indices of the pixels inside the fan."""
    corner: NDArray[np.intp]
    """For each of them, the flat index of the sample above and to the left."""
    weights: tuple[Field, Field]
    """For each of them, how far it lies towards the next sample in depth and the next line."""


@cache
def fan(probe: int) -> Fan:
    """Return the geometry of `PROBES[probe]`."""
    degrees, apex = PROBES[probe]
    half = np.deg2rad(degrees)
    angle = np.linspace(-half, half, LINES, dtype=np.float32)[None, :]
    depth = np.linspace(0, 1, DEPTHS, dtype=np.float32)[:, None]
    sine, cosine = np.sin(angle), np.cos(angle)
    row, column = np.mgrid[0:HEIGHT, 0:WIDTH]
    x = (column - WIDTH / 2) / _PIXELS_PER_DEPTH
    y = (row - _TOP) / _PIXELS_PER_DEPTH
    sample = (np.hypot(x, y + apex) - apex) * (DEPTHS - 1)
    line = (np.arctan2(x, y + apex) + half) / (2 * half) * (LINES - 1)
    inside = (sample >= 0) & (sample < DEPTHS - 1) & (line >= 0) & (line < LINES - 1)
    sample, line = sample[inside], line[inside]
    first, left = sample.astype(np.intp), line.astype(np.intp)
    return Fan(
        x=(depth + apex) * sine,
        y=(depth + apex) * cosine - apex,
        depth=np.broadcast_to(depth, (DEPTHS, LINES)),
        beam=(sine, cosine),
        pixels=np.flatnonzero(inside),
        corner=first * LINES + left,
        weights=((sample - first).astype(np.float32), (line - left).astype(np.float32)),
    )


def to_pixel(x: float, y: float) -> tuple[float, float]:
    """Return the pixel coordinates (column, row) of a point."""
    return x * _PIXELS_PER_DEPTH + WIDTH / 2, y * _PIXELS_PER_DEPTH + _TOP


@dataclass
class Tissue:
    """What the probe looks at, painted layer over layer."""

    fan: Fan
    echo: Field = field(init=False)
    """Echo level, dB."""
    loss: Field = field(init=False)
    """Attenuation above that of soft tissue, dB per unit depth; below zero in fluid."""

    def __post_init__(self) -> None:
        self.echo = np.full((DEPTHS, LINES), -29, np.float32)
        self.loss = np.zeros((DEPTHS, LINES), np.float32)

    def paint(self, cover: Field, echo: float | Field, loss: float = 0.0) -> None:
        """Lay a tissue over what is there, as far as `cover` (0 to 1) goes."""
        self.echo += cover * (echo - self.echo)
        self.loss += cover * (loss - self.loss)

    def sees(self, cover: Field, samples: int) -> bool:
        """Whether at least so many samples of a shape lie within the fan."""
        return float(cover.sum()) >= samples


@dataclass(frozen=True)
class Beamforming:
    """How the scanner was set and how well the window transmits."""

    gain: float
    """dB added to every echo."""
    slope: float
    """Error of the depth gain, dB per unit depth."""
    noise: float
    """Electronic noise, dB, before the depth gain raises it."""
    clutter: float
    """Haze below the probe, dB at its face."""
    blur: int
    """Extra passes of lateral blur."""


def scan(tissue: Tissue, settings: Beamforming, rng: np.random.Generator) -> Image.Image:
    """Return the picture of some tissue: greyscale, WIDTH x HEIGHT, labelled as synthetic."""
    depth = tissue.fan.depth
    lost = np.cumsum(tissue.loss, axis=0, dtype=np.float32) / np.float32(DEPTHS)
    level = tissue.echo - lost + _patches(rng, 5, 5, 2.0) + _patches(rng, 18, 14, 2.0)
    echoes = _blurred(_amplitude(level) * _phasors(rng), settings.blur)
    clutter = _amplitude(settings.clutter - 90 * depth)
    noise = _amplitude(settings.noise + 14 * depth)
    envelope = np.abs(echoes + (clutter + noise) * _phasors(rng))
    shown = 20 * np.log10(envelope + np.float32(1e-5)) + settings.gain + settings.slope * (depth - 0.4)
    return _picture(np.clip((shown + _RANGE) / _RANGE, 0, 1), tissue.fan)


def _amplitude(level: Field) -> Field:
    amplitude: Field = np.exp(level * np.float32(np.log(10) / 20))
    return amplitude


def _phasors(rng: np.random.Generator) -> NDArray[np.complex64]:
    """Return complex Gaussian scatterers: the sum of many small reflections of random phase."""
    parts = rng.standard_normal((2, DEPTHS, LINES), dtype=np.float32)
    phasors: NDArray[np.complex64] = (parts[0] + 1j * parts[1]).astype(np.complex64)
    return phasors


def _blurred(echoes: NDArray[np.complex64], passes: int) -> NDArray[np.complex64]:
    """Convolve with the pulse: short along the beam, wider across it; the power of noise is kept."""
    echoes = _along(echoes, (0.41, 0.82, 0.41), axis=0)
    for _ in range(1 + passes):
        echoes = _along(echoes, (0.2, 0.5, 0.64, 0.5, 0.2), axis=1)
    return echoes


def _along(values: NDArray[np.complex64], kernel: tuple[float, ...], axis: int) -> NDArray[np.complex64]:
    reach = len(kernel) // 2
    padding = [(reach, reach) if axis == index else (0, 0) for index in range(2)]
    padded = np.pad(values, padding, mode="edge")
    length = values.shape[axis]
    parts = (
        np.float32(weight) * padded[(slice(None),) * axis + (slice(start, start + length),)]
        for start, weight in enumerate(kernel)
    )
    return sum(parts, np.zeros_like(values))


def _patches(rng: np.random.Generator, rows: int, columns: int, spread: float) -> Field:
    """Return a smooth random field: `spread` is its standard deviation at the nodes."""
    nodes = rng.normal(0, spread, (rows, columns)).astype(np.float32)
    smooth = Image.fromarray(nodes).resize((LINES, DEPTHS), Image.Resampling.BICUBIC)
    return np.asarray(smooth, dtype=np.float32)


def patches(rng: np.random.Generator) -> Field:
    """Return a smooth random field of a few blobs, about -2 to 2, to draw irregular regions from."""
    return _patches(rng, 5, 5, 1.0)


def _picture(shown: Field, geometry: Fan) -> Image.Image:
    down, right = geometry.weights
    flat, corner = shown.ravel(), geometry.corner
    upper = flat[corner] * (1 - right) + flat[corner + 1] * right
    lower = flat[corner + LINES] * (1 - right) + flat[corner + LINES + 1] * right
    pixels = np.zeros(HEIGHT * WIDTH, np.uint8)
    pixels[geometry.pixels] = np.rint((upper + down * (lower - upper)) * 255).astype(np.uint8)
    picture = Image.fromarray(pixels.reshape(HEIGHT, WIDTH))
    _annotate(picture)
    return picture


def _annotate(picture: Image.Image) -> None:
    """Write the label and a depth scale outside the fan."""
    draw = ImageDraw.Draw(picture)
    draw.text((6, 4), _LABEL, fill=200, font=_font())
    for tenth in range(11):
        row = _TOP + tenth / 10 * (HEIGHT - 2 * _TOP)
        draw.line((WIDTH - (8 if tenth % 5 == 0 else 5), row, WIDTH - 2, row), fill=140)


_font: Callable[[], ImageFont.ImageFont] = cache(ImageFont.load_default_imagefont)
"""Pillow's own bitmap font: the same pixels with and without FreeType."""
