"""The images of a folder and their categories, found by name; files with an extension are not opened.

Names in a catalogue are written by `file_names.encode_name`, so that any of them fits in JSON; `resolve`
leads back to the file.
"""

import difflib
import random
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from fada_tui.core.errors import UsageError
from fada_tui.core.file_names import decode_name, encode_name
from fada_tui.core.records import PlannedImage, Selection
from fada_tui.core.text import printable
from fada_tui.images.formats import IN_WORDS, has_extension
from fada_tui.images.walk import Found, Skipped, walk

_NUMBER = re.compile("[0-9]+")
_NUMBERED = re.compile(r"(?P<prefix>.*?)[\s_-]*[0-9]+", re.DOTALL)
_NUMBER_DIGITS = 20
_BELOW_ANY_NAME = "\0"
_NAMED_CATEGORIES = 12


class Catalogue(Struct, frozen=True):
    """The images under a folder."""

    root: Path
    name: str
    """The folder's own name, as the operating system returns it (not yet encoded)."""
    images: tuple[PlannedImage, ...]
    """In natural order of category, then path."""
    skipped: Skipped


def scan(root: Path) -> Catalogue:
    """List the images under a folder.

    An image's category is the folder below `root` that it lies in, however deep; for a file that lies in
    `root` itself it is the file name before its number (`Brain_001.png`: Brain), or the name of `root`
    where there is no such prefix. Image 2 comes before image 10; upper and lower case sort alike.

    Raises:
        UsageError: `root` is missing, is no folder, cannot be read, or holds no image.
    """
    shown = printable(encode_name(str(root)))
    try:
        found = walk(root)
    except FileNotFoundError:
        raise UsageError(f"no folder {shown}; give --images a folder of images") from None
    except NotADirectoryError:
        raise UsageError(
            f"{shown} is not a folder; give --images the folder that the images are in"
        ) from None
    except OSError as error:
        raise UsageError(f"cannot read {shown}: {error.strerror}; change its permissions") from None
    if not found.files:
        why = f" (skipped: {found.skipped.describe()})" if found.skipped.describe() else ""
        raise UsageError(f"no image in {shown}{why}; give --images a folder of {IN_WORDS} files")
    name = root.name if root.name not in ("", "..") else root.resolve().name or str(root)
    return Catalogue(root, name, _arrange(found, encode_name(name)), found.skipped)


def select(images: Sequence[PlannedImage], selection: Selection) -> tuple[PlannedImage, ...]:
    """Return the selected images: filtered by category, shuffled, then limited per category and in all.

    They keep their order unless they are shuffled. Categories are compared without regard to case.

    Raises:
        UsageError: there is no such category, or a count is below 1.
    """
    for option, count in (("--per-category", selection.per_category), ("--limit", selection.limit)):
        if count is not None and count < 1:
            raise UsageError(f"{option} {count} leaves no image; give a number from 1 up")
    chosen = list(images)
    if selection.categories is not None:
        wanted = _check_categories(chosen, selection.categories)
        chosen = [image for image in chosen if _folded(image.category) in wanted]
    if selection.shuffle is not None:
        random.Random(selection.shuffle).shuffle(chosen)
    if selection.per_category is not None:
        chosen = _first_of_each(chosen, selection.per_category)
    return tuple(chosen[: selection.limit])


def resolve(root: Path, path: str) -> Path:
    """Return the location of the image whose encoded path is `path`; an absolute path stays absolute."""
    return root / decode_name(path)


def _arrange(found: Found, own_name: str) -> tuple[PlannedImage, ...]:
    categories: dict[str, str] = {}
    folders: dict[str, tuple[str, str, str]] = {}
    entries: list[tuple[str, str, str, str]] = []
    for folder, name in found.files:
        image = encode_name(name)
        if folder:
            if folder not in folders:
                folders[folder] = _folder_entry(folder)
            category, prefix, key = folders[folder]
        else:
            category = category_of(image) or own_name
            prefix, key = "", categories.setdefault(category, _category_key(category))
        entries.append((key + _natural(name), prefix + image, image, category))
    entries.sort()
    return tuple(
        PlannedImage(image=image, category=category, path=path) for _, path, image, category in entries
    )


def category_of(image: str) -> str | None:
    """Return the category that an image's name alone tells: what stands before its number, if anything."""
    numbered = _NUMBERED.fullmatch(_stem(image))
    return (numbered["prefix"] or None) if numbered else None


def _stem(image: str) -> str:
    """Return a file's name without its extension; empty for a name of digits and points only."""
    if has_extension(image):
        return image.rpartition(".")[0]
    return "" if "." in image else image


def _folder_entry(folder: str) -> tuple[str, str, str]:
    """Category, encoded path prefix and sort key of the images in a folder (relative, not yet encoded)."""
    parts = folder.split("/")
    category = encode_name(parts[0])
    within = _BELOW_ANY_NAME.join(_natural(part) for part in parts) + _BELOW_ANY_NAME
    return category, encode_name(folder) + "/", _category_key(category) + within


def _category_key(category: str) -> str:
    return _BELOW_ANY_NAME.join((_natural(category), category, ""))


def _natural(name: str) -> str:
    """Return a sort key that orders numbers of up to 20 digits by value; one string, as lists sort slowly."""
    return _NUMBER.sub(_padded, name.casefold())


def _padded(match: re.Match[str]) -> str:
    return match[0].rjust(_NUMBER_DIGITS, "0")


def _first_of_each(images: Sequence[PlannedImage], count: int) -> list[PlannedImage]:
    taken: Counter[str] = Counter()
    kept = []
    for image in images:
        taken[image.category] += 1
        if taken[image.category] <= count:
            kept.append(image)
    return kept


def _check_categories(images: Sequence[PlannedImage], asked: Sequence[str]) -> set[str]:
    there = {_folded(category): category for category in dict.fromkeys(image.category for image in images)}
    for category in asked:
        if _folded(category) in there:
            continue
        nearest = difflib.get_close_matches(_folded(category), there, n=1, cutoff=0.5)
        hint = f"; did you mean {printable(there[nearest[0]])}?" if nearest else ";"
        names = [printable(name) for name in there.values()]
        more = f" and {len(names) - _NAMED_CATEGORIES} more" if len(names) > _NAMED_CATEGORIES else ""
        listed = ", ".join(names[:_NAMED_CATEGORIES]) + more
        raise UsageError(f"no category {printable(category)}{hint} there are {listed}")
    return {_folded(category) for category in asked}


def _folded(category: str) -> str:
    """Return a category normalised for comparison: some systems store accents as separate characters."""
    return unicodedata.normalize("NFC", category).casefold()
