"""Textual's driver with a filter before its parser: no byte of a terminal's reply becomes a key.

Textual reads an unfinished or unknown sequence as keys after 0.1 s, and asks the terminal questions of its
own when it starts. So what it reads is a pipe, into which a thread writes what the sieve lets through. Only
public names of the driver are used: `fileno`, which its reading thread reads from, and `run_input_thread`.
"""

import os
import select
import termios
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from threading import Thread
from typing import Any, ClassVar

from textual import constants
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver

from fada_tui.tui.terminal.graphics.detect import Detected
from fada_tui.tui.terminal.graphics.link import LINK
from fada_tui.tui.terminal.graphics.replies import OWED_SECONDS, Sieve
from fada_tui.tui.terminal.graphics.shelf import SHELF

ASK_STATUS, STATUS = "\x1b[5n", b"\x1b[0n"
"""DSR 5, which every terminal answers when it has come to it, and the answer (ECMA-48, 8.3.35)."""

_CHUNK = 4096
_TERMINAL = 0
"""Standard input's descriptor, which the driver takes for the terminal."""


class SievedDriver(LinuxDriver):
    """A driver that reads the terminal through a filter, and removes the pictures at the end."""

    typed: bytes = b""
    """What is read first."""
    owed: ClassVar[bool] = False
    """Whether the terminal still owes a reply from before."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._asked: deque[Callable[[], object]] = deque()
        self._suspended = False
        self._starting = True
        self._continued = False
        """Stopped and continued from outside while it starts."""
        LINK.opened(self.ask)

    def ask(self, answered: Callable[[], object]) -> None:
        """Call back, from another thread, once the terminal has processed everything written so far."""
        self._asked.append(answered)
        self.write(ASK_STATUS)
        self.flush()

    def run_input_thread(self) -> None:
        """Read keys until told to stop, as the base class does, but sieved."""
        terminal = self.fileno
        sieve = Sieve(
            # Where Textual was told not to read kitty's keys it must get the bare byte.
            escape=b"\x1b" if constants.DISABLE_KITTY_KEY else b"\x1b[27u",
            delay=constants.ESCAPE_DELAY,
            owed_until=time.monotonic() + OWED_SECONDS if self.owed else 0.0,
        )
        typed, self.typed = self.typed, b""
        sieved, out = os.pipe()
        stop, stopper = os.pipe()
        relay = Thread(
            target=_relay, args=(terminal, out, stop, sieve, typed, self._take), name="sieve", daemon=True
        )
        self.fileno = sieved
        relay.start()
        try:
            super().run_input_thread()
        finally:
            self.fileno = terminal
            os.close(stopper)
            os.close(sieved)
            relay.join()
            os.close(stop)
            os.close(out)

    def _take(self, reply: bytes) -> None:
        if reply == STATUS and self._asked:
            LINK.answers = True
            with suppress(RuntimeError):  # the loop it calls back to has ended
                self._asked.popleft()()

    def write(self, data: str) -> None:
        """Write, unless the terminal has hung up: the thread that writes would die of it, and all wait."""
        with suppress(termios.error):
            termios.tcgetattr(_TERMINAL)
            super().write(SHELF.due() + data)

    def start_application_mode(self) -> None:
        """Take the terminal, once more where the program was stopped and continued meanwhile."""
        self._starting = True
        super().start_application_mode()  # type: ignore[no-untyped-call]
        self._starting = False
        if self._continued:
            self._continued = False
            self.resume_application_mode()

    def suspend_application_mode(self) -> None:
        """Leave the terminal to the shell."""
        self._suspended = True
        super().suspend_application_mode()

    def resume_application_mode(self) -> None:
        """Take the terminal again; also when stopped from outside, which left no time to give it back."""
        if self._starting:
            self._continued = True
            return
        if not self._suspended:
            self.suspend_application_mode()
            self._must_signal_resume = True
        self._suspended = False
        super().resume_application_mode()

    def stop_application_mode(self) -> None:
        """Take the pictures off the terminal, and leave it."""
        if farewell := SHELF.clear():
            self.write(farewell)
        super().stop_application_mode()


def driver(detected: Detected) -> type[Driver]:
    """Return the driver class for an app that starts after the terminal was asked."""
    return type("Driver", (SievedDriver,), {"typed": detected.typed, "owed": detected.owed})


def _relay(
    terminal: int, out: int, stop: int, sieve: Sieve, typed: bytes, take: Callable[[bytes], None]
) -> None:
    try:
        _write(out, sieve.feed(typed, time.monotonic()))
        while True:
            due = sieve.due
            wait = None if due is None else max(0.0, due - time.monotonic())
            ready, _, _ = select.select([terminal, stop], [], [], wait)
            if stop in ready:
                return
            now = time.monotonic()
            if terminal not in ready:
                _write(out, sieve.expire(now))
            elif data := _read(terminal):
                _write(out, sieve.feed(data, now))
                for reply in sieve.replies:
                    take(reply)
                sieve.replies.clear()
            else:
                select.select([stop], [], [])  # the terminal is gone; SIGHUP tells the app
                return
    except BrokenPipeError:
        pass  # the driver stopped reading


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, _CHUNK)
    except OSError:
        return b""


def _write(out: int, data: bytes) -> None:
    while data:
        data = data[os.write(out, data) :]
