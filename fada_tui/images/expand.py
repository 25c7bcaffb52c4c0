"""Expansion of files with several frames into the requested frames."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from fada_tui.core.file_names import decode_name
from fada_tui.core.image_error import ImageError
from fada_tui.core.records import PlannedImage
from fada_tui.images.frames import evenly, frame_name, holds_many


class Frames(Struct, frozen=True):
    """The choice of frames in files with several; at most one field is set, none leaves the file as it is."""

    evenly: int | None = None
    """Number of frames, evenly spaced over the file."""
    number: int | None = None
    """Number of the one frame, from 1."""

    def __bool__(self) -> bool:
        """Return whether any frames are requested."""
        return (self.evenly or self.number) is not None


def expand(images: Sequence[PlannedImage], root: Path, frames: Frames) -> tuple[PlannedImage, ...]:
    """Return the images, each file with several frames expanded into those that are requested.

    Without frames no file is opened; else those that may have several, for their headers (videos are decoded
    once). A file that cannot be read stays as it is, so that the reason becomes its result; so does a frame
    that a file does not have. An image that is a frame stays one; none comes twice.
    """
    if not frames:
        return tuple(images)
    found = (frame for image in images for frame in _frames(image, root, frames))
    return tuple({frame.path: frame for frame in found}.values())


def _frames(image: PlannedImage, root: Path, frames: Frames) -> Iterator[PlannedImage]:
    if not holds_many(image.image):
        yield image
        return
    # What decodes is imported by whoever asks for frames alone.
    from fada_tui.images.decode import count_frames

    try:
        count = count_frames(root / decode_name(image.path))
    except ImageError:
        count = 1
    numbers: Sequence[int] = (1,)
    if count > 1:
        numbers = (frames.number,) if frames.number else evenly(count, frames.evenly or 1)
    for number in numbers:
        yield replace(image, image=frame_name(image.image, number), path=frame_name(image.path, number))
