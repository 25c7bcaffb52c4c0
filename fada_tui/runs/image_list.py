"""A list of the images to ask about: its file read, and matched with the images of a folder."""

import os
from collections.abc import Mapping
from pathlib import Path

from msgspec import UNSET, Struct

from fada_tui.core.errors import UsageError
from fada_tui.core.file_names import encode_name
from fada_tui.core.image_list import ImageListFile
from fada_tui.core.records import ImageList, PlannedImage
from fada_tui.evaluation.references import Folders
from fada_tui.evaluation.rubric import Rubric
from fada_tui.images.catalogue import Catalogue
from fada_tui.images.listed import Listed, Places, listed
from fada_tui.report import units
from fada_tui.store.image_list import read_image_list


class ListedImages(Struct, frozen=True):
    """The images that a list names, in its order, each once."""

    images: tuple[PlannedImage, ...]
    image_list: ImageList
    """For the run's record."""


def listed_images(
    given: str, catalogue: Catalogue, aliases: Mapping[str, str], rubric: Rubric | None
) -> ListedImages:
    """Return the images of a folder that a list names.

    Args:
        given: the list's file, or `FILE:KEY`.
        catalogue: of the folder.
        aliases: categories by folder, a person's word.
        rubric: knows other names of categories.

    Raises:
        UsageError: the list cannot be read, or names no image of the folder.
    """
    read = read_image_list(given)
    places = Places(_both_names(catalogue.root), _both_names(read.file.parent))
    found = listed(read.entries, read.unit, catalogue.images, places, Folders(aliases, rubric))
    if not found.images:
        raise UsageError(_none_of(read, found, catalogue.root))
    return ListedImages(
        found.images,
        ImageList(
            name=encode_name(read.file.name),
            source=encode_name(os.path.abspath(read.file)),  # noqa: PTH100
            key=UNSET if read.key is None else encode_name(read.key),
            sha256=read.sha256,
            entries=found.entries,
            images=len(found.images),
            repeated=found.repeated,
            unmatched=found.unmatched,
            remarks=(*read.remarks, *found.remarks),
        ),
    )


def _both_names(folder: Path) -> tuple[str, ...]:
    """Return a folder's absolute path as it is written, and without links where that is another one."""
    return tuple(dict.fromkeys((os.path.abspath(folder), os.path.realpath(folder))))  # noqa: PTH100


def _none_of(read: ImageListFile, found: Listed, root: Path) -> str:
    shown = encode_name(read.file.name)
    if not found.entries:
        return f"{shown}: it names no image; put a path on each line"
    why = "; ".join(found.remarks)
    where = encode_name(str(root))
    entries = units.count(found.entries, "entry names", "entries name")
    return f"{shown}: its {entries} no image of {where}: {why}; look at --images"
