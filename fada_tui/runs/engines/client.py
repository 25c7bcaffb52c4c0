"""The client of a worker that asks an engine: this is up before the worker is told of it, and stays so."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path

from fada_tui.core.errors import ErrorKind
from fada_tui.core.protocol import Load, Work
from fada_tui.runs.engines.serving import Serving
from fada_tui.runs.worker_client.client import LoadEvent, WorkerClient, WorkEvent
from fada_tui.runs.worker_client.deadlines import Deadlines
from fada_tui.runs.worker_client.errors import WorkerDiedError


class EngineClient(WorkerClient):
    """A client whose worker loads no model, but asks the engine that serves it.

    Args:
        serving: the run's engine.
        log: as for `WorkerClient`, and so are all others.
        deadlines: the worker's.
        keep_open: file descriptors that the worker holds as long as the run lasts.
        name: the worker's.
        threads: of the worker.
    """

    def __init__(
        self,
        serving: Serving,
        log: Path,
        deadlines: Deadlines,
        keep_open: tuple[int, ...] = (),
        name: str = "",
        threads: int | None = None,
    ) -> None:
        super().__init__(log, deadlines, keep_open, name, threads)
        self._serving = serving

    async def load(self, command: Load) -> AsyncGenerator[LoadEvent, None]:
        """Have the engine up, then the worker reach it; raises as `WorkerClient.load`."""
        async with aclosing(self._serving.up(command)) as coming:
            async for event in coming:
                if self.pid is None:  # ended meanwhile, by who stopped the run
                    raise WorkerDiedError(ErrorKind.WORKER_DIED, "the worker ended before the engine was up")
                yield event
        async with aclosing(self._serving.reached(super().load(self._serving.asked()))) as loading:
            async for loaded in loading:
                yield loaded

    async def work(self, command: Work) -> AsyncGenerator[WorkEvent, None]:
        """Have items answered, and the engine started again where it ends meanwhile.

        Raises:
            StoreError: the engine ended, and its log cannot be written.
            WorkerDiedError: the worker ended.
            WorkGivenUpError: the engine ends again and again.
        """
        async with aclosing(self._serving.beside(super().work(command))) as working:
            async for event in working:
                yield event
