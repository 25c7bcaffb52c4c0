"""What the models are asked: images of a folder, and some questions of each."""

import shutil
from collections.abc import Sequence
from itertools import product
from pathlib import Path

from msgspec import Struct

from fada_tui.core.file_names import decode_name
from fada_tui.core.protocol import Item
from fada_tui.core.records import PlannedImage, Question
from fada_tui.images.catalogue import scan

QUESTIONS = (
    Question(id="structures", text="What anatomical structures can you see in this ultrasound image?"),
    Question(id="plane", text="Which anatomical plane is shown?"),
    Question(id="fetal", text="Is this a fetal ultrasound image?"),
    Question(id="quality", text="How good is the image quality?"),
)
"""Of different lengths, as those of a real run are."""


class Asking(Struct, frozen=True):
    """Images and questions: each of these is asked of each of those."""

    root: Path
    """Folder that holds the images and nothing else."""
    questions: tuple[Question, ...]
    items: tuple[Item, ...]
    """Image by image."""

    def first(self, count: int) -> "Asking":
        """Return the first so many items alone."""
        return Asking(self.root, self.questions, self.items[:count])


def gather(source: Path, count: int | None, questions: Sequence[Question], root: Path) -> Asking:
    """Copy images to a folder that all ways then read; return what is asked of them.

    Args:
        source: folder of images.
        count: so many, from all categories in turn; all where `None`.
        questions: asked of each.
        root: the new folder.
    """
    for image in _in_turn(scan(source).images)[:count]:
        place = root / decode_name(image.path)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / decode_name(image.path), place)
    return listed(root, questions)


def listed(root: Path, questions: Sequence[Question]) -> Asking:
    """Return what is asked of all images of a folder."""
    items = tuple(
        Item(
            image=image.image,
            category=image.category,
            path=image.path,
            question_id=question.id,
            question=question.text,
        )
        for image, question in product(scan(root).images, questions)
    )
    return Asking(root, tuple(questions), items)


def _in_turn(images: Sequence[PlannedImage]) -> list[PlannedImage]:
    """The first image of each category, then the second of each, and so on."""
    seen: dict[str, int] = {}
    turns: list[int] = []
    for image in images:
        turns.append(seen.get(image.category, 0))
        seen[image.category] = turns[-1] + 1
    return [image for _, image in sorted(zip(turns, images, strict=True), key=lambda pair: pair[0])]
