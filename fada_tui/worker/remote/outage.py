"""A server that is down: all that is in flight waits together, and one of it asks now and then.

A try counts against nobody: it is the server that fails. Only who asks alone, is heard, and loses the
connection before the answer begins may be what brings the server down.
"""

import asyncio
import time
from collections.abc import Callable

from fada_tui.core.errors import ErrorKind, FadaError
from fada_tui.core.protocol import Message, ServerBack, ServerDown

LONGEST_PAUSE = 15.0
"""Maximum seconds between two requests, unless the server asks for more. The first pause takes one."""


class ServerUnavailable(FadaError):
    """Nothing answers there, to no request.

    Args:
        message: why, in one line.
        wait: the least seconds that it asks to wait, or a proxy before it.
        cut: it took the request, and then the connection broke.
    """

    def __init__(self, message: str, wait: float | None = None, *, cut: bool = False) -> None:
        super().__init__(message)
        self.wait = wait
        self.cut = cut


class ServerGone(FadaError):
    """A server that is down has been asked for as long as it was to be."""

    kind = ErrorKind.ENDPOINT_UNREACHABLE


class Turn:
    """The right to send a request: everybody's while the server is up, else one's alone."""

    def __init__(self, outage: "Outage", *, alone: bool) -> None:
        self.alone = alone
        self._outage = outage

    def heard(self) -> None:
        """Take note that the server answers, whatever it says: all go on."""
        if self.alone:
            self.alone = False
            self._outage._end()

    def failed(self, down: ServerUnavailable) -> None:
        """Take note that it does not."""
        if self.alone:
            self.alone = False
            self._outage._goes_on(down)
        else:
            self._outage._begin(down)

    def leave(self) -> None:
        """Let another one ask, if nothing is known yet."""
        if self.alone:
            self.alone = False
            self._outage._next()


class Outage:
    """Whether a server is down, and who asks it then. Used in one event loop.

    Args:
        patience: seconds from the first fault for which it is asked again.
        tell: takes the events of its beginning, its length and its end.
    """

    def __init__(self, patience: float, tell: Callable[[Message], None]) -> None:
        self._patience = patience
        self._tell = tell
        self._asking = asyncio.Lock()
        self._down: ServerUnavailable | None = None
        self._since = 0.0
        self._asked = 0

    @property
    def lasts(self) -> bool:
        """Whether the server is down."""
        return self._down is not None

    async def turn(self) -> Turn:
        """Wait until a request may be sent: at once while the server is up.

        Raises:
            ServerGone: it was down for too long.
        """
        if self._down is None:
            return Turn(self, alone=False)
        await self._asking.acquire()
        try:
            if down := self._down:
                await self._pause(down)
                return Turn(self, alone=True)
        except BaseException:
            self._next()
            raise
        self._next()
        return Turn(self, alone=False)

    async def _pause(self, down: ServerUnavailable) -> None:
        left = self._left()
        if left <= 0:
            asked = f"asked again for {self._patience:g} s, in vain: " if self._patience else ""
            raise ServerGone(f"{asked}{down}")
        pause = max(min(2.0**self._asked, LONGEST_PAUSE), down.wait or 0.0)
        await asyncio.sleep(min(pause, left))
        self._asked += 1

    def _left(self) -> float:
        return self._since + self._patience - time.monotonic()

    def _begin(self, down: ServerUnavailable) -> None:
        if self._down is None:
            self._down, self._since, self._asked = down, time.monotonic(), 0
            self._say(down)

    def _goes_on(self, down: ServerUnavailable) -> None:
        if down.cut:  # It was there for a moment.
            self._since, self._asked = time.monotonic(), 0
        self._down = down
        self._say(down)
        self._next()

    def _say(self, down: ServerUnavailable) -> None:
        self._tell(ServerDown(message=str(down), asked=self._asked, left=max(self._left(), 0.0)))

    def _end(self) -> None:
        self._down = None
        self._tell(ServerBack(seconds=time.monotonic() - self._since))
        self._next()

    def _next(self) -> None:
        self._asking.release()
