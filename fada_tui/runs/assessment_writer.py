"""Writing assessments durably without blocking the event loop."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

from fada_tui.core.errors import RunLockedError, StoreError
from fada_tui.models.registry import Registry
from fada_tui.runs.publish import publish
from fada_tui.store import folder as store
from fada_tui.store import journal
from fada_tui.store.lock import RunLock


class AssessmentWriter:
    """A writer that appends to journals in its own thread, in the order of the calls."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="assessments")

    async def write(self, folder: Path, line: journal.JournalLine) -> None:
        """Append a line to a run's journal and wait until it is on disk; raises `StoreError`."""
        writing = self._thread.submit(journal.append, folder / journal.JOURNAL_NAME, line)
        await asyncio.wrap_future(writing)

    async def write_all(
        self, folder: Path, lines: Sequence[journal.JournalLine]
    ) -> tuple[int, StoreError | None]:
        """Append lines to a run's journal and wait until they are on disk; see `journal.append_all`."""
        writing = self._thread.submit(journal.append_all, folder / journal.JOURNAL_NAME, lines)
        return await asyncio.wrap_future(writing)

    async def drain(self, patience: float) -> None:
        """Wait until everything is written, up to a number of seconds."""
        # The thread comes to this when it has done all before; a line given up meanwhile ends nothing early.
        await asyncio.to_thread(wait, [self._thread.submit(lambda: None)], patience)


def settle_and_publish(folder: Path, registry: Registry) -> bool:
    """Merge a run's journal into `run.json` and write its page; return whether that was done.

    It is not while another program writes the run: then it does so itself, at its end. Raises `StoreError`.
    """
    try:
        with RunLock(folder, patience=0):
            run, _ = store.settle(folder)
            publish(folder, run, registry)
    except RunLockedError:
        return False
    return True
