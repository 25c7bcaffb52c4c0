"""What lanes have to write and to report: in its order, and by a thread where a disk may take its time."""

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from functools import partial

from fada_tui.core.protocol import Message
from fada_tui.core.records import Result
from fada_tui.worker.generation.work import WorkSession

MOST_UNWRITTEN = 64
"""Results that may wait for the disk before no further item is begun."""


class Recorder:
    """The way out of a work's results and events. Used in one event loop, which waits for no disk.

    Args:
        session: writes and reports them.
    """

    def __init__(self, session: WorkSession) -> None:
        self._session = session
        self._loop = asyncio.get_running_loop()
        self._unwritten = 0
        self._fewer = asyncio.Event()
        self._fault: Exception | None = None
        self._steps: deque[Callable[[], None]] = deque()
        self._changed = threading.Condition()
        self._busy = self._ended = False
        self._thread = threading.Thread(target=self._drain, name="results", daemon=True)
        self._thread.start()

    async def room(self) -> None:
        """Wait while too many results are not written yet; raises what nobody expected of writing."""
        while self._unwritten >= MOST_UNWRITTEN and not self._fault:
            self._fewer.clear()
            await self._fewer.wait()
        if self._fault:
            raise self._fault

    def take(self, result: Result) -> None:
        """Have a result written, and then reported."""
        self._unwritten += 1
        with self._changed:
            self._busy = True
            self._steps.append(partial(self._record, result))
            self._changed.notify()

    def tell(self, message: Message) -> None:
        """Report an event, after the results that came before it."""
        with self._changed:
            if self._busy:
                self._steps.append(partial(self._session.tell, message))
                return
        self._session.tell(message)

    async def end(self) -> None:
        """Wait until all is done; raises what nobody expected of it."""
        with self._changed:
            self._ended = True
            self._changed.notify()
        await asyncio.to_thread(self._thread.join)
        if self._fault:
            raise self._fault

    def _record(self, result: Result) -> None:
        try:
            self._session.record(result)
        except Exception as error:
            self._fault = self._fault or error
        self._loop.call_soon_threadsafe(self._written)

    def _written(self) -> None:
        self._unwritten -= 1
        self._fewer.set()

    def _drain(self) -> None:
        while True:
            with self._changed:
                self._busy = bool(self._steps)
                self._changed.wait_for(lambda: self._steps or self._ended)
                if not self._steps:
                    return
                step = self._steps.popleft()
            step()
