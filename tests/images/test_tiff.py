"""TIFF files of all layouts: decoded rightly or refused, never a wrong picture."""

from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fada_tui.core.errors import ErrorKind
from fada_tui.core.image_error import ImageError
from fada_tui.images.decode import decode
from tests.images.tiff_files import (
    BLACK_IS_ZERO,
    CMYK,
    FLOAT,
    PALETTE,
    RGB,
    SIGNED,
    UNSIGNED,
    WHITE_IS_ZERO,
    YCBCR,
    Values,
    save_tiff,
)

LAYOUTS = [
    {"order": order, "fill_order": fill, "compressed": compressed, "planar": planar, **shape}
    for order, fill, compressed, planar, shape in product(
        "<>", (1, 2), (False, True), (1, 2), ({}, {"strips": 3}, {"tile": 16})
    )
]
PLAIN: dict[str, Any] = {}
ROWS, COLUMNS = 12, 13

Case = tuple[Values, int, int, dict[str, Any], Values]
"""Samples, bits, photometric interpretation, further options, and the picture that they are."""


def numbers(bits: int, sample_format: int | None = None, samples: int = 0) -> Values:
    shape = (ROWS, COLUMNS, samples) if samples else (ROWS, COLUMNS)
    random = np.random.default_rng(bits)
    if sample_format == FLOAT:
        return random.normal(size=shape)
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1)) if sample_format == SIGNED else (0, 2**bits)
    return random.integers(low, high, shape)


def as_grey(values: Values, bits: int, sample_format: int | None, white_is_zero: bool) -> Values:
    real = values.astype(np.float64)
    if bits <= 8 and sample_format in (None, UNSIGNED):
        grey = real * 255 / (2**bits - 1)
    else:
        grey = (real - real.min()) / (real.max() - real.min()) * 255
    return np.repeat((255 - grey if white_is_zero else grey)[..., None], 3, 2)


def greys() -> Iterator[Case]:
    kinds = [(bits, form) for bits in (1, 2, 4, 8, 12, 16, 32) for form in (None, UNSIGNED)]
    kinds += [(8, SIGNED), (16, SIGNED), (32, SIGNED), (16, FLOAT), (32, FLOAT), (64, FLOAT)]
    for (bits, form), white in product(kinds, (False, True)):
        values = numbers(bits, form)
        photometric = WHITE_IS_ZERO if white else BLACK_IS_ZERO
        yield values, bits, photometric, {"sample_format": form}, as_grey(values, bits, form, white)


def colours() -> Iterator[Case]:
    for bits in (8, 16):
        for extra in ((), (0,), (1,), (2,), (2, 0), (0, 0)):
            values = numbers(bits, samples=3 + len(extra))
            if extra[:1] == (1,):
                values[..., :3] = values[..., :3] * values[..., 3:4] // (2**bits - 1)
            shown = (values[..., :3] >> (bits - 8)).astype(np.float64)
            if extra[:1] == (2,):
                shown *= values[..., 3:4] / (2**bits - 1)
            yield values, bits, RGB, {"extra": extra}, shown
        values = numbers(bits, samples=4)
        yield values, bits, RGB, {}, (values[..., :3] >> (bits - 8)) * (values[..., 3:] / (2**bits - 1))
        inks = 255 - (values >> (bits - 8))
        yield values, bits, CMYK, {}, inks[..., :3] * inks[..., 3:] / 255
    grey = numbers(8, samples=2)
    yield grey, 8, BLACK_IS_ZERO, {"extra": (0,)}, np.repeat(grey[..., :1], 3, 2)
    yield grey, 8, BLACK_IS_ZERO, {"extra": (2,)}, np.repeat(grey[..., :1] * (grey[..., 1:] / 255), 3, 2)


