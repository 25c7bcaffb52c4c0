"""The queue of the results folder as it is shown: runs that were left, and who works through them."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from msgspec import UNSET, Struct
from msgspec.structs import replace

from fada_tui.core.errors import FadaError, StoreError
from fada_tui.core.file_names import decode_name
from fada_tui.core.records import Run
from fada_tui.runs.run_queue import UNKNOWN, Extent
from fada_tui.store import folder as store
from fada_tui.store import journal
from fada_tui.store.lock import RunLock, is_locked
from fada_tui.store.queue_file import QueuedRun, change_queue, queue_worker, read_queue, upcoming
from fada_tui.store.removal import remove_run
from fada_tui.tui.state.disk_index import DiskIndex
from fada_tui.tui.state.queued import extent_without


class LeftRun(Struct, frozen=True, kw_only=True):
    """A run of the queue's file."""

    run: str
    """As the file names it."""
    label: str
    extent: Extent = UNKNOWN
    """What was left of it when it was last begun."""
    kept: bool = False
    """Whether it waits until a person starts it."""
    problem: str = ""
    """Why it could not begin."""
    now: bool = False
    """Whether some program writes it."""
    next: bool = False
    """Whether it follows by itself."""


class LeftQueue(Struct, frozen=True, kw_only=True):
    """The queue's file, and what it names."""

    runs: tuple[LeftRun, ...] = ()
    pid: int | None = None
    """The process that works through it; `None` if nobody does."""
    host: str = ""
    """That process's machine, where it is another one."""
    problem: str = ""
    """Why it cannot be read."""

    @property
    def worked(self) -> bool:
        """Whether a process works through it."""
        return self.pid is not None

    @property
    def waiting(self) -> int:
        """How many of its runs wait."""
        return sum(not one.now for one in self.runs)

    @property
    def idle(self) -> int:
        """How many of them begin only when a person starts them."""
        return sum(not one.now and (not self.worked or one.kept or bool(one.problem)) for one in self.runs)


class _Known(NamedTuple):
    """A run as it was read, without its results."""

    file: tuple[int, int]
    """Which file it was read from: when it was written, and its number."""
    run: Run
    answers: int


class LeftReader:
    """Reads the queue in a thread; a run that is not known yet is read, and again once its file has changed.

    Args:
        results: the results folder.
    """

    def __init__(self, results: Path) -> None:
        self._results = results
        self._known: dict[str, _Known] = {}

    def read(self, disk_index: DiskIndex) -> LeftQueue:
        """Return the queue; the runs on disk tell how long its runs take."""
        try:
            queue, holder = read_queue(self._results), queue_worker(self._results)
        except (StoreError, OSError) as error:
            return LeftQueue(problem=str(error))
        names, before = {one.run for one in queue}, list(self._known.items())  # another thread may add to it
        self._known = {name: known for name, known in before if name in names}
        locked = {one.run: is_locked(one.folder(self._results)) for one in queue}
        follows = upcoming([one for one in queue if not locked[one.run]]) if holder else None
        pid = None if holder is None else holder.program.pid if holder.program else 0
        return LeftQueue(
            runs=tuple(
                self._shown(one, disk_index, now=locked[one.run], follows=one == follows) for one in queue
            ),
            pid=pid,
            host="" if holder is None or holder.is_here else holder.machine.host,
        )

    def _shown(self, one: QueuedRun, disk_index: DiskIndex, *, now: bool, follows: bool) -> LeftRun:
        known, problem = None, one.problem or ""
        try:
            known = self._known_by(one, disk_index) or self._read(one)
        except (FadaError, OSError) as error:
            problem = problem or str(error)
        return LeftRun(
            run=one.run,
            label=known.run.model.name if known else decode_name(one.run),
            extent=extent_without(known.run, known.answers, disk_index) if known else UNKNOWN,
            kept=one.kept,
            problem=problem,
            now=now,
            next=follows,
        )

    def _known_by(self, one: QueuedRun, disk_index: DiskIndex) -> _Known | None:
        """Return what is known of a run without reading it: its file may hold ten thousand results."""
        run = next((run for run in reversed(disk_index.runs) if run.id == one.run), None)
        return None if run is None else _Known((0, 0), run, disk_index.figures[run.id].answers)

    def _read(self, one: QueuedRun) -> _Known:
        folder = one.folder(self._results)
        stat = (folder / store.RUN_NAME).stat()
        file = (stat.st_mtime_ns, stat.st_ino)
        known = self._known.get(one.run)
        if known is None or known.file != file:
            run = store.read_unmerged(folder)
            answers = sum(result.error is None for result in run.results)
            known = self._known[one.run] = _Known(file, run.light(), answers)
        return known


def moved(
    queue: Sequence[QueuedRun], run: str, step: int, now: frozenset[str] = frozenset()
) -> tuple[QueuedRun, ...]:
    """Return a queue in which a run has gone so many places down, or up.

    Args:
        queue: the queue as it is.
        run: the run that goes.
        step: how many places down; up below 0.
        now: runs that some program writes: they stay, and none comes before those that stand first.
    """
    rest = [one for one in queue if one.run != run]
    if len(rest) == len(queue) or run in now:
        return tuple(queue)
    at = next(place for place, one in enumerate(queue) if one.run == run)
    first = next((place for place, one in enumerate(queue) if one.run not in now), 0)
    rest.insert(max(at + step, first), queue[at])
    return tuple(rest)


def started(queue: Sequence[QueuedRun], but: frozenset[str] = frozenset()) -> tuple[QueuedRun, ...]:
    """Return a queue in which all runs wait for their turn alone, but for some that are kept."""
    return tuple(
        replace(one, kept=True) if one.run in but else replace(one, kept=False, problem=UNSET)
        for one in queue
    )


def drop(results: Path, run: str) -> bool:
    """Take a run off the queue, and remove its folder if it never began; reads and writes files.

    Returns:
        Whether its folder was removed; what has answers stays.

    Raises:
        RunLockedError: it has begun meanwhile; it is off the queue, and goes on.
        StoreError: the queue cannot be changed, or the folder not be removed.
    """
    change_queue(results, lambda queue: [one for one in queue if one.run != run])
    folder = results / decode_name(run)
    if not os.path.isdir(folder) or has_begun(folder):  # noqa: PTH112 - a name may be too long for a file
        return False
    remove_run(folder, results)
    return True


def has_begun(folder: Path) -> bool:
    """Return whether there is anything in a run but its plan.

    Raises:
        RunLockedError: some program writes it.
        StoreError: it cannot be read.
    """
    with RunLock(folder, patience=0.0):
        return (folder / journal.JOURNAL_NAME).exists() or store.read_unmerged(folder).begun
