"""An image as it is sent to a server."""

import io

from msgspec import Struct
from PIL.Image import Image


class Picture(Struct, frozen=True):
    """An image as it is sent: losslessly encoded."""

    png: bytes
    width: int
    height: int

    @property
    def placeholder(self) -> str:
        """Return the placeholder for the image in a recorded prompt."""
        return f"<image: PNG, {self.width}×{self.height}, {len(self.png):,} bytes>"


def picture(pixels: Image) -> Picture:
    """Encode RGB pixels."""
    file = io.BytesIO()
    pixels.save(file, "PNG", compress_level=3)
    return Picture(file.getvalue(), pixels.width, pixels.height)
