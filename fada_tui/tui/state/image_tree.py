"""How many images a run would ask about: counted by category, without choosing them."""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cached_property

from fada_tui.core.records import PlannedImage
from fada_tui.images.frames import split


class Tree:
    """The number of images in each category.

    Categories whose names differ in case alone are chosen together, as the command line does it. Bounds count
    files, and a file may be there as several of its frames.
    """

    def __init__(self, images: Iterable[PlannedImage]) -> None:
        images = tuple(images)
        self._counts = Counter(image.category for image in images)
        self._frames = Counter((image.category, split(image.path)[0]) for image in images)
        """Frames by category and file; where each file is one image, `_counts` alone serves."""

    @cached_property
    def categories(self) -> Mapping[str, tuple[str, tuple[int, ...]]]:
        """Names to show, and counts, by folded name."""
        found: dict[str, tuple[str, tuple[int, ...]]] = {}
        for name, count in self._counts.items():
            shown, counts = found.get(folded(name), (name, ()))
            found[folded(name)] = (shown, (*counts, count))
        return found

    def count(self, keys: Iterable[str] | None, per_category: int | None, limit: int | None) -> int:
        """Return how many images are left of some categories, `None` of all, by these bounds.

        Files are taken in their order; how many frames a shuffled choice has is known once it is made.
        """
        chosen = self.categories.keys() if keys is None else keys
        if len(self._frames) < self._counts.total():
            return self._count_frames(frozenset(chosen), per_category, limit)
        counts = [count for key in chosen for count in self.categories[key][1]]
        kept = sum(counts if per_category is None else (min(count, per_category) for count in counts))
        return kept if limit is None else min(kept, limit)

    def _count_frames(self, chosen: frozenset[str], per_category: int | None, limit: int | None) -> int:
        files: dict[str, list[int]] = {}
        for (category, _), frames in self._frames.items():
            if folded(category) in chosen:
                files.setdefault(category, []).append(frames)
        kept = [frames for of_category in files.values() for frames in of_category[:per_category]]
        return sum(kept[:limit])


def folded(category: str) -> str:
    """A category's name for comparing: some systems write an accent as a letter of its own."""
    return unicodedata.normalize("NFC", category).casefold()
