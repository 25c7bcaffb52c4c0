"""The measure by which screenshots are judged: it passes a picture, and nothing that has gone wrong."""

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageFilter

from fada_tui.core.paths import samples_dir
from tests.terminals.matching import Pixels, card, framed, unlike

SIZE = (312, 234)

IMAGES = {"card": card(), "sample": Image.open(samples_dir() / "Brain" / "Brain_001.png").convert("RGB")}


def drawn(image: Image.Image, how: Image.Resampling = Image.Resampling.LANCZOS) -> Image.Image:
    return image.resize(SIZE, how)


def palette(image: Image.Image) -> Image.Image:
    return drawn(image).quantize(64, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).convert("RGB")


def larger(image: Image.Image) -> Image.Image:
    return image.resize((1040, 780), Image.Resampling.BILINEAR)


@pytest.mark.parametrize("name", IMAGES)
@pytest.mark.parametrize("how", [drawn, palette, larger])
def test_a_picture_passes(how: Callable[[Image.Image], Image.Image], name: str) -> None:
    assert unlike(np.asarray(how(IMAGES[name])), IMAGES[name]) == ""


def boxes(shown: Pixels) -> None:
    shown[:] = 13
    shown[::9] = shown[:, ::9] = 160


def half_blocks(shown: Pixels) -> None:
    small = Image.fromarray(shown).resize((SIZE[0] // 9, SIZE[1] // 9), Image.Resampling.BOX)
    shown[:] = np.asarray(small.resize(SIZE, Image.Resampling.NEAREST))


def bar_below(shown: Pixels) -> None:
    shown[-5:] = 255


def strip_beside(shown: Pixels) -> None:
    shown[:, -9:] = (35, 38, 39)


def shifted_right(shown: Pixels) -> None:
    shown[:] = np.roll(shown, 3, axis=1)


def shifted_down(shown: Pixels) -> None:
    shown[:] = np.roll(shown, 3, axis=0)


def half_drawn(shown: Pixels) -> None:
    shown[SIZE[1] // 2 :] = 13


def text_over(shown: Pixels) -> None:
    shown[100:118, 90:180] = (200, 200, 200)


def blurred(shown: Pixels) -> None:
    shown[:] = np.asarray(Image.fromarray(shown).filter(ImageFilter.BoxBlur(3)))


def blank(shown: Pixels) -> None:
    shown[:] = 13


def other(shown: Pixels) -> None:
    image = Image.open(samples_dir() / "Brain" / "Brain_002.png").convert("RGB")
    shown[:] = np.asarray(drawn(image))


FAULTS = [boxes, half_blocks, bar_below, strip_beside, shifted_right, shifted_down, half_drawn, text_over]
FAULTS += [blurred, blank, other]


@pytest.mark.parametrize("name", IMAGES)
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_what_has_gone_wrong_does_not(fault: Callable[[Pixels], None], name: str) -> None:
    shown = np.array(drawn(IMAGES[name]))
    fault(shown)
    assert unlike(shown, IMAGES[name])


def test_a_card_is_found_where_it_stands() -> None:
    screen = np.full((400, 600, 3), 13, np.uint8)
    screen[40 : 40 + SIZE[1], 100 : 100 + SIZE[0]] = np.asarray(palette(IMAGES["card"]))
    box = framed(screen)
    assert box is not None
    assert (box.left, box.top, box.size) == (100, 40, SIZE)
    screen[200:] = 13
    assert framed(screen) is None
