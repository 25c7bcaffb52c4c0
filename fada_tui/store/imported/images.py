"""Images that others name, found among those of a folder or of a run: pure."""

import unicodedata
from collections.abc import Iterable, Sequence
from typing import TypeVar

from fada_tui.core.file_names import encode_name
from fada_tui.core.records import PlannedImage
from fada_tui.images.catalogue import Catalogue, category_of
from fada_tui.store.imported.answers import Answer

Key = TypeVar("Key")


class ImageIndex:
    """Images by path, by category and name, and by name where only one is called so."""

    def __init__(self, images: Iterable[PlannedImage]) -> None:
        self._by_path: dict[str, PlannedImage | None] = {}
        self._by_category: dict[tuple[str, str], PlannedImage | None] = {}
        self._by_name: dict[str, PlannedImage | None] = {}
        self._exact: dict[str, PlannedImage] = {}
        self._categories: set[str] = set()
        for image in images:
            self._exact[image.path] = image
            self._categories.add(_folded(image.category))
            _add(self._by_path, _folded(image.path), image)
            _add(self._by_category, (_folded(image.category), _folded(image.image)), image)
            _add(self._by_name, _folded(image.image), image)

    def find(self, folders: Sequence[str], name: str, category: str | None) -> PlannedImage | None:
        """Return an image; `None` if there is none, or several fit equally.

        Args:
            folders: of its path; it may lie in others on another machine.
            name: of its file.
            category: as far as it is said.
        """
        for first in range(len(folders) + 1):
            path = encode_name("/".join((*folders[first:], name)))
            if first == len(folders) and category:
                break
            if found := self._exact.get(path) or self._by_path.get(_folded(path)):
                return found
        known = _folded(encode_name(category or (folders[-1] if folders else "")))
        image = _folded(encode_name(name))
        if known in self._categories:  # an image of the same name elsewhere is another one
            return self._by_category.get((known, image))
        return self._by_name.get(image)


def _add(index: dict[Key, PlannedImage | None], key: Key, image: PlannedImage) -> None:
    """Add an image to an index, in which a key of two images is of none."""
    index[key] = None if key in index else image


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


class Placing:
    """Gives each answer its image: one of a folder, else one by the names that the answer has."""

    def __init__(self, catalogue: Catalogue | None, dataset: str) -> None:
        """Begin.

        Args:
            catalogue: the folder's images, if a person names one.
            dataset: the category of images that have none otherwise.
        """
        self._index = ImageIndex(catalogue.images) if catalogue else None
        self._dataset = dataset
        self._placed: dict[tuple[tuple[str, ...], str, str | None], PlannedImage] = {}
        self.matched: set[str] = set()
        """Paths of the folder's images that answers are about."""
        self.unmatched: dict[str, None] = {}
        """Images of answers that are not in the folder, as they are called."""

    def image(self, answer: Answer) -> PlannedImage:
        """Return the image that an answer is about."""
        key = (answer.folders, answer.image, answer.category)
        if key not in self._placed:
            self._placed[key] = self._place(*key)
        return self._placed[key]

    def _place(self, folders: tuple[str, ...], name: str, category: str | None) -> PlannedImage:
        found = self._index.find(folders, name, category) if self._index else None
        if found:
            self.matched.add(found.path)
            return PlannedImage(
                image=found.image,
                category=encode_name(category) if category else found.category,
                path=found.path,
            )
        if self._index:
            self.unmatched["/".join((*folders, name))] = None
        image = encode_name(name)
        own = category or (folders[-1] if folders else None)
        shown = encode_name(own) if own else category_of(image) or encode_name(self._dataset)
        within = folders[len(folders) - 1 - folders[::-1].index(own) :] if own in folders else ()
        path = encode_name("/".join((*within, name))) if within else f"{shown}/{image}"
        return PlannedImage(image=image, category=shown, path=path)
