"""Reading the runs of a results folder one by one, off the event loop, newest first."""

from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from fada_tui.core.errors import StoreError
from fada_tui.core.records import Run
from fada_tui.store import folder as store
from fada_tui.store.lock import holder_of, is_locked
from fada_tui.store.queue_file import read_queue
from fada_tui.store.removal import is_run_folder


class Found(Struct, frozen=True):
    """A run's folder as it was read."""

    folder: Path
    run: Run | None
    reason: str = ""
    """Why there is no run, in one line."""
    locked: bool = False
    """Some program writes it."""
    writer: str = "another program"
    """Which one, in words."""


def run_folders(results: Path) -> list[Path]:
    """Return all folders that hold a run, or what is left of one, newest first by name."""
    try:
        inside = [path for path in results.iterdir() if is_run_folder(path)]
    except OSError:
        return []
    return sorted(inside, reverse=True)


def waiting_names(results: Path) -> frozenset[str]:
    """Return the names of the folders of runs that wait in the queue; none where that cannot be read."""
    try:
        return frozenset(one.folder(results).name for one in read_queue(results))
    except StoreError:
        return frozenset()


def read_found(folders: list[Path]) -> Iterator[Found]:
    """Read runs; one that cannot be read comes with its reason."""
    for folder in folders:
        locked = is_locked(folder)
        holder = holder_of(folder) if locked else None
        writer = holder.words if holder else "another program"
        try:
            yield Found(folder, store.read_run(folder), locked=locked, writer=writer)
        except StoreError as error:
            yield Found(folder, None, str(error), locked, writer)
