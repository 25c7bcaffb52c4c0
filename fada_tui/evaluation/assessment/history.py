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


class History:
    """The changes in order, and those that were undone.

    `undo` and `redo` say what is to be written; only `undone` and `redone` move on, so that nothing has
    changed where writing fails.
    """

    def __init__(self) -> None:
        self._past: list[Change] = []
        self._future: list[Change] = []

    def push(self, change: Change) -> None:
        """Record a change that was written; changes undone before can no longer be redone."""
        self._past.append(change)
        self._future.clear()

    def undo(self) -> Change | None:
        """Return the change that undoes the last one; `None` if there is none."""
        return self._past[-1].reversed if self._past else None

    def redo(self) -> Change | None:
        """Return the change that was undone last; `None` if there is none."""
        return self._future[-1] if self._future else None

    def undone(self) -> None:
        """Record that the change returned by `undo` has been written."""
        self._future.append(self._past.pop())

    def redone(self) -> None:
        """Record that the change returned by `redo` has been written."""
        self._past.append(self._future.pop())
