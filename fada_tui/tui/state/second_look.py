"""A second look at the answers that are partly right, or flagged: one after another, in the list's order."""

from collections.abc import Callable, Sequence

from fada_tui.tui.state.judged_answers import AnswerId


class SecondLook:
    """The answers to be looked at once more, and which of them one is at.

    They stay the same while it lasts, whatever becomes of verdicts and flags: each is come by once.

    Args:
        answers: at least one.
        of: the runs whose answers the list shows.
    """

    def __init__(self, answers: Sequence[AnswerId], of: frozenset[str]) -> None:
        self.of = of
        self._answers = tuple(answers)
        self._places = {answer: number for number, answer in enumerate(self._answers)}
        self._at = 0

    def __len__(self) -> int:
        return len(self._answers)

    def number(self, here: AnswerId | None) -> int:
        """Return which of the answers one is at, the first being 1; elsewhere, the last that one was at."""
        self._at = self._places.get(here, self._at) if here is not None else self._at
        return self._at + 1

    def along(self, here: AnswerId | None, step: int, shown: Callable[[AnswerId], bool]) -> AnswerId | None:
        """Return the next answer, `step` 1, or the one before, -1; `None` at the end, or the beginning.

        Args:
            here: what is looked at. From elsewhere the way leads back to where it was left.
            step: 1 or -1.
            shown: whether the list has an answer still; else it is passed over.
        """
        number = self.number(here) - 1 + step
        if here not in self._places and shown(self._answers[self._at]):
            number = self._at
        while 0 <= number < len(self._answers):
            if shown(self._answers[number]):
                self._at = number
                return self._answers[number]
            number += step
        return None
