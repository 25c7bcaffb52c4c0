"""Images as they are sent to a server: format, quality, size, and what is recorded of them."""

import base64
import io

import pytest
from msgspec import UNSET
from PIL import Image, ImageDraw

from fada_tui.core.errors import ErrorKind
from fada_tui.core.image_error import ImageError
from fada_tui.core.records import Generation
from fada_tui.worker.remote.pictures import Picture, picture


def drawn(width: int = 96, height: int = 64) -> Image.Image:
    image = Image.effect_noise((width, height), 40).convert("RGB")
    ImageDraw.Draw(image).ellipse((4, 4, width // 2, height // 2), fill="#c08040")
    return image


def sent(made: Picture) -> Image.Image:
    head, _, data = made.url.partition(",")
    raw = base64.b64decode(data)
    image = Image.open(io.BytesIO(raw))
    image.load()
    assert head == f"data:image/{str(image.format).lower()};base64"
    assert (made.size, made.width, made.height) == (len(raw), *image.size)
    return image


def test_png_loses_nothing_and_is_what_runs_of_before_were_sent() -> None:
    for how in (Generation(), Generation(image_format="png")):
        made = picture(drawn(), how)
        image = sent(made)
        assert image.format == "PNG"
        assert made.placeholder == f"<image: PNG, 96×64, {made.size:,} bytes>"
    assert sent(picture(image, Generation())).tobytes() == image.tobytes()


@pytest.mark.parametrize(("kind", "name"), [("jpeg", "JPEG"), ("webp", "WebP")])
def test_lossy_formats_follow_the_quality(kind: str, name: str) -> None:
    sizes = []
    for quality in (20, 95):
        made = picture(drawn(), Generation(image_format=kind, image_quality=quality))
        assert sent(made).format == name.upper()
        assert made.placeholder == f"<image: {name}, 96×64, {made.size:,} bytes>"
        sizes.append(made.size)
    assert sizes[0] < sizes[1]


def test_a_picture_is_scaled_down_and_never_up() -> None:
    image = drawn(300, 200)
    made = picture(image, Generation(), 90)
    assert (made.width, made.height) == (90, 60)
    assert sent(made).tobytes() == image.resize((90, 60), Image.Resampling.LANCZOS).tobytes()
    for edge in (300, 4096, None):
        assert sent(picture(image, Generation(), edge)).tobytes() == image.tobytes()
    assert sent(picture(Image.new("RGB", (400, 2)), Generation(), 100)).size == (100, 1)
    assert sent(picture(Image.new("RGB", (2, 400)), Generation(), 20)).size == (1, 20)


def test_a_format_that_cannot_hold_a_picture_says_what_can() -> None:
    wide = Image.new("RGB", (16_384, 2))
    with pytest.raises(ImageError, match=r"16384 × 2 pixels.*WebP.*16,383.*--longest-edge.*png") as caught:
        picture(wide, Generation(image_format="webp", image_quality=90))
    assert caught.value.kind == ErrorKind.IMAGE_TOO_LARGE
    assert sent(picture(wide, Generation(image_format="webp", image_quality=90), 4096)).size == (4096, 1)
    assert picture(wide, Generation(image_format="png", image_quality=UNSET)).width == 16_384
