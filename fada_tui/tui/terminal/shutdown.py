"""Orderly exit on a signal, enforced after a timeout.

A hang-up or SIGTERM ends the app as `q` does. A terminal that takes no more bytes blocks Textual's event
loop, and with it any polite end; then a thread ends the process. Nothing is lost by that: results and
assessments are in the journal, and the worker, which sees its pipe close, writes down the answer at hand.
Nor does that keep runs from being handed over at a hang-up: a thread does so, at once, and the process that
goes on with them waits for that worker's end.
"""

import os
import select
import signal
import threading
from collections.abc import Callable
from types import FrameType

PATIENCE = 10.0
"""Seconds that the orderly exit may take."""

SIGNALS = (signal.SIGHUP, signal.SIGTERM)


class Shutdown:
    """A handler of the signals to end.

    Args:
        leave: ends the app politely, told whether the terminal is gone; called from the signal handler, so it
            must only schedule.
        last: what to do before the process is ended without politeness, such as mending the terminal.
    """

    def __init__(self, leave: Callable[[bool], None], last: Callable[[], None]) -> None:
        self._leave = leave
        self._last = last
        self.signal: int | None = None
        """The signal that came, if one did."""

    def install(self, terminal: int) -> None:
        """Answer the signals, and the end of the terminal, from now on.

        Args:
            terminal: file descriptor of the terminal. One that isn't ours to control sends no signal when it
                goes; reading from it would then return at once for ever.
        """
        for number in SIGNALS:
            signal.signal(number, self._told)
        threading.Thread(target=self._watch, args=(terminal,), name="hang-up", daemon=True).start()

    def _watch(self, terminal: int) -> None:
        gone = select.poll()
        gone.register(terminal, 0)  # Asks for nothing, so it tells of the end alone.
        gone.poll()
        self._told(signal.SIGHUP, None)

    def _told(self, number: int, _frame: FrameType | None) -> None:
        if self.signal is not None:
            return
        self.signal = number
        watchdog = threading.Timer(PATIENCE, self._end)
        watchdog.daemon = True
        watchdog.start()
        self._leave(number == signal.SIGHUP)

    def _end(self) -> None:
        self._last()
        os._exit(128 + (self.signal or 0))
