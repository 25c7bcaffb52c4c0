"""The history of assessment changes, with unlimited undo and redo."""

from msgspec import Struct

from fada_tui.core.records import Assessment


class Change(Struct, frozen=True):
    """One change to one assessment."""

    run_id: str
    path: str
    question_id: str
    before: Assessment
    after: Assessment

    @property
    def reversed(self) -> "Change":
        """Return the change that undoes this one."""
        return Change(self.run_id, self.path, self.question_id, self.after, self.before)


Step = tuple[Change, ...]
"""Changes made by one key, which are undone by one: at least one."""


class History:
    """The steps in order, and those that were undone.

    `undo` and `redo` say what is to be written; only `undone` and `redone` move on, so that nothing has
    changed where writing fails.
    """

    def __init__(self) -> None:
        self._past: list[Step] = []
        self._future: list[Step] = []

    def push(self, *step: Change) -> None:
        """Record changes that were written as one step; what was undone before can no longer be redone."""
        self._past.append(step)
        self._future.clear()

    def undo(self) -> Step | None:
        """Return the changes that undo the last step; `None` if there is none."""
        return tuple(change.reversed for change in reversed(self._past[-1])) if self._past else None

    def redo(self) -> Step | None:
        """Return the step that was undone last; `None` if there is none."""
        return self._future[-1] if self._future else None

    def undone(self, written: int | None = None) -> None:
        """Record that the changes returned by `undo` have been written.

        Args:
            written: how many of them, the first ones; the others are the last step still. `None` for all.
        """
        step = self._past.pop()
        left = () if written is None else step[: len(step) - written]
        if left:
            self._past.append(left)
        self._future.append(step[len(left) :])

    def redone(self, written: int | None = None) -> None:
        """Record that the changes returned by `redo` have been written, or the first ones of them."""
        step = self._future.pop()
        left = () if written is None else step[written:]
        if left:
            self._future.append(left)
        self._past.append(step[: len(step) - len(left)])
