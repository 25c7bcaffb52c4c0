"""Textual's driver with a sieve before its parser: no byte of a terminal's reply becomes a key.

Textual reads an unfinished or unknown sequence as keys after 0.1 s, and asks the terminal questions of its
own when it starts. So what it reads is a pipe, into which a thread writes what the sieve lets through. Only
public names of the driver are used: `fileno`, which its reading thread reads from, and `run_input_thread`.
"""

import os
import select
import time
from threading import Thread
from typing import ClassVar

from textual import constants
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver

from fada_tui.tui.graphics.detect import Detected
from fada_tui.tui.graphics.replies import OWED_SECONDS, Sieve
from fada_tui.tui.graphics.shelf import SHELF

_CHUNK = 4096


class SievedDriver(LinuxDriver):
    """Reads the terminal through a sieve, and takes the pictures off it at the end."""

    typed: bytes = b""
    """What is read first."""
    owed: ClassVar[bool] = False
    """Whether the terminal still owes a reply from before."""

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
        relay = Thread(target=_relay, args=(terminal, out, stop, sieve, typed), name="sieve", daemon=True)
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

    def stop_application_mode(self) -> None:
        """Take the pictures off the terminal, and leave it."""
        if farewell := SHELF.clear():
            self.write(farewell)
        super().stop_application_mode()


def driver(detected: Detected) -> type[Driver]:
    """Return the driver class for an app that starts after the terminal was asked."""
    return type("Driver", (SievedDriver,), {"typed": detected.typed, "owed": detected.owed})


def _relay(terminal: int, out: int, stop: int, sieve: Sieve, typed: bytes) -> None:
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
