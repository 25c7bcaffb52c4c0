"""Images that are not what was asked about: found on resuming or by the worker, recorded in the journal."""

import asyncio
from contextlib import suppress
from pathlib import Path, PurePath
from threading import Event

from msgspec.structs import replace

from fada_tui.core.errors import ErrorKind
from fada_tui.core.file_names import decode_name
from fada_tui.core.image_error import ImageError
from fada_tui.core.image_identity import ImageIdentity, compare, described, identity_of
from fada_tui.core.protocol import Item
from fada_tui.core.records import FileFacts, ImageFound, Result, Run
from fada_tui.core.text import printable
from fada_tui.images.file_bytes import file_facts
from fada_tui.images.frames import split
from fada_tui.store import journal
from fada_tui.store.folder import now

TOLD = "{}; its earlier answers stay, and the run's page lists all such images"


class ChangedImages:
    """What the images of a session were when they were asked about, and which are refused as changed.

    Args:
        path: the run's journal.
        run: with the answers that it has.
    """

    def __init__(self, path: Path, run: Run) -> None:
        self._journal = path
        self._root = Path(decode_name(run.dataset.root or ""))
        self._asked = {one.path: identity_of(one) for one in run.results if one.error is None}
        self._planned = frozenset(one.path for one in (run.plan.images if run.plan else ()))
        self._known = {one.path: one for one in run.images_changed}
        self._told = False
        self._stopped = Event()
        self._looking: asyncio.Task[str | None] | None = None

    def begin(self) -> None:
        """Begin to compare the plan's images that have answers with what they were, in a thread.

        Older runs do not say what bytes their images had: those are compared when they are decoded.
        """
        if self._asked:
            self._looking = asyncio.create_task(asyncio.to_thread(self._look))

    async def looked(self) -> str | None:
        """Wait for what was begun; return what to tell of the first changed image. Before any `take`.

        Raises:
            StoreError: what was found cannot be recorded.
        """
        looking, self._looking = self._looking, None
        return await looking if looking else None

    async def stop(self) -> None:
        """End what was begun after the image at hand; what went wrong with it is told by `looked` alone."""
        self._stopped.set()
        with suppress(Exception):
            await self.looked()

    def _look(self) -> str | None:
        files: dict[str, FileFacts | None] = {}
        told: str | None = None
        for path, asked in self._asked.items():
            if self._stopped.is_set():
                break
            file, _ = split(path)
            if path not in self._planned or asked is None or asked.file is None:
                continue
            if file not in files:
                files[file] = _facts(self._root / decode_name(file))
            found = ImageIdentity(file=files[file])
            if found.file is None:  # missing: nothing has changed
                continue
            state, known = compare(asked, found), self._known.get(path)
            if state == "as_asked" if known is None else (known.state, known.file) == (state, found.file):
                continue
            self._record(ImageFound(path=path, state=state, file=found.file, sha256=None, at=now()))
            if state != "as_asked":
                told = told or described(printable(PurePath(path).name), asked, found)
        self._told = told is not None
        return told and TOLD.format(told)

    def with_asked(self, item: Item) -> Item:
        """Return an item with what its image was for the answers so far, also those of this session."""
        return replace(item, asked=self._asked.get(item.path))

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
        elif changed and (known is None or known.file != found.file):
            asked = self._asked.get(result.path) or ImageIdentity()
            state = compare(asked, ImageIdentity(file=found.file, sha256=found.sha256))
            self._record(replace(found, state="changed" if state == "as_asked" else state))
        if result.error is None or not changed or self._told:
            return None
        self._told = True
        return TOLD.format(result.error.message)

    def _record(self, found: ImageFound) -> None:
        journal.append(self._journal, journal.ImageLine(image=found))
        if found.state == "as_asked":
            del self._known[found.path]
        else:
            self._known[found.path] = found


def _facts(file: Path) -> FileFacts | None:
    try:
        return file_facts(file)
    except (ImageError, ValueError):  # a name that no file can have
        return None
