"""Which files are images, by the ends of their names; and what to know of some of them."""

import re

STILLS = (".png", ".jpg", ".jpeg", ".jfif", ".bmp")
"""One picture each."""

ANIMATIONS = (".tif", ".tiff", ".webp", ".gif")
"""Pages or frames, one or several."""

DICOM = (".dcm", ".dicom")

DICOM_MARK = b"DICM"
DICOM_MARK_AT = 128
"""Where a DICOM file says that it is one."""

VIDEOS = (".mp4", ".mov", ".avi", ".mkv", ".webm")

MANY_FRAMES = (*ANIMATIONS, *DICOM, *VIDEOS)
"""Files that may hold several frames."""

SUFFIXES = (*STILLS, *MANY_FRAMES)
"""Extensions of image files, in lower case."""

_UID = re.compile("[0-9.]+")
"""How scanners and archives call files: `1.2.840.113619.2.5`. What follows its last point is no extension."""


def has_extension(name: str) -> bool:
    """Whether a file's name ends in an extension; a listed image without one is a DICOM file."""
    return "." in name and not _UID.fullmatch(name)


IN_WORDS = "PNG, JPEG, BMP, GIF, TIFF, WebP, DICOM or video"

DICOM_EXTRA = "pip install 'fada-tui[dicom]'"
VIDEO_EXTRA = "pip install 'fada-tui[video]'"

BURNED_IN = "Names and dates that are burned into the pixels of DICOM images are not removed"
"""What whoever works on DICOM images must know."""
