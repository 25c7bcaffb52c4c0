"""The images of a folder that a person's list names: pure."""

import posixpath
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Literal, NamedTuple, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from fada_tui.core.file_names import encode_name
from fada_tui.core.image_list import Entry
from fada_tui.core.records import PlannedImage
from fada_tui.core.table import folded
from fada_tui.evaluation.references import Folders
from fada_tui.evaluation.references.images import ImageNames, folders_named
from fada_tui.images.frames import frame_name, holds_many, split

Why: TypeAlias = Literal["unknown", "ambiguous", "outside", "nameless", "heading", "comment"]

_DRIVE = re.compile("[A-Za-z]:[/\\\\]")
_LONGEST_PATH, _DEEPEST = 4096, 256
"""Characters and folders of a path that is looked for; no file has a longer one."""
_LONGEST = 80
"""Characters of a name that are told: its last ones."""
_FREE: tuple[Why, ...] = ("heading", "comment")
"""What leaves no image out."""

_TOLD: Mapping[Why, str] = {
    "unknown": "not in the folder of images, left out",
    "ambiguous": "several images are called so, none is taken (name the folder, too)",
    "outside": "not within the folder of images, left out",
    "nameless": "no image is named",
    "heading": "taken for a heading",
    "comment": "taken for comments",
}


class Places(NamedTuple):
    """Where paths begin, each as an absolute path of which no part is `.` or `..`."""

    roots: tuple[str, ...]
    """What the folder of images is called: two names where a link leads to it."""
    beside: tuple[str, ...]
    """What the list's own folder is called."""


class Listed(Struct, frozen=True, kw_only=True):
    """The images that a list names."""

    images: tuple[PlannedImage, ...]
    """In the list's order, each once."""
    entries: int
    """How many entries name an image, whether it is there or not."""
    repeated: int
    """How many of them name one that an earlier entry named."""
    unmatched: int
    """How many of them lead to no image, or to several."""
    remarks: tuple[str, ...]
    """What is to be told of entries that were not taken as they stand: a line for each kind."""


def listed(
    entries: Sequence[Entry], unit: str, images: Sequence[PlannedImage], places: Places, folders: Folders
) -> Listed:
    """Return the images of a folder that a list names.

    A path may begin at the folder of images, at the list's own folder, or at the root of the file system.
    Otherwise an image is looked for by the end of its path, by category and name, or by name where only one
    is called so, as in references. A frame is named as in results: `clip.dcm#3`.

    Args:
        entries: of the list.
        unit: what an entry's number counts.
        images: of the folder, files and not their frames.
        places: where paths begin.
        folders: what the list's folders mean.
    """
    finder = _Finder(entries, images, places, folders)
    taken: dict[str, PlannedImage] = {}
    cases: dict[Why, list[str]] = {}
    again: list[str] = []
    counts: Counter[str] = Counter()
    for entry in entries:
        found = finder.find(entry)
        if isinstance(found, PlannedImage):
            counts["entries"] += 1
            if found.path in taken:
                again.append(f"{unit} {entry.number:,}")
            taken.setdefault(found.path, found)
            continue
        why: Why = found if entry.otherwise == "image" else entry.otherwise
        counts["entries"] += why not in _FREE
        cases.setdefault(why, []).append(_label(entry) or f"{unit} {entry.number:,}")
    told = [
        f"{what} ({len(cases[why]):,}): {folded(cases[why])}" for why, what in _TOLD.items() if why in cases
    ]
    if again:
        told.append(f"named again, asked about once ({len(again):,}): {folded(again)}")
    return Listed(
        images=tuple(taken.values()),
        entries=counts["entries"],
        repeated=len(again),
        unmatched=sum(len(names) for why, names in cases.items() if why not in _FREE),
        remarks=tuple(told),
    )


class _Finder:
    def __init__(
        self, entries: Sequence[Entry], images: Sequence[PlannedImage], places: Places, folders: Folders
    ) -> None:
        self._images = {image.path: image for image in images}
        self._entries, self._places, self._folders = entries, places, folders

    @cached_property
    def _names(self) -> ImageNames:
        """Finds images by other names than their paths; made where one is needed."""
        named = dict.fromkeys(
            (encode_name(name), encode_name(entry.folder)) for entry in self._entries for name in entry.names
        )
        images = tuple(self._images.values())
        categories = dict.fromkeys(image.category for image in images)
        return ImageNames(images, self._folders.resolved(folders_named(named), categories).meant)

    def find(self, entry: Entry) -> PlannedImage | Why:
        """Return the image that an entry names, or why there is none."""
        whys: list[Why] = []
        for name in entry.names:
            for written in dict.fromkeys((name, name.replace("\\", "/"))):
                found = self._find(written, entry.folder)
                if isinstance(found, PlannedImage):
                    return found
                whys.append(found)
        return next(
            (why for why in ("ambiguous", "outside") if why in whys), "unknown" if whys else "nameless"
        )

    def _find(self, text: str, folder: str) -> PlannedImage | Why:
        if len(text) > _LONGEST_PATH or text.count("/") > _DEEPEST:
            return "unknown"
        found = self._file(text, folder)
        file, number = split(text)
        if isinstance(found, PlannedImage) or file == text:
            return found
        whole = self._file(file, folder)
        if not isinstance(whole, PlannedImage):
            return whole
        if not holds_many(whole.image):
            return "unknown"
        return replace(whole, image=frame_name(whole.image, number), path=frame_name(whole.path, number))

    def _file(self, text: str, folder: str) -> PlannedImage | Why:
        within = dict.fromkeys(self._within(text, folder))
        exact = {path: self._images[path] for path in within if path in self._images}
        if exact:
            return next(iter(exact.values())) if len(exact) == 1 else "ambiguous"
        if _is_absolute(text) or ".." in text.split("/"):
            return "unknown" if within else "outside"
        for name in dict.fromkeys((encode_name(text), text)):
            found = self._names.find(name, encode_name(folder))
            if found.ambiguous:
                return "ambiguous"
            if found.paths:
                return self._images[found.paths[0]]
        return "unknown"

    def _within(self, text: str, folder: str) -> Iterator[str]:
        """Yield the paths within the folder of images to which a text can lead; none if it leads out."""
        bare = "/" not in text
        if _is_absolute(text):
            yield from self._relative(posixpath.normpath(f"/{text.lstrip('/')}"))
            return
        for start in (*self._places.roots, *self._places.beside):
            around = f"{start}/{folder}" if bare and folder else start
            yield from self._relative(posixpath.normpath(f"{around}/{text}"))

    def _relative(self, absolute: str) -> Iterator[str]:
        for root in self._places.roots:
            prefix = root if root.endswith("/") else f"{root}/"
            if absolute.startswith(prefix):
                inner = absolute[len(prefix) :]
                yield from dict.fromkeys((encode_name(inner), inner))


def _label(entry: Entry) -> str:
    """Return what an entry calls its image, in quotes; empty where it says nothing."""
    if not entry.names:
        return ""
    name = entry.names[0].strip()
    told = encode_name(f"{entry.folder}/{name}" if entry.folder and "/" not in name else name)
    return f"'{told}'" if len(told) <= _LONGEST else f"'…{told[-_LONGEST:]}'"


def _is_absolute(text: str) -> bool:
    return text.startswith("/") or _DRIVE.match(text) is not None
