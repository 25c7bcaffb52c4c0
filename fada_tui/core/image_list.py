"""A list of images as a person's file has it: what each entry calls its image."""

from pathlib import Path
from typing import Literal

from msgspec import Struct


class Entry(Struct, frozen=True):
    """One entry of a list."""

    number: int
    """Where it stands in the file, from 1: its line, its row or its entry (see `ImageListFile.unit`)."""
    names: tuple[str, ...]
    """What it calls its image, as it is most surely found first; empty where it says nothing."""
    folder: str = ""
    """What it calls the image's folder or category; empty if it names none."""
    otherwise: Literal["image", "heading", "comment"] = "image"
    """What it is if no image is called so."""


class ImageListFile(Struct, frozen=True, kw_only=True):
    """A list of images as it was read from a file."""

    file: Path
    key: str | None = None
    """The column, or the key, under which a person says that the images are."""
    entries: tuple[Entry, ...]
    unit: str
    """What an entry's number counts: `line`, `row` or `entry`."""
    remarks: tuple[str, ...] = ()
    """What was read as something else than it may seem; a line each."""
    sha256: str
    """Of the file's bytes."""
