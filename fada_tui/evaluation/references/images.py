"""The images of a run by what a file may call them: path, category and name, or name."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from fada_tui.core.records import PlannedImage
from fada_tui.evaluation.rubric import normal

_FRAME = re.compile(r"(?P<file>.+)#(?P<number>[1-9][0-9]{0,8})", re.DOTALL)


class Found(Struct, frozen=True):
    """What a name in a file led to."""

    paths: tuple[str, ...] = ()
    """The run's images: several where a file has several frames; none where the name leads nowhere."""
    ambiguous: bool = False
    """Whether several files are called so."""
    frame: bool = False
    """Whether one frame was named, and not all of its file's."""


class ImageNames:
    """Finds the images that a file names.

    Args:
        images: of the run.
        meant: the run's categories that a folder of the file means, by its name; all names normalised.
    """

    def __init__(self, images: Sequence[PlannedImage], meant: Mapping[str, tuple[str, ...]]) -> None:
        self._meant = meant
        self._frames: dict[str, list[str]] = {}
        self._whole: dict[str, list[str]] = {}
        self._ends: dict[str, list[str]] = {}
        self._within: dict[tuple[str, str], list[str]] = {}
        for image in images:
            frame = _FRAME.fullmatch(image.path)
            file = frame["file"] if frame else image.path
            paths = self._frames.setdefault(file, [])
            paths.append(image.path)
            if len(paths) == 1:
                self._add(file, normal(image.category))

    def _add(self, file: str, category: str) -> None:
        parts = _folded(file).split("/")
        for names in _with_and_without_extension(parts):
            self._whole.setdefault("/".join(names), []).append(file)
            for start in range(len(names)):
                self._ends.setdefault("/".join(names[start:]), []).append(file)
            self._within.setdefault((category, names[-1]), []).append(file)

    def find(self, text: str, folder: str = "") -> Found:
        """Return the images that a name stands for.

        Args:
            text: name or path of an image, or of one of its frames (`clip.dcm#3`).
            folder: what the file calls its folder or category; empty if it names none.
        """
        for written in dict.fromkeys((text, text.replace("\\", "/"))):
            found = self._find(written, folder)
            if found.paths or found.ambiguous:
                return found
        return Found()

    def _find(self, text: str, folder: str) -> Found:
        files = self._files(text, folder)
        if files:
            return self._of(files, text, None)
        frame = _FRAME.fullmatch(text)
        if frame is None:
            return Found()
        return self._of(self._files(frame["file"], folder), frame["file"], int(frame["number"]))

    def _of(self, files: Sequence[str], text: str, number: int | None) -> Found:
        if len(files) > 1:
            exact = [file for file in files if file.endswith(text)]
            files = exact if len(exact) == 1 else files
        if len(files) != 1:
            return Found(ambiguous=len(files) > 1)
        if number is None:
            return Found(tuple(self._frames[files[0]]))
        wanted = files[0] if number == 1 else f"{files[0]}#{number}"
        return Found(tuple(path for path in self._frames[files[0]] if path == wanted), frame=True)

    def _files(self, text: str, folder: str) -> list[str]:
        """Return the files that a name stands for: in its folder alone where it has one."""
        parts = [part for part in _folded(text).split("/") if part not in ("", ".", "..")]
        around = [
            part for part in _folded(folder).replace("\\", "/").split("/") if part not in ("", ".", "..")
        ]
        if not parts:
            return []
        if len(parts) > 1 and (found := self._by_path(parts)):
            return found
        if not around:
            return self._by_folder(parts) if len(parts) > 1 else self._ends.get(parts[0], [])
        return self._by_path([*around, *parts]) or self._by_folder([*around, *parts])

    def _by_path(self, parts: Sequence[str]) -> list[str]:
        """Return files whose path ends so, or which a longer path leads to."""
        if found := self._ends.get("/".join(parts)):
            return found
        for start in range(1, len(parts) - 1):
            if found := self._whole.get("/".join(parts[start:])):
                return found
        return []

    def _by_folder(self, parts: Sequence[str]) -> list[str]:
        for folder in reversed(parts[:-1]):
            if meant := self._meant.get(normal(folder)):
                return [file for category in meant for file in self._within.get((category, parts[-1]), ())]
        return self._whole.get(parts[-1], [])


def folders_named(rows: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Return the names of all folders in which a file says that its images lie.

    Args:
        rows: name and folder of each image, as in `ImageNames.find`.
    """
    found: dict[str, None] = {}
    for text, folder in rows:
        parts = (*folder.replace("\\", "/").split("/"), *text.replace("\\", "/").split("/")[:-1])
        found |= dict.fromkeys(part for part in parts if part)
    return tuple(found)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()


def _with_and_without_extension(parts: list[str]) -> list[list[str]]:
    stem, point, _ = parts[-1].rpartition(".")
    return [parts, [*parts[:-1], stem]] if point and stem else [parts]
