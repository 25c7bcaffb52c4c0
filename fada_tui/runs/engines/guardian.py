"""The guardian of an engine: starts it, passes its output on, and sees to it that nothing of it is left.

`python -m fada_tui.runs.engines.guardian` reads orders from its standard input, which only the program that
started it holds open: when that ends, however it ends, the engine is ended. What it says goes to its standard
output. It never waits for the program: what is not read is left out, but for the end.
"""

import contextlib
import os
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import msgspec

from fada_tui.core.file_names import decode_name
from fada_tui.core.secrets import in_arguments, in_environment
from fada_tui.runs.engines import processes
from fada_tui.runs.engines.launch import FOLDER, KEPT_FROM_IT, KEY, KEY_FILE, KEY_FILE_NAME
from fada_tui.runs.engines.orders import (
    LONGEST_TOLD,
    Ended,
    LogTo,
    Printed,
    Start,
    Started,
    Told,
    decode_order,
    encode,
)
from fada_tui.runs.engines.output import Output

_ORDERS, _TOLD = 0, 1
"""File descriptors."""

LONGEST_FOLDER = 64
"""Bytes of a folder's path that leave room for the name of a socket in it."""

_PART = 1 << 16
_KILLED_SECONDS = 5.0
"""How long processes are waited for that were killed: longer than this the kernel does not let go of them."""

_LOOK_SECONDS = 0.1
"""How often it is looked whether processes have ended, while they end."""


class Guardian:
    """The guardian at its work.

    Args:
        start: what to start.
    """

    def __init__(self, start: Start) -> None:
        self._patience = start.patience
        argv = [decode_name(part) for part in start.argv]
        keys = (start.key, *in_environment(os.environ), *in_arguments(argv))
        self._output = Output(Path(decode_name(start.log)), keys)
        wants_folder = start.key_file or FOLDER in start.environment.values()
        self._folder = Path(tempfile.mkdtemp(prefix="fada-tui-engine-")) if wants_folder else None
        self._orders = b""
        self._hung_up = False
        self._status: int | None = None
        self._selector = selectors.DefaultSelector()
        self._pipe, theirs = os.pipe()
        with os.fdopen(theirs, "wb") as output:
            try:
                engine = subprocess.Popen(
                    self._argv(start),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    env=_environment(start, self._folder),
                    start_new_session=True,
                    preexec_fn=processes.die_with_parent(),  # no other thread is there
                )
            except (OSError, ValueError):
                self._remove_folder()
                raise
        engine.returncode = 0  # its end is seen by `reaped`
        self._engine = engine.pid
        self._watchdog = processes.Watchdog(self._engine)
        os.set_blocking(self._pipe, False)

    def run(self) -> None:
        """Guard the engine until it has ended, or the program has."""
        self._watch_signals()
        self._selector.register(_ORDERS, selectors.EVENT_READ, self._take_orders)
        self._selector.register(self._pipe, selectors.EVENT_READ, self._take_output)
        _tell(Started(self._engine))
        while not self._hung_up and self._status is None:
            self._look(None)
        self._end()
        self._remove_folder()
        self._watchdog.release()
        _tell(Ended(self._status))

    def _argv(self, start: Start) -> list[str]:
        argv = [decode_name(part) for part in start.argv]
        if self._folder is None or start.key_file is None:
            return argv
        path = self._folder / KEY_FILE_NAME
        path.touch(0o600)
        path.write_text(start.key_file.replace(KEY, start.key), encoding="utf-8")
        return [str(path) if part == KEY_FILE else part for part in argv]

    def _remove_folder(self) -> None:
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _watch_signals(self) -> None:
        woken, wake = os.pipe()
        for end in (woken, wake):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._told_to_end)

        def drain() -> None:
            with contextlib.suppress(BlockingIOError):
                os.read(woken, _PART)

        self._selector.register(woken, selectors.EVENT_READ, drain)

    def _told_to_end(self, *_: object) -> None:
        self._hung_up = True

    def _look(self, seconds: float | None) -> None:
        """Do what there is to do, and see who has ended; wait so long for it."""
        ended = processes.reaped()
        self._status = ended.get(self._engine, self._status)
        if ended:
            return
        for key, _ in self._selector.select(seconds):
            key.data()
        self._status = processes.reaped().get(self._engine, self._status)

    def _take_orders(self) -> None:
        data = os.read(_ORDERS, _PART)
        if not data:
            self._hung_up = True
            self._selector.unregister(_ORDERS)
            return
        *lines, self._orders = (self._orders + data).split(b"\n")
        for line in lines:
            with contextlib.suppress(msgspec.MsgspecError):
                if isinstance(order := decode_order(line), LogTo):
                    self._output.write_to(Path(decode_name(order.log)) if order.log else None)

    def _take_output(self) -> None:
        with contextlib.suppress(BlockingIOError):
            data = os.read(self._pipe, _PART)
            for line in self._output.take(data):
                _tell(Printed(line[:LONGEST_TOLD]))
            if not data:
                self._selector.unregister(self._pipe)

    def _end(self) -> None:
        """End all processes of the engine: by SIGTERM, then by SIGKILL.

        What is left by an engine that has ended by itself has nobody to end it well, and is killed at once.
        """
        but = self._watchdog.pid
        ways = [(signal.SIGTERM, self._patience)] if self._status is None else []
        for number, patience in (*ways, (signal.SIGKILL, _KILLED_SECONDS)):
            end = time.monotonic() + patience
            processes.send(self._engine, number, but)
            while processes.remaining(self._engine, but) and time.monotonic() < end:
                self._look(_LOOK_SECONDS)
                if number is signal.SIGKILL:  # what was started meanwhile, too
                    processes.send(self._engine, number, but)
        self._look(0)
        with contextlib.suppress(OSError):  # what it printed last
            while data := os.read(self._pipe, _PART):
                for line in self._output.take(data):
                    _tell(Printed(line[:LONGEST_TOLD]))
        for line in self._output.take(b""):
            _tell(Printed(line[:LONGEST_TOLD]))


def _environment(start: Start, folder: Path | None) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in KEPT_FROM_IT}
    own = {name: value for name, value in start.environment.items() if value != FOLDER}
    if folder is not None and len(os.fsencode(folder)) <= LONGEST_FOLDER:
        own |= {name: str(folder) for name in start.environment.keys() - own.keys() - kept.keys()}
    key = {start.key_variable: start.key} if start.key_variable else {}
    return kept | own | key


def _tell(told: Told) -> None:
    """Say something, unless nobody has read what was said before; the end is said in any case."""
    os.set_blocking(_TOLD, isinstance(told, Ended))
    with contextlib.suppress(OSError):
        os.write(_TOLD, encode(told))


def _first_order() -> Start | None:
    data = b""
    while not data.endswith(b"\n"):
        part = os.read(_ORDERS, 1)
        if not part:
            return None
        data += part
    order = decode_order(data)
    return order if isinstance(order, Start) else None


def main() -> None:
    """Guard the engine that the first order names."""
    start = _first_order()
    if start is None:
        return
    processes.become_subreaper()
    try:
        guardian = Guardian(start)
    except (OSError, ValueError) as error:
        _tell(Ended(None, f"{start.argv[0]}: {getattr(error, 'strerror', None) or error}"))
        return
    guardian.run()


if __name__ == "__main__":
    main()
    sys.exit(0)
