"""Whether answers' images are still the same: looked at off the event loop, once for each version.

What was found is on disk, in the run's journal, before anyone is told.
"""

import asyncio
from pathlib import Path

from msgspec.structs import replace

from fada_tui.core.errors import FadaError
from fada_tui.core.file_names import decode_name
from fada_tui.core.image_error import ImageError
from fada_tui.core.image_identity import ImageIdentity, compare, described, identity_of
from fada_tui.core.records import ImageFound
from fada_tui.core.text import printable
from fada_tui.evaluation.assessment.edit import now_ms
from fada_tui.runs.assessment_writer import AssessmentWriter
from fada_tui.store.journal import ImageLine
from fada_tui.tui.state.open_runs import Key, OpenRun
from fada_tui.tui.state.views import AskedAbout

ANYWAY = "A judges its answers anyway"


class ImageChangedError(FadaError):
    """An answer cannot be judged, since its image is not the one that was asked about."""


class ImageChecks:
    """Compares images with what answers say of them; knows for which of them the user said "judge anyway".

    Args:
        writer: makes what was found durable.
    """

    def __init__(self, writer: AssessmentWriter) -> None:
        self._writer = writer
        self._looked: dict[tuple[Path, int, int, bool], ImageIdentity] = {}
        self._agreed: dict[tuple[str, str], ImageIdentity] = {}
        """By run id and path, what the image was when the user agreed."""
        self._found_changed: set[tuple[str, str]] = set()
        """Run ids and paths of the images that were another when they were looked at last."""
        self._recording = asyncio.Lock()

    async def change(self, run: OpenRun, key: Key) -> str | None:
        """Return in words that an answer's image has changed, once that is recorded; `None` if it has not.

        An image that is missing or cannot be read has not changed.

        Raises:
            StoreError: it cannot be recorded.
        """
        found = await self._changed(run, key)
        return None if found is None else found[1]

    async def check(self, run: OpenRun, key: Key) -> bool:
        """Return whether an answer's image has changed and the user wants to judge it anyway.

        Raises:
            ImageChangedError: it has changed, and the user has not said so.
            StoreError: that cannot be recorded.
        """
        found = await self._changed(run, key)
        if found is None:
            return False
        if self._agreed.get((run.id, key[0])) != found[0]:
            raise ImageChangedError(f"not judged: {found[1]}; {ANYWAY}")
        return True

    async def agree(self, run: OpenRun, key: Key) -> None:
        """Let the answers about an image be judged, as it is now, though it has changed."""
        if found := await self._changed(run, key):
            self._agreed[run.id, key[0]] = found[0]

    def asked_about(self, run: OpenRun, key: Key) -> AskedAbout | None:
        """Return what an answer's image was, where that is known."""
        result = run.result(*key)
        asked = identity_of(result) if result else None
        return None if asked is None else AskedAbout(asked, self._agreed.get((run.id, key[0])))

    def is_changed(self, run: OpenRun, key: Key) -> bool:
        """Whether an answer's image was found to be another than was asked about."""
        return (run.id, key[0]) in self._found_changed

    async def _changed(self, run: OpenRun, key: Key) -> tuple[ImageIdentity, str] | None:
        result = run.result(*key)
        asked = identity_of(result) if result else None
        if result is None or asked is None:
            return None
        file = Path(decode_name(run.run.dataset.root or "")) / decode_name(result.path)
        found = await asyncio.to_thread(self._look, file, asked)
        if found is None:
            return None
        state = compare(asked, found)
        if state == "as_asked":
            self._found_changed.discard((run.id, key[0]))
        else:
            self._found_changed.add((run.id, key[0]))
        await self._record(
            run, ImageFound(path=key[0], state=state, file=found.file, sha256=found.sha256, at=now_ms())
        )
        return None if state == "as_asked" else (found, described(printable(result.image), asked, found))

    def _look(self, file: Path, asked: ImageIdentity) -> ImageIdentity | None:
        """Return what an image is now, as far as it can be compared; `None` if it cannot be read."""
        from fada_tui.images.decode import decode
        from fada_tui.images.file_bytes import file_facts
        from fada_tui.images.frames import split

        by_bytes = asked.file is not None
        try:
            status = Path(split(str(file))[0]).stat()
            version = (file, status.st_mtime_ns, status.st_size, by_bytes)
            if version not in self._looked:
                if by_bytes:
                    self._looked[version] = ImageIdentity(file=file_facts(file))
                else:
                    image = decode(file)
                    self._looked[version] = ImageIdentity(file=image.file, sha256=image.sha256)
        except (ImageError, OSError):
            return None
        return self._looked[version]

    async def _record(self, run: OpenRun, found: ImageFound) -> None:
        """Write down what was found, where that is news."""
        async with self._recording:
            known = {one.path: one for one in run.run.images_changed}.get(found.path)
            if found.state == "as_asked" if known is None else _same(known, found):
                return
            run.unsettled = True
            await self._writer.write(run.folder, ImageLine(image=found))
            run.run = replace(run.run, images_found=(*(run.run.images_found or ()), found))


def _same(known: ImageFound, found: ImageFound) -> bool:
    return (known.state, known.file) == (found.state, found.file)
