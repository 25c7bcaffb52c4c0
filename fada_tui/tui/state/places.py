"""All answers in the order of the image list, each known by its place."""

from collections.abc import Sequence
from typing import overload

from fada_tui.tui.state.image_rows import Slot

Place = tuple[Slot, int]
"""A slot, and the index of a question asked of its image."""


class PlaceList(Sequence[Place]):
    """All answers in the order of the list, made when asked for.

    Args:
        slots: the images.
        questions: how many an image has at most.
    """

    def __init__(self, slots: Sequence[Slot], questions: int) -> None:
        self._slots = slots
        self._questions = questions

    def index_of(self, position: int, question: int) -> int:
        """Return the place of a question of the slot at this position."""
        return position * self._questions + question

    def __len__(self) -> int:
        return len(self._slots) * self._questions

    @overload
    def __getitem__(self, index: int) -> Place: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Place]: ...

    def __getitem__(self, index: int | slice) -> Place | Sequence[Place]:
        if isinstance(index, slice):
            return [self[one] for one in range(*index.indices(len(self)))]
        position, question = divmod(index, self._questions)
        return (self._slots[position], question)
