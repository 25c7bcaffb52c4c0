"""Which runs of a results folder other programs make now, and who they are."""

import os
from pathlib import Path

from msgspec import Struct

from fada_tui.core.lock_record import Holder
from fada_tui.core.process import identify
from fada_tui.store.lock import LOCK_NAME, holder_of
from fada_tui.store.queue_file import queue_worker


class Maker(Struct, frozen=True):
    """A program that makes a run."""

    key: str
    """Of its lock: another one each time that the run is made on."""
    pid: int
    host: str = ""
    """Its machine; empty for this one."""
    workers: tuple[int, ...] = ()
    """Process ids of its workers, where those are on this machine."""
    left_running: bool = False
    """It works through what a dashboard left running."""

    @property
    def words(self) -> str:
        """Who it is, in few words."""
        where = f" on {self.host}" if self.host else ""
        if self.left_running:
            return f"left running{where}"
        return f"another program ({self.pid}{where})"


class RunOfOthers(Struct, frozen=True):
    """A run that another program makes."""

    folder: Path
    maker: Maker


def runs_of_others(results: Path) -> list[RunOfOthers]:
    """Return the runs that other living programs make now, oldest first; none where nothing can be read.

    A program that holds a run's lock without a worker only writes its files, which takes a moment: it makes
    nothing. The cost is that of looking for one file in each run's folder.
    """
    queue_holder = queue_worker(results)
    try:
        with os.scandir(results) as entries:
            locked = [entry.path for entry in entries if os.path.lexists(os.path.join(entry.path, LOCK_NAME))]  # noqa: PTH118
    except OSError:
        return []
    makers = ((folder, maker_of(folder, queue_holder)) for folder in map(Path, sorted(locked)))
    return [RunOfOthers(folder, maker) for folder, maker in makers if maker]


def maker_of(folder: Path, queue_holder: Holder | None = None) -> Maker | None:
    """Return the other program that makes a run now; `None` if there is none.

    Args:
        folder: the run's.
        queue_holder: who works through what was left running, if anybody does.
    """
    holder = holder_of(folder)
    if holder is None or holder.program is None or holder.worker is None:
        return None
    if holder.is_here and holder.program == identify(os.getpid()):
        return None
    return Maker(
        key=holder.key,
        pid=holder.program.pid,
        host="" if holder.is_here else holder.machine.host,
        workers=tuple(worker.pid for worker in holder.workers) if holder.is_here else (),
        left_running=queue_holder is not None and holder.is_program_of(queue_holder),
    )
