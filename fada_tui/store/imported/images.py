"""Images that others name, found among those of a folder or of a run: pure."""

from collections.abc import Iterable, Sequence

from fada_tui.core.file_names import encode_name
from fada_tui.core.records import PlannedImage
from fada_tui.evaluation.references.images import ImageNames
from fada_tui.evaluation.rubric import normal
from fada_tui.images.catalogue import Catalogue, category_of
from fada_tui.store.imported.answers import Answer


class ImageIndex:
    """Images by path, by category and name, and by name where only one is called so."""

    def __init__(self, images: Iterable[PlannedImage]) -> None:
        self._images = {image.path: image for image in images}
        self._categories = {normal(image.category) for image in self._images.values()}
        known = {category: (category,) for category in self._categories}
        self._names = ImageNames(tuple(self._images.values()), known)

    def find(self, folders: Sequence[str], name: str, category: str | None) -> PlannedImage | None:
        """Return an image; `None` if there is none, or several fit equally.

        Args:
            folders: of its path; it may lie in others on another machine.
            name: of its file, with or without its extension.
            category: as far as it is said.
        """
        text, image = encode_name("/".join((*folders, name))), encode_name(name)
        found = self._names.find(text, encode_name(category or "")).paths
        around = (category,) if category else folders
        if not found and not any(normal(encode_name(folder)) in self._categories for folder in around):
            found = self._names.find(image).paths
        if len(found) > 1:  # frames of one file, whose first has the file's name
            found = tuple(path for path in found if path.rpartition("/")[2].casefold() == image.casefold())
        return self._images[found[0]] if len(found) == 1 else None


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
            said = encode_name(category) if category else found.category
            shown = found.category if normal(said) == normal(found.category) else said
            return PlannedImage(image=found.image, category=shown, path=found.path)
        if self._index:
            self.unmatched[encode_name("/".join((*folders, name)))] = None
        image = encode_name(name)
        own = category or (folders[-1] if folders else None)
        shown = encode_name(own) if own else category_of(image) or encode_name(self._dataset)
        within = folders[len(folders) - 1 - folders[::-1].index(own) :] if own in folders else ()
        path = encode_name("/".join((*within, name))) if within else f"{shown}/{image}"
        return PlannedImage(image=image, category=shown, path=path)
