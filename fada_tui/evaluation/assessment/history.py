"""What was changed, to be taken back and made again without limit."""

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
        """The change that takes this one back."""
        return Change(self.run_id, self.path, self.question_id, self.after, self.before)


class History:
    """Changes in their order, and those that were taken back.

    `undo` and `redo` say what is to be written; only `undone` and `redone` move on, so that nothing has
    changed where writing fails.
    """

    def __init__(self) -> None:
        self._past: list[Change] = []
        self._future: list[Change] = []

    def push(self, change: Change) -> None:
        """Note a change that was written; what was taken back before can't be made again."""
        self._past.append(change)
        self._future.clear()

    def undo(self) -> Change | None:
        """Return what takes the last change back; `None` if there is none."""
        return self._past[-1].reversed if self._past else None

    def redo(self) -> Change | None:
        """Return the change that was taken back last; `None` if there is none."""
        return self._future[-1] if self._future else None

    def undone(self) -> None:
        """Note that what `undo` returned is written."""
        self._future.append(self._past.pop())

    def redone(self) -> None:
        """Note that what `redo` returned is written."""
        self._past.append(self._future.pop())
