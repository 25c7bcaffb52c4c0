"""How well pictures of coloured characters show the image, beside chafa's.

    python -m benchmarks.cells [--images DIR]… [--each N] [--pictures DIR]

Each image is drawn with half blocks, sextants and octants by this program and, where `pip install chafa.py`
has brought it, by chafa (true colour, all of its work factor), at the same size in cells. The characters are
drawn as pixels, 12 × 24 to a cell, and held against the image scaled by area to as many: PSNR, and SSIM with
a Gaussian of 1.5 pixels. Bytes are those that the dashboard writes for the picture, milliseconds what scaling
and encoding take; chafa is not timed, since its binding takes pixels one by one.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Iterator
from ctypes import c_char_p, c_int, c_uint32, c_void_p
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from rich.console import Console
from scipy.ndimage import gaussian_filter

from fada_tui.core.paths import samples_dir
from fada_tui.images.decode import decode
from fada_tui.tui.terminal.block_mosaics import MOSAICS, OCTANT, Mosaic
from fada_tui.tui.terminal.graphics.cells import Cells
from fada_tui.tui.terminal.graphics.detect import Detected
from fada_tui.tui.terminal.graphics.fit import Placement, fit
from fada_tui.tui.terminal.graphics.render import render

SIZES = ((32, 12), (60, 22))
"""Columns and rows of the room for a picture."""

CELL = (12, 24)
"""Pixels of a cell, of which every mosaic's parts take whole ones."""

GLYPH = 8
"""Chafa's characters are bitmaps of so many pixels in each direction."""

SHOWN = "Brain/Brain_001.png"
"""The sample whose pictures are in the documentation."""

Draw = Callable[[Image.Image, Placement, str], Cells]


def ours(image: Image.Image, placement: Placement, name: str) -> Cells:
    """Return the picture as the dashboard draws it."""
    return render(image, (placement.columns, placement.rows), CELL, Detected(name, "")).cells  # type: ignore[arg-type]


def chafas(image: Image.Image, placement: Placement, name: str) -> Cells:
    """Return the picture as chafa draws it."""
    import chafa

    config = chafa.CanvasConfig()
    config.width, config.height = placement.columns, placement.rows
    config.cell_width, config.cell_height = CELL
    config.canvas_mode = chafa.CanvasMode.CHAFA_CANVAS_MODE_TRUECOLOR
    config.pixel_mode = chafa.PixelMode.CHAFA_PIXEL_MODE_SYMBOLS
    config.work_factor = 1.0
    mosaic = MOSAICS[name]
    symbols, characters = _symbols(mosaic)
    config.set_symbol_map(symbols)
    canvas = chafa.Canvas(config)
    pixels = image.convert("RGB")
    canvas.draw_all_pixels(
        chafa.PixelType.CHAFA_PIXEL_RGB8, list(pixels.tobytes()), *pixels.size, pixels.width * 3
    )
    patterns, colours = [], bytearray()
    for row in range(placement.rows):
        for column in range(placement.columns):
            place = canvas[row, column]
            patterns.append(characters.index(place.char))
            colours += bytes(place.fg_color or (0, 0, 0)) + bytes(place.bg_color or (0, 0, 0))
    return Cells(placement.columns, "".join(mosaic.characters[one] for one in patterns), bytes(colours))


