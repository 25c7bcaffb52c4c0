"""Images as they are sent to a server: scaled down where that is asked for, and encoded."""

import base64
import io
from collections.abc import Mapping
from typing import Any

from msgspec import UNSET, Struct
from PIL.Image import Image, Resampling

from fada_tui.core.errors import ErrorKind
from fada_tui.core.image_error import ImageError
from fada_tui.core.records import Generation, ImageFormat

_NAMES: Mapping[ImageFormat, str] = {"png": "PNG", "jpeg": "JPEG", "webp": "WebP"}
_LONGEST_SIDES: Mapping[ImageFormat, int] = {"png": 2**31 - 1, "jpeg": 65_500, "webp": 16_383}
"""Most pixels a side that a format, or Pillow's encoder of it, has room for."""

_USUAL_QUALITY = 90


class Picture(Struct, frozen=True):
    """An image as it is sent."""

    name: str
    """The format's name for people."""
    width: int
    height: int
    size: int
    """Bytes of the encoded image."""
    url: str
    """It as a `data:` URL, with its media type."""

    @property
    def placeholder(self) -> str:
        """Return the placeholder for the image in a recorded prompt."""
        return f"<image: {self.name}, {self.width}×{self.height}, {self.size:,} bytes>"


def picture(pixels: Image, generation: Generation, longest_edge: int | None = None) -> Picture:
    """Encode RGB pixels: PNG without any loss, JPEG and WebP in the quality asked for.

    Args:
        pixels: the image.
        generation: has format and quality.
        longest_edge: pixels that the longer side may have; a smaller image stays as it is.

    Raises:
        ImageError: IMAGE_TOO_LARGE, it has more pixels a side than the format has room for.
    """
    kind: ImageFormat = "png" if generation.image_format is UNSET else generation.image_format
    scaled = _scaled_down(pixels, longest_edge)
    if max(scaled.size) > _LONGEST_SIDES[kind]:
        raise ImageError(
            ErrorKind.IMAGE_TOO_LARGE,
            f"{scaled.width} × {scaled.height} pixels are more than {_NAMES[kind]} holds a side "
            f"({_LONGEST_SIDES[kind]:,}): lower --longest-edge, or take --image-format png",
        )
    file = io.BytesIO()
    scaled.save(file, _NAMES[kind].upper(), **_options(kind, generation))
    data = file.getvalue()
    url = f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
    return Picture(_NAMES[kind], scaled.width, scaled.height, len(data), url)


def _scaled_down(pixels: Image, longest_edge: int | None) -> Image:
    """Return the image with at most this longest edge and its proportions."""
    longest = max(pixels.size)
    if longest_edge is None or longest <= longest_edge:
        return pixels
    width, height = (max(round(side * longest_edge / longest), 1) for side in pixels.size)
    return pixels.resize((width, height), Resampling.LANCZOS)


def _options(kind: ImageFormat, generation: Generation) -> dict[str, Any]:
    if kind == "png":
        return {"compress_level": 3}
    quality = generation.image_quality
    return {"quality": _USUAL_QUALITY if quality is UNSET else quality}
