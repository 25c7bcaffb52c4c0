"""A worker kept between two runs, to save starting it or loading the same model again."""

import asyncio

from fada_tui.runs.telemetry.readings import Watched
from fada_tui.runs.worker_client.client import Kept
from fada_tui.runs.worker_client.process import WorkerProcess


class WorkerPool:
    """A pool of at most one worker. If the program dies, it ends by itself, like any idle worker.

    Args:
        patience: seconds after which a worker that nobody took is ended; `None` keeps it until `close`.
    """

    def __init__(self, patience: float | None = None) -> None:
        self._patience = patience
        self._kept: Kept | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._ending: dict[asyncio.Task[None], WorkerProcess] = {}

    @property
    def pid(self) -> int | None:
        """The process id of the kept worker, if it is alive."""
        return self._kept.process.pid if self._kept and self._kept.process.status is None else None

    @property
    def watched(self) -> tuple[Watched, ...]:
        """The kept worker, if it is alive, to be measured."""
        return () if self.pid is None else (Watched(self.pid),)

    def take(self) -> Kept | None:
        """Return the kept worker; from now on the caller must end it."""
        kept, self._kept = self._kept, None
        if self._timer:
            self._timer.cancel()
            self._timer = None
        return kept

    def keep(self, kept: Kept) -> None:
        """Keep a worker, replacing the one before."""
        self._end(self.take())
        self._kept = kept
        if self._patience is not None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._patience, lambda: self._end(self.take()))

    async def close(self, patience: float | None = None) -> None:
        """End the kept worker, if any.

        Args:
            patience: seconds after which it is killed, if that is sooner than it would be.
        """
        self._end(self.take())
        if self._ending:
            await asyncio.wait(self._ending, timeout=patience)
        for process in tuple(self._ending.values()):
            await process.end(0)

    def _end(self, kept: Kept | None) -> None:
        if kept:
            task = asyncio.get_running_loop().create_task(kept.process.end())
            self._ending[task] = kept.process
            task.add_done_callback(self._ending.pop)
