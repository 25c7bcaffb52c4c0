"""Frames of a file with several: their names, and the choice of evenly spaced ones.

A frame is named by its file and its number from 1 up: `clip.dcm#12`. The first one is the file itself,
`clip.dcm`, so that an image has one name however it was chosen. No listed file is called like a frame:
files are listed by known extensions, and what follows the `#` here is a number; of those without an
extension `images.walk` leaves out any that is called so.
"""

import re
from collections.abc import Iterable

from fada_tui.images.formats import DICOM, MANY_FRAMES, has_extension

_FRAME = re.compile(
    rf"(?P<file>.*(?:{'|'.join(map(re.escape, MANY_FRAMES))})|(?:.*/)?(?:[^./]+|[0-9.]+))"
    "#(?P<number>[1-9][0-9]{0,8})",
    re.DOTALL | re.IGNORECASE,
)


def split(path: str) -> tuple[str, int]:
    """Return the file and the frame number that a path names: 1 if the path names no frame."""
    found = _FRAME.fullmatch(path) if "#" in path else None
    return (found["file"], int(found["number"])) if found else (path, 1)


def frame_name(path: str, number: int) -> str:
    """Return the name of a file's frame; the first frame has the file's own name."""
    return path if number == 1 else f"{path}#{number}"


def evenly(count: int, wanted: int) -> tuple[int, ...]:
    """Return the numbers, from 1, of frames that are evenly spaced over a file.

    The file is cut into as many equal parts as frames are wanted, and the frame at the middle of each is
    taken: of `count` frames, part i of n (from 0 up) gives frame floor((2i + 1) * count / 2n) + 1. One frame
    of many is the middle one. Where as many are wanted as there are, or more, it is all of them.
    """
    if wanted >= count:
        return tuple(range(1, count + 1))
    return tuple((2 * part + 1) * count // (2 * wanted) + 1 for part in range(wanted))


def names_dicom(paths: Iterable[str]) -> bool:
    """Return whether one of these files is a DICOM file, by its name."""
    return any(_names_dicom(split(path)[0]) for path in paths)


def holds_many(name: str) -> bool:
    """Return whether a listed file may hold several frames, by its name."""
    return name.lower().endswith(MANY_FRAMES) or not has_extension(name)


def _names_dicom(file: str) -> bool:
    return file.lower().endswith(DICOM) or not has_extension(file.rpartition("/")[2])
