"""How near pictures of characters come to an image, by the figures of the benchmark."""

import numpy as np
import pytest
from PIL import Image

from benchmarks.cells import CELL, grey, ours, pixels_of, psnr, ssim, wanted
from fada_tui.core.paths import samples_dir
from fada_tui.images.decode import decode
from fada_tui.tui.terminal.block_mosaics import HALF, MOSAICS, OCTANT
from fada_tui.tui.terminal.graphics.cells import encode
from fada_tui.tui.terminal.graphics.fit import fit


def test_what_is_drawn_is_read_from_the_characters() -> None:
    columns, rows = np.arange(6)[None, :], np.arange(8)[:, None]
    image = Image.fromarray((((columns + rows) % 2) * 255).astype(np.uint8))
    drawn = pixels_of(encode(image, 3, 2, OCTANT), OCTANT)
    assert drawn.shape == (2 * CELL[1], 3 * CELL[0], 3)
    assert (drawn == np.asarray(image.resize(drawn.shape[1::-1], Image.Resampling.NEAREST))[..., None]).all()
    assert psnr(grey(drawn) + 10, grey(drawn)) == pytest.approx(28.13, abs=0.01)
    assert ssim(grey(drawn), grey(drawn)) == pytest.approx(1)
    assert ssim(grey(drawn), 255 - grey(drawn)) < 0


def test_finer_characters_come_nearer_and_averages_are_of_areas() -> None:
    image = decode(samples_dir() / "Brain/Brain_001.png").pixels
    placement = fit(*image.size, 32, 12, CELL)
    against = grey(np.asarray(wanted(image, placement)))
    found = [
        grey(pixels_of(ours(image, placement, name), MOSAICS[name])) for name in ("half", "sextant", "octant")
    ]
    ratios = [psnr(one, against) for one in found]
    assert ratios[0] + 1 < ratios[1] < ratios[2]
    size = (placement.columns, placement.rows * 2)
    area = encode(image.resize(size, Image.Resampling.BOX), placement.columns, placement.rows, HALF)
    assert ssim(found[0], against) > 0.98 * ssim(grey(pixels_of(area, HALF)), against)
