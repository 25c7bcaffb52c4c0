"""An engine kept between two runs, since it takes a minute until one is ready."""

import asyncio

from fada_tui.runs.engines.engine import Engine
from fada_tui.runs.engines.launch import EngineCommand
from fada_tui.runs.telemetry import Watched


class EnginePool:
    """A pool of at most one engine. If the program dies, its guardian ends it.

    Args:
        patience: seconds after which an engine that nobody took is ended; `None` keeps it until `close`.
    """

    def __init__(self, patience: float | None = None) -> None:
        self._patience = patience
        self._kept: Engine | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._ending: set[asyncio.Task[None]] = set()

    @property
    def pid(self) -> int | None:
        """The process id of the kept engine, while it runs."""
        return self._kept.pid if self._kept else None

    @property
    def watched(self) -> tuple[Watched, ...]:
        """The kept engine, to be measured."""
        return () if self.pid is None else (Watched(self.pid, is_engine=True),)

    async def take(self, command: EngineCommand | None) -> Engine | None:
        """Return the kept engine if it was started by this command; from now on the caller must end it.

        Another one is ended first, and what it held of GPUs is free; so it is where no command is given, and
        one that hangs.
        """
        kept = self._out()
        if kept:
            try:
                if kept.command == command and kept.runs and await kept.answers():
                    return kept
            except asyncio.CancelledError:
                self._end(kept)
                raise
            self._end(kept)
        if self._ending:
            await asyncio.wait(self._ending)
        return None

    def keep(self, engine: Engine) -> None:
        """Keep an engine, replacing the one before; what it prints is dropped."""
        self._end(self._out())
        engine.write_to(None)
        self._kept = engine
        if self._patience is not None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._patience, lambda: self._end(self._out()))

    async def close(self, patience: float | None = None) -> None:
        """End the kept engine, if any.

        Args:
            patience: seconds to wait for that; the guardian goes on with what is not done then.
        """
        self._end(self._out())
        if self._ending:
            await asyncio.wait(self._ending, timeout=patience)

    def _out(self) -> Engine | None:
        kept, self._kept = self._kept, None
        if self._timer:
            self._timer.cancel()
            self._timer = None
        return kept

    def _end(self, kept: Engine | None) -> None:
        if kept:
            task = asyncio.get_running_loop().create_task(kept.end())
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)
