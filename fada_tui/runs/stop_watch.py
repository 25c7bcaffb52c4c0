"""Looking, while a run is made, whether another program asks for it to be stopped."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from fada_tui.store import stop_request
from fada_tui.store.stop_request import How

LOOK_SECONDS = 1.0


class StopWatch:
    """Looks for a request to stop in a run's folder about once a second.

    Args:
        folder: the run's; the caller holds its lock.
        stop: called in the event loop with each new request.
    """

    def __init__(self, folder: Path, stop: Callable[[How], None]) -> None:
        self._folder = folder
        self._stop = stop
        self._looking: asyncio.Task[None] | None = None
        self.asked: How | None = None
        """The last request of this session."""

    async def begin(self) -> None:
        """Forget what was asked before, and look from now on."""
        await asyncio.to_thread(stop_request.clear, self._folder)
        self._looking = asyncio.get_running_loop().create_task(self._look())

    async def end(self) -> None:
        """Look no longer, and remove what was asked; a second call does nothing."""
        looking, self._looking = self._looking, None
        if looking is not None:
            looking.cancel()
            await asyncio.wait([looking])
            await asyncio.to_thread(stop_request.clear, self._folder)

    async def _look(self) -> None:
        while self.asked != "now":
            await asyncio.sleep(LOOK_SECONDS)
            how = await asyncio.to_thread(stop_request.asked, self._folder)
            if how is not None and how != self.asked:
                self.asked = how
                self._stop(how)
