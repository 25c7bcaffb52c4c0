"""Image files by their extensions, and properties of some formats."""

import re

STILLS = (".png", ".jpg", ".jpeg", ".jfif", ".bmp")
"""Extensions of formats with one image per file."""

ANIMATIONS = (".tif", ".tiff", ".webp", ".gif")
"""Extensions of formats with one or several pages or frames."""

DICOM = (".dcm", ".dicom")

DICOM_MARK = b"DICM"
DICOM_MARK_AT = 128
"""Offset of the bytes that identify a DICOM file."""

VIDEOS = (".mp4", ".mov", ".avi", ".mkv", ".webm")

MANY_FRAMES = (*ANIMATIONS, *DICOM, *VIDEOS)
"""Extensions of files that may hold several frames."""

SUFFIXES = (*STILLS, *MANY_FRAMES)
"""Extensions of image files, in lower case."""

BESIDE = (".md", ".csv", ".tsv", ".json", ".jsonl", ".xlsx", ".toml")
"""Extensions of notes and tables that lie beside a data set's categories, in lower case."""

_UID = re.compile("[0-9.]+")
"""How scanners and archives call files: `1.2.840.113619.2.5`. What follows its last point is no extension."""


def has_extension(name: str) -> bool:
    """Return whether a file's name has an extension; a listed image without one is a DICOM file."""
    return "." in name and not _UID.fullmatch(name)


IN_WORDS = "PNG, JPEG, BMP, GIF, TIFF, WebP, DICOM or video"

DICOM_EXTRA = "pip install 'fada-tui[dicom]'"
VIDEO_EXTRA = "pip install 'fada-tui[video]'"

BURNED_IN = "Names and dates that are burned into the pixels of DICOM images are not removed"
"""A warning for everyone who works with DICOM images."""
