"""Workers kept between two runs, to save starting them or loading the same model again."""

import asyncio
from collections.abc import Collection

from fada_tui.runs.telemetry.readings import Watched
from fada_tui.runs.worker_client.kept import Kept
from fada_tui.runs.worker_client.process import WorkerProcess


class WorkerPool:
    """A pool of one run's workers, by their names. If the program dies, they end by themselves, like any.

    Args:
        patience: seconds after which workers that nobody took are ended; `None` keeps them until `close`.
    """

    def __init__(self, patience: float | None = None) -> None:
        self._patience = patience
        self._kept: dict[str, Kept] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._ending: dict[asyncio.Task[None], WorkerProcess] = {}

    @property
    def watched(self) -> tuple[Watched, ...]:
        """The kept workers that are alive, to be measured."""
        return tuple(
            Watched(kept.process.pid, kept.name, kept.loaded.gpu_uuids)
            for kept in self._kept.values()
            if kept.process.status is None
        )

    @property
    def pid(self) -> int | None:
        """The process id of the first kept worker that is alive."""
        return next((worker.pid for worker in self.watched), None)

    def take(self, name: str) -> Kept | None:
        """Return the kept worker of a name; from now on the caller must end it."""
        return self._kept.pop(name, None)

    def keep(self, kept: Kept) -> None:
        """Keep a worker, replacing the one of its name before."""
        self._end(self.take(kept.name))
        self._kept[kept.name] = kept
        if self._timer:
            self._timer.cancel()
        if self._patience is not None:
            self._timer = asyncio.get_running_loop().call_later(self._patience, self._end_all_but)

    async def make_room(self, names: Collection[str]) -> None:
        """End the kept workers of other names, and wait until they have given back what they hold.

        What is loaded next may be placed by what is free.
        """
        self._end_all_but(names)
        if self._ending:
            await asyncio.wait(self._ending)

    async def close(self, patience: float | None = None) -> None:
        """End all kept workers.

        Args:
            patience: seconds after which they are killed, if that is sooner than it would be.
        """
        if self._timer:
            self._timer.cancel()
        self._end_all_but()
        if self._ending:
            await asyncio.wait(self._ending, timeout=patience)
        for process in tuple(self._ending.values()):
            await process.end(0)

    def _end_all_but(self, names: Collection[str] = ()) -> None:
        for name in self._kept.keys() - set(names):
            self._end(self.take(name))

    def _end(self, kept: Kept | None) -> None:
        if kept:
            task = asyncio.get_running_loop().create_task(kept.process.end())
            self._ending[task] = kept.process
            task.add_done_callback(self._ending.pop)
