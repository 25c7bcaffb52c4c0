"""Images that are not what was asked about before: found by the worker, recorded in the run's journal."""

from pathlib import Path

from msgspec.structs import replace

from fada_tui.core.errors import ErrorKind
from fada_tui.core.image_identity import ImageIdentity, compare, identity_of
from fada_tui.core.records import ImageFound, Result, Run
from fada_tui.store import journal
from fada_tui.store.folder import now

TOLD = "{}; its earlier answers stay, and the run's page lists all such images"


class ChangedImages:
    """The images of a session that are refused because they have changed.

    Args:
        path: the run's journal.
        run: with the answers that it has.
    """

    def __init__(self, path: Path, run: Run) -> None:
        self._journal = path
        self._asked = {one.path: identity_of(one) for one in run.results if one.error is None}
        self._known = {one.path: one for one in run.images_changed}
        self._told = False

    def take(self, result: Result) -> str | None:
        """Take a result; record what has become of its image; return what to tell of the first changed one.

        Raises:
            StoreError: it cannot be recorded.
        """
        changed = result.error is not None and result.error.kind == ErrorKind.IMAGE_CHANGED
        known = self._known.get(result.path)
        found = ImageFound(
            path=result.path, state="as_asked", file=result.file or None, sha256=result.sha256, at=now()
        )
        if result.error is None:
            self._asked.setdefault(result.path, identity_of(result))
            if known is not None:
                self._record(found)
                del self._known[result.path]
        elif changed and (known is None or known.file != found.file):
            asked = self._asked.get(result.path) or ImageIdentity()
            state = compare(asked, ImageIdentity(file=found.file, sha256=found.sha256))
            self._known[result.path] = replace(found, state="changed" if state == "as_asked" else state)
            self._record(self._known[result.path])
        if result.error is None or not changed or self._told:
            return None
        self._told = True
        return TOLD.format(result.error.message)

    def _record(self, found: ImageFound) -> None:
        journal.append(self._journal, journal.ImageLine(image=found))