def _symbols(mosaic: Mosaic) -> tuple[Any, str]:
    """Return what chafa may draw with, and these characters by pattern.

    It has drawings of its own but for octants, which are newer than the Unicode that it knows: braille stands
    for them, drawn as they are.
    """
    import chafa
    from chafa.libraries import _Chafa

    symbols, characters = chafa.SymbolMap(), mosaic.characters
    if mosaic is OCTANT:
        characters = "".join(chr(0x2800 + pattern) for pattern in range(2**mosaic.parts))
        add_glyph = _Chafa.chafa_symbol_map_add_glyph
        add_glyph.argtypes = (c_void_p, c_uint32, c_int, c_char_p, c_int, c_int, c_int)
        for pattern, character in enumerate(characters):
            filled = pattern >> np.arange(mosaic.parts) & 1
            grid = (filled * 255).astype(np.uint8).reshape(mosaic.rows, mosaic.columns, 1)
            shape = grid.repeat(GLYPH // mosaic.rows, 0).repeat(GLYPH // mosaic.columns, 1).repeat(4, 2)
            add_glyph(symbols._symbol_map, ord(character), 0, shape.tobytes(), GLYPH, GLYPH, GLYPH * 4)
    for character in characters:
        symbols.add_by_range(character, character)
    return symbols, characters


def pixels_of(cells: Cells, mosaic: Mosaic) -> np.ndarray[Any, Any]:
    """Return the pixels of a picture of characters, `CELL` to each, with all their colours."""
    patterns = np.array([mosaic.characters.index(one) for one in cells.characters])
    colours = np.frombuffer(cells.colours, np.uint8).reshape(-1, 2, 3)
    filled = patterns[:, None] >> np.arange(mosaic.parts) & 1
    parts = np.where(filled[..., None], colours[:, :1], colours[:, 1:])
    rows = len(cells.characters) // cells.columns
    grid = parts.reshape(rows, cells.columns, mosaic.rows, mosaic.columns, 3).transpose(0, 2, 1, 3, 4)
    drawn = grid.reshape(rows * mosaic.rows, cells.columns * mosaic.columns, 3)
    return drawn.repeat(CELL[1] // mosaic.rows, axis=0).repeat(CELL[0] // mosaic.columns, axis=1)


def psnr(drawn: np.ndarray[Any, Any], wanted: np.ndarray[Any, Any]) -> float:
    """Return the ratio of the largest signal to the noise, in decibels."""
    return float(10 * np.log10(255**2 / np.mean((drawn - wanted) ** 2)))


def ssim(drawn: np.ndarray[Any, Any], wanted: np.ndarray[Any, Any]) -> float:
    """Return the structural similarity of two grey pictures (Wang and others, 2004)."""
    means = [gaussian_filter(one, 1.5) for one in (drawn, wanted)]
    squares = [
        gaussian_filter(one * one, 1.5) - mean**2 for one, mean in zip((drawn, wanted), means, strict=True)
    ]
    both = gaussian_filter(drawn * wanted, 1.5) - means[0] * means[1]
    low, high = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    above = (2 * means[0] * means[1] + low) * (2 * both + high)
    return float(np.mean(above / ((means[0] ** 2 + means[1] ** 2 + low) * (sum(squares) + high))))


def written(image: Image.Image, placement: Placement, name: str) -> int:
    """Return how many bytes the dashboard writes for the picture."""
    console = Console(file=StringIO(), force_terminal=True, color_system="truecolor")
    drawn = render(image, (placement.columns, placement.rows), CELL, Detected(name, ""))  # type: ignore[arg-type]
    return sum(len(line.render(console).encode()) for line in drawn.lines())


def grey(pixels: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return a picture's brightness."""
    return pixels.astype(np.float64) @ (0.299, 0.587, 0.114)


def wanted(image: Image.Image, placement: Placement) -> Image.Image:
    """Return the image in as many pixels as the picture's cells have, scaled by area where it shrinks."""
    size = (placement.columns * CELL[0], placement.rows * CELL[1])
    shrinks = image.width >= size[0] and image.height >= size[1]
    return image.resize(size, Image.Resampling.BOX if shrinks else Image.Resampling.BICUBIC)


def measured(images: list[Image.Image], room: tuple[int, int], ways: dict[str, Draw]) -> Iterator[str]:
    """Measure all images at one size; yield the lines of a table."""
    for name, mosaic in MOSAICS.items():
        render(images[0], room, CELL, Detected(name, ""))  # type: ignore[arg-type]  # what is imported first
        sizes = [written(image, fit(*image.size, *room, CELL), name) for image in images]
        for way, draw in ways.items():
            found: list[tuple[float, float, float]] = []
            for image in images:
                placement = fit(*image.size, *room, CELL)
                begun = time.perf_counter()
                cells = draw(image, placement, name)
                took = time.perf_counter() - begun
                drawn, against = grey(pixels_of(cells, mosaic)), grey(np.asarray(wanted(image, placement)))
                found.append((psnr(drawn, against), ssim(drawn, against), took))
            ratio, likeness, took = (statistics.mean(column) for column in zip(*found, strict=True))
            told = f"{statistics.mean(sizes) / 1000:.1f} | {took * 1e3:.1f}" if way == "ours" else "|"
            yield (f"| {room[0]} × {room[1]} | {name} | {way} | {ratio:.2f} | {likeness:.3f} | {told} |")


def found(folders: list[Path], each: int | None) -> list[Image.Image]:
    """Return the images of some folders, so many of each one's subfolders."""
    files = [
        file
        for folder in folders
        for sub in sorted(folder.iterdir())
        if sub.is_dir()
        for file in sorted(sub.iterdir())[:each]
    ]
    return [decode(file).pixels for file in files]


def draw_pictures(image: Image.Image, folder: Path) -> None:
    """Write an image's pictures of characters, at each size, as PNG files of grey pixels."""
    for room in SIZES:
        placement = fit(*image.size, *room, CELL)
        for name, mosaic in MOSAICS.items():
            drawn = Image.fromarray(pixels_of(ours(image, placement, name), mosaic))
            drawn.convert("L").save(folder / f"{name}-{room[0]}x{room[1]}.png", optimize=True)


def main() -> None:
    """Measure, and draw pictures where that is asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cells", description=__doc__)
    parser.add_argument("--images", type=Path, action="append", metavar="DIR", help="default: the samples")
    parser.add_argument("--each", type=int, metavar="N", help="so many images of each category")
    parser.add_argument("--pictures", type=Path, metavar="DIR", help="draw a sample there instead")
    options = parser.parse_args()
    if options.pictures:
        draw_pictures(decode(samples_dir() / SHOWN).pixels, options.pictures)
        return
    images = found(options.images or [samples_dir()], options.each)
    ways: dict[str, Draw] = {"ours": ours}
    try:
        import chafa  # noqa: F401
    except ImportError:
        print("without chafa, which is not installed: pip install chafa.py")
    else:
        ways["chafa"] = chafas
    print(f"{len(images)} images")
    print("| room | characters | drawn by | PSNR, dB | SSIM | KB written | ms to encode |")
    print("|---|---|---|---|---|---|---|")
    for room in SIZES:
        for line in measured(images, room, ways):
            print(line, flush=True)


if __name__ == "__main__":
    main()
