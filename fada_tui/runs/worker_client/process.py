"""The worker's operating-system process: starting, writing, reading, ending.

Commands go over a pair of sockets, since files can be handed over along with them; events come by a pipe.
The worker runs in a session of its own, so that ctrl+c and hang-ups reach only the program, which
then decides. Closing the commands' socket asks the worker to finish its item and end.
"""

import asyncio
import contextlib
import errno
import os
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from fada_tui.core.errors import StoreError
from fada_tui.core.file_modes import open_to_append

LONGEST_EVENT = 64 * 1024 * 1024
"""Maximum bytes of one line; a result holds its prompt and its answer."""

SPINS = "10000"
"""How often a thread of torch looks for work before it sleeps (libgomp's `GOMP_SPINCOUNT`).

By default it goes on looking for milliseconds, and so keeps the core from the thread that it waits for where
other programs are busy as well. With as many as these nothing is lost on an idle machine.
"""

THREADS_SET_BY = ("OMP_NUM_THREADS", "MKL_NUM_THREADS")
"""Environment variables that say with how many threads libraries compute."""

POLITE_SECONDS = 5.0
"""Seconds that a worker may take to end on request before it is killed."""


class WorkerProcess:
    """A process, created by `started`."""

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        commands: socket.socket,
        events: asyncio.StreamReader,
        transport: asyncio.BaseTransport,
    ) -> None:
        self._process = process
        self._commands: socket.socket | None = commands
        self._events = events
        self._transport = transport

    @classmethod
    async def started(cls, log: Path, threads: int | None = None) -> "WorkerProcess":
        """Start a worker.

        Args:
            log: file that takes what it prints until it is handed another; appended to.
            threads: most threads that it may compute with; `None` for as many as its libraries take.

        Raises:
            StoreError: the log cannot be written.
            OSError: it cannot be started.
        """
        commands, theirs = socket.socketpair()
        event_read, event_write = os.pipe()
        with contextlib.ExitStack() as ours:
            ours.enter_context(commands)
            told = ours.enter_context(os.fdopen(event_read, "rb"))
            with theirs, os.fdopen(event_write, "wb"), opened(log) as output:
                process = await asyncio.create_subprocess_exec(
                    sys.executable,
                    "-P",
                    "-m",
                    "fada_tui.worker",
                    str(theirs.fileno()),
                    str(event_write),
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    pass_fds=(theirs.fileno(), event_write),
                    start_new_session=True,
                    cwd=_folder(log),
                    env=_environment(threads),
                )
            events = asyncio.StreamReader(limit=LONGEST_EVENT)
            reader = asyncio.StreamReaderProtocol(events)
            transport, _ = await asyncio.get_running_loop().connect_read_pipe(lambda: reader, told)
            ours.pop_all()
        return cls(process, commands, events, transport)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def status(self) -> int | None:
        """Its exit status, negative for a signal; `None` while it runs."""
        return self._process.returncode

    async def line(self) -> bytes:
        """Wait for the worker's next line; one without a newline at its end is the last."""
        return await self._events.readline()

    def send(self, data: bytes, files: Sequence[int] = ()) -> None:
        """Write to the process and wait until it is taken; another thread may hang up meanwhile.

        Args:
            data: one line.
            files: descriptors that it is to have copies of.

        Raises:
            OSError: it is gone, or was asked to end.
        """
        commands = self._commands
        if commands is None:
            raise OSError(errno.EPIPE, os.strerror(errno.EPIPE))
        sent = socket.send_fds(commands, [data], list(files)) if files else 0
        commands.sendall(data[sent:])

    def hang_up(self) -> None:
        """Request the worker to finish its item and end; nothing can be sent any more."""
        if self._commands is not None:
            self._commands.close()
            self._commands = None

    async def wait(self) -> int:
        """Wait for its end and return its exit status."""
        return await self._process.wait()

    async def end(self, patience: float = POLITE_SECONDS) -> None:
        """End the process: by request, then with SIGTERM, then with SIGKILL.

        Args:
            patience: seconds to wait after each of the first two.
        """
        self.hang_up()
        if self._process.returncode is None:
            for ask in (None, signal.SIGTERM, signal.SIGKILL):
                if ask is not None:
                    with contextlib.suppress(ProcessLookupError):
                        os.killpg(self._process.pid, ask)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(patience if ask is not signal.SIGKILL else None):
                        await self.wait()
                    break
        self._transport.close()


def opened(log: Path) -> BinaryIO:
    """Open a worker's log for appending; raises `StoreError`."""
    try:
        return open_to_append(log)
    except OSError as error:
        raise StoreError(f"cannot write {log}: {error.strerror}") from error


def _folder(log: Path) -> Path | None:
    """Return the folder in which a worker is started: this program's own, unless that has been removed.

    Some of torch's libraries cannot be loaded in a folder that is not there.
    """
    try:
        Path.cwd()
    except OSError:
        return log.parent
    return None


def threads_are_set() -> bool:
    """Return whether the person says with how many threads libraries compute."""
    return any(map(os.environ.get, THREADS_SET_BY))


def _environment(threads: int | None) -> dict[str, str]:
    """Return the worker's environment: unbuffered UTF-8, no network telemetry, no parallel tokenizers.

    With how many threads torch computes, and how they wait, is decided here as well, unless the person has
    decided it.
    """
    limited = threads is not None and not threads_are_set()
    most = dict.fromkeys(THREADS_SET_BY, str(threads)) if limited else {}
    waiting = {} if "OMP_WAIT_POLICY" in os.environ else {"GOMP_SPINCOUNT": SPINS}
    return {
        **waiting,
        **os.environ,
        **most,
        "PYTHONUNBUFFERED": "1",
        "PYTHONUTF8": "1",
        "PYTHONFAULTHANDLER": "1",
        "TOKENIZERS_PARALLELISM": "false",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    }
