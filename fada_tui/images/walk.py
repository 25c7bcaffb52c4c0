"""Finding image files under a folder, by name.

No file is opened but those without an extension, as scanners write them: they are images if they say that
they are DICOM, in the four bytes that are read of them.
"""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct
from msgspec.structs import astuple

from fada_tui.images.formats import BESIDE, DICOM_MARK, DICOM_MARK_AT, SUFFIXES, has_extension
from fada_tui.images.frames import split


class Skipped(Struct, frozen=True):
    """Counts of what was found in the folder but left out, notes and tables beside its categories aside."""

    hidden: int = 0
    not_images: int = 0
    broken_links: int = 0
    repeated_folders: int = 0
    """Folders reached again through a symbolic link: loops, and links to what is listed already."""
    unreadable_folders: int = 0

    @property
    def total(self) -> int:
        """Return how many things were skipped, a folder counting as one."""
        return sum(astuple(self))

    def describe(self) -> str:
        """Return the counts in words, such as `2 hidden, 1 broken link`; empty where nothing was skipped."""
        named = (
            (self.hidden, "hidden", "hidden"),
            (self.not_images, "not an image", "not images"),
            (self.broken_links, "broken link", "broken links"),
            (self.repeated_folders, "folder seen before", "folders seen before"),
            (self.unreadable_folders, "unreadable folder", "unreadable folders"),
        )
        return ", ".join(f"{count} {one if count == 1 else many}" for count, one, many in named if count)


class Found(Struct, frozen=True):
    """The image files, in no particular order, and counts of what was left out."""

    files: list[tuple[str, str]]
    """Folder relative to the root, separated by `/` (empty for the root itself), and file name."""
    skipped: Skipped


def walk(root: Path) -> Found:
    """Find the image files under a folder, symbolic links followed, no folder entered twice.

    Raises:
        OSError: `root` itself is missing, is no folder, or cannot be read.
    """
    with os.scandir(root):
        pass
    return _Walk(root).run()


class _Walk:
    def __init__(self, root: Path) -> None:
        self._root = os.fspath(root)
        self._files: list[tuple[str, str]] = []
        self._counts: Counter[str] = Counter()
        self._links: list[str] = []
        # A link that leads above the root would bring in whatever else lies there.
        self._entered = {_identity(parent) for parent in root.resolve().parents}

    def run(self) -> Found:
        self._tree("")
        while self._links:
            # After all real folders and in order, so that which of two ways to a folder counts is settled.
            links, self._links = sorted(self._links), []
            for folder in links:
                self._tree(folder)
        return Found(self._files, Skipped(**self._counts))

    def _tree(self, folder: str) -> None:
        waiting = [folder]
        while waiting:
            current = waiting.pop()
            try:
                waiting.extend(self._folder(current))
            except OSError:
                self._counts["unreadable_folders"] += 1

    def _folder(self, folder: str) -> Iterator[str]:
        """Collect a folder's files; yield its real sub-folders."""
        place = f"{self._root}/{folder}"
        identity = _identity(place)
        if identity in self._entered:
            self._counts["repeated_folders"] += 1
            return
        self._entered.add(identity)
        prefix = f"{folder}/" if folder else ""
        with os.scandir(place) as entries:
            for entry in entries:
                name = entry.name
                if name[0] == ".":
                    self._counts["hidden"] += 1
                elif (kind := _kind(entry)) == "folder":
                    if entry.is_symlink():
                        self._links.append(prefix + name)
                    else:
                        yield prefix + name
                elif kind == "file" and (
                    name.lower().endswith(SUFFIXES) or (not has_extension(name) and _is_dicom(entry))
                ):
                    self._files.append((folder, name))
                elif kind == "file" and not folder and name.lower().endswith(BESIDE):
                    continue
                else:
                    self._counts["broken_links" if kind == "broken link" else "not_images"] += 1


def _kind(entry: os.DirEntry[str]) -> str:
    try:
        if entry.is_file():
            return "file"
        if entry.is_dir():
            return "folder"
        return "broken link" if entry.is_symlink() and not Path(entry.path).exists() else "other"
    except OSError:
        return "broken link"


def _is_dicom(entry: os.DirEntry[str]) -> bool:
    """Return whether a file without an extension is a DICOM file whose name is not a frame's."""
    if split(entry.name)[1] != 1:
        return False
    try:
        # What was a file may have become a pipe: without O_NONBLOCK, opening that would wait for its writer.
        descriptor = os.open(entry.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return os.pread(descriptor, len(DICOM_MARK), DICOM_MARK_AT) == DICOM_MARK
    except OSError:
        return False
    finally:
        os.close(descriptor)


def _identity(folder: Path | str) -> tuple[int, int]:
    status = os.stat(folder)  # noqa: PTH116 (a str here: a Path for each folder costs more)
    return status.st_dev, status.st_ino