def palettes() -> Iterator[Case]:
    for bits, scale in ((1, 256), (2, 256), (4, 256), (8, 256), (8, 1)):
        values = numbers(bits)
        table = np.random.default_rng(scale).integers(0, 256, (3, 2**bits))
        more = {320: tuple((table * scale).ravel().tolist())}
        yield values, bits, PALETTE, {"more": more}, np.moveaxis(table[:, values], 0, -1)


@pytest.mark.long
@pytest.mark.parametrize("cases", [greys, colours, palettes])
def test_right_or_refused_whatever_the_layout(tmp_path: Path, cases: Callable[[], Iterator[Case]]) -> None:
    for values, bits, photometric, options, expected in cases():
        for layout in LAYOUTS:
            path = save_tiff(tmp_path / "a.tif", values, bits, photometric, **options, **layout)
            try:
                shown = np.asarray(decode(path).pixels, np.float64)
            except ImageError:
                continue
            about = (bits, photometric, {key: options[key] for key in options if key != "more"}, layout)
            assert np.abs(shown - expected).max() <= 2, about


@pytest.mark.parametrize(
    ("bits", "sample_format", "layout"),
    [
        (32, UNSIGNED, PLAIN),
        (32, None, {"compressed": True}),
        (8, SIGNED, PLAIN),
        (16, SIGNED, {"order": ">", "compressed": True}),
        (32, SIGNED, {"order": ">", "compressed": True}),
        (32, FLOAT, {"order": ">", "compressed": True}),
        (32, FLOAT, {"order": ">", "planar": 2}),
        (16, None, {"planar": 2}),
        (4, None, {"planar": 2}),
        (12, None, PLAIN),
    ],
)
def test_grey_that_is_decoded(
    tmp_path: Path, bits: int, sample_format: int | None, layout: dict[str, Any]
) -> None:
    values = numbers(bits, sample_format)
    path = save_tiff(tmp_path / "a.tif", values, bits, sample_format=sample_format, **layout)
    expected = as_grey(values, bits, sample_format, white_is_zero=False)
    assert np.abs(np.asarray(decode(path).pixels) - expected).max() <= 1


@pytest.mark.parametrize("layout", [PLAIN, {"compressed": True}, {"order": ">"}, {"strips": 3}, {"tile": 16}])
@pytest.mark.parametrize("bits", [8, 16])
def test_colours_in_planes_are_decoded(tmp_path: Path, bits: int, layout: dict[str, Any]) -> None:
    values = numbers(bits, samples=3)
    path = save_tiff(tmp_path / "a.tif", values, bits, RGB, planar=2, **layout)
    assert np.array_equal(np.asarray(decode(path).pixels), values >> (bits - 8))


def test_a_colour_map_of_8_bits_is_decoded(tmp_path: Path) -> None:
    *_, (values, bits, photometric, options, expected) = palettes()
    path = save_tiff(tmp_path / "a.tif", values, bits, photometric, **options)
    assert np.array_equal(np.asarray(decode(path).pixels), expected)


@pytest.mark.parametrize(
    ("samples", "photometric", "options", "words"),
    [
        (4, CMYK, {"more": {332: (2,)}}, "inks other than"),
        (3, YCBCR, {"more": {530: (2, 1)}}, "fewer colours than pixels"),
        (3, YCBCR, {}, "fewer colours than pixels"),
        (4, RGB, {"planar": 2}, "does not say what they are"),
        (2, BLACK_IS_ZERO, {"planar": 2, "extra": (2,)}, "planes of grey"),
        (3, RGB, {"planar": 2, "fill_order": 2}, "order that cannot be read"),
        (1, None, {}, "does not say what its values mean"),
    ],
)
def test_what_would_be_wrong_is_refused_in_words(
    tmp_path: Path, samples: int, photometric: int | None, options: dict[str, Any], words: str
) -> None:
    path = save_tiff(tmp_path / "a.tif", numbers(8, samples=samples), 8, photometric, **options)
    with pytest.raises(ImageError, match=words) as caught:
        decode(path)
    assert caught.value.kind is ErrorKind.IMAGE_UNREADABLE
