"""The image list's content: categories and images as rows, found from either side at no cost that grows."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

from msgspec import Struct

from fada_tui.core.records import PlannedImage
from fada_tui.images.frames import split


class Slot(Struct, frozen=True, gc=False):
    """An image in the list; in blind mode one for each run that answered it."""

    image: PlannedImage
    run: str | None = None
    """The run whose answer it stands for; `None`: the current run."""

    @property
    def key(self) -> str | tuple[str, str]:
        """Return the slot's unique key in a list."""
        return self.image.path if self.run is None else (self.run, self.image.path)


class Mark(NamedTuple):
    """The marks shown next to an image in the list."""

    kinds: tuple[str, ...] = ("waiting",)
    """One for each question: a verdict, or unjudged, running, error, waiting."""
    flagged: bool = False
    """One of its answers is flagged for a second look."""
    time: float | None = None
    """Seconds of its answers."""
    device: str = ""
    """Which of the run's devices is asked about it now, where there are several."""


class Header(Struct, frozen=True):
    """The row of a category."""

    name: str
    count: int
    folded: bool


class Group(NamedTuple):
    """Images under a heading; without one where `name` is `None`."""

    name: str | None
    slots: tuple[Slot, ...]


class ImageRows:
    """Groups of images, some of them folded. Never changed: `fold` and `filtered` return another.

    Args:
        groups: in their order.
        folded: names of the groups whose images are hidden.
    """

    def __init__(self, groups: Iterable[Group], folded: frozenset[str] = frozenset()) -> None:
        self._groups = tuple(groups)
        self.folded = folded
        self._starts = [0, *accumulate(self._height(group) for group in self._groups)]
        self._firsts = [0, *accumulate(len(group.slots) for group in self._groups)]

    @classmethod
    def grouped(cls, slots: Iterable[Slot]) -> "ImageRows":
        """Return slots under their categories, in the order in which the categories first come."""
        groups: dict[str, list[Slot]] = {}
        for slot in slots:
            groups.setdefault(slot.image.category, []).append(slot)
        return cls(Group(name, tuple(found)) for name, found in groups.items())

    @classmethod
    def flat(cls, slots: Iterable[Slot]) -> "ImageRows":
        """Return slots without headings, in their order."""
        return cls([Group(None, tuple(slots))])

    def _height(self, group: Group) -> int:
        heading = group.name is not None
        return heading + (0 if group.name in self.folded else len(group.slots))

    @property
    def height(self) -> int:
        """How many rows there are."""
        return self._starts[-1]

    @cached_property
    def slots(self) -> Sequence[Slot]:
        """All images in order, folded ones too."""
        if len(self._groups) == 1:
            return self._groups[0].slots
        return tuple(slot for group in self._groups for slot in group.slots)

    @cached_property
    def categories(self) -> Mapping[str, int]:
        """How many images each category has."""
        return {group.name: len(group.slots) for group in self._groups if group.name is not None}

    @cached_property
    def _positions(self) -> Mapping[str | tuple[str, str], int]:
        return {slot.key: position for position, slot in enumerate(self.slots)}

    def position(self, slot: Slot | None) -> int | None:
        """Return a slot's place in `slots`; `None` where it is not in them."""
        return None if slot is None else self._positions.get(slot.key)

    def find(self, path: str, run: str | None = None) -> Slot | None:
        """Return the slot of an image, of this run where there are several."""
        position = self._positions.get(path)
        if position is None and run is not None:
            position = self._positions.get((run, path))
        return None if position is None else self.slots[position]

    def row(self, index: int) -> Slot | Header:
        """Return what stands in a row; raises `IndexError` outside of 0 to `height`."""
        if not 0 <= index < self.height:
            raise IndexError(index)
        number = bisect_right(self._starts, index) - 1
        group, inside = self._groups[number], index - self._starts[number]
        if group.name is None:
            return group.slots[inside]
        if inside == 0:
            return Header(group.name, len(group.slots), group.name in self.folded)
        return group.slots[inside - 1]

    def index_of(self, slot: Slot) -> int | None:
        """Return the row of a slot; `None` where it is not in the list, or hidden."""
        position = self.position(slot)
        if position is None:
            return None
        number = bisect_right(self._firsts, position) - 1
        group = self._groups[number]
        if group.name in self.folded:
            return None
        return self._starts[number] + (group.name is not None) + position - self._firsts[number]

    def header_index(self, category: str) -> int | None:
        """Return the row of a category's heading."""
        names = [group.name for group in self._groups]
        return self._starts[names.index(category)] if category in names else None

    def group(self, category: str) -> Sequence[Slot]:
        """Return the images of a category."""
        return next((group.slots for group in self._groups if group.name == category), ())

    def fold(self, category: str, *, folded: bool) -> "ImageRows":
        """Return the list with a category folded or unfolded."""
        return ImageRows(self._groups, self.folded | {category} if folded else self.folded - {category})

    def filtered(self, keep: Callable[[Slot], bool]) -> "ImageRows":
        """Return the list with only the images to keep; categories without any are left out."""
        groups = (Group(group.name, tuple(filter(keep, group.slots))) for group in self._groups)
        return ImageRows((group for group in groups if group.slots), self.folded)


def with_images(image_rows: ImageRows, images: Iterable[PlannedImage]) -> ImageRows:
    """Return the rows with the images that it lacks, each among the other frames of its file.

    A run may have asked about other frames than the list shows; nothing of it may be out of reach.
    """
    lacking = [Slot(image) for image in images if image_rows.find(image.path) is None]
    if not lacking:
        return image_rows
    files: dict[str, list[Slot]] = {}
    for slot in (*image_rows.slots, *lacking):
        files.setdefault(split(slot.image.path)[0], []).append(slot)
    frames = (sorted(slots, key=_frame_number) for slots in files.values())
    return ImageRows.grouped(slot for slots in frames for slot in slots)


def _frame_number(slot: Slot) -> int:
    return split(slot.image.path)[1]
