"""An engine's process, behind its guardian: started, heard, ended."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable
from pathlib import Path

import msgspec

from fada_tui.core.errors import StoreError
from fada_tui.core.file_modes import open_to_append
from fada_tui.core.file_names import encode_name
from fada_tui.runs.engines.last_words import KEPT
from fada_tui.runs.engines.launch import PORT, EngineCommand
from fada_tui.runs.engines.orders import Ended, LogTo, Printed, Start, Started, decode_told, encode

PATIENCE = 10.0
"""Seconds that an engine's processes have to end before they are killed."""

_MARGIN = 10.0
"""Seconds beside these after which the guardian itself is killed."""


class EngineProcess:
    """A running engine, created by `started`."""

    def __init__(
        self,
        guardian: "subprocess.Popen[bytes]",
        told: asyncio.StreamReader,
        transport: asyncio.BaseTransport,
    ) -> None:
        self._guardian = guardian
        self._told = told
        self._transport = transport
        self.pid: int | None = None
        """Of the engine, and of its process group, once it is there."""
        self.last: deque[str] = deque(maxlen=KEPT)
        """The lines that it printed last."""
        self.tell: Callable[[str], None] = lambda line: None
        """Called with each line that it prints."""
        self._ended: Ended | None = None
        self._reading = asyncio.get_running_loop().create_task(self._read())

    @classmethod
    async def started(
        cls, command: EngineCommand, port: int, key: str, log: Path, patience: float = PATIENCE
    ) -> "EngineProcess":
        """Start an engine; whether it comes up is for others to see.

        Args:
            command: what is to be started.
            port: that it listens at.
            key: that it wants of who asks it.
            log: file that its output is appended to.
            patience: seconds that its processes have to end.

        Raises:
            StoreError: the log cannot be written.
            OSError: the guardian cannot be started.
        """
        start = Start(
            argv=tuple(encode_name(str(port) if part == PORT else part) for part in command.argv),
            environment=command.environment,
            key=key,
            key_variable=command.key_variable,
            key_file=command.key_file,
            log=_name(log),
            patience=patience,
        )
        try:
            output = open_to_append(log)
        except OSError as error:
            raise StoreError(f"cannot write {log}: {error.strerror}") from error
        with output:
            # Not asyncio's, which kills a process that runs when its loop is closed: it has work to do then.
            guardian = await asyncio.to_thread(
                subprocess.Popen,
                (sys.executable, "-P", "-m", "fada_tui.runs.engines.guardian"),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                bufsize=0,
                start_new_session=True,
            )
        told = asyncio.StreamReader()
        reader = asyncio.StreamReaderProtocol(told)
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(lambda: reader, guardian.stdout)
        process = cls(guardian, told, transport)
        process._order(encode(start))
        return process

    @property
    def guardian_pid(self) -> int:
        """Its guardian's process id."""
        return self._guardian.pid

    @property
    def runs(self) -> bool:
        """Whether it has not ended yet."""
        return not self._reading.done()

    @property
    def end_told(self) -> str:
        """Return how it ended, in words."""
        ended = self._ended
        if ended is None:
            return "its guardian was killed"
        if ended.status is None:
            return f"could not be started: {ended.message}"
        if ended.status < 0:
            told = f"was killed by {signal.Signals(-ended.status).name}"
            by_whom = " (by hand, or by the system when memory ran out)"
            return told + (by_whom if -ended.status == signal.SIGKILL else "")
        return f"ended with status {ended.status}"

    def write_to(self, log: Path | None) -> None:
        """Append its output to another file from now on; `None` drops it."""
        self._order(encode(LogTo(_name(log) if log else None)))

    async def wait(self) -> None:
        """Wait until it has ended, and nothing of it is left."""
        await asyncio.shield(self._reading)

    async def end(self, patience: float | None = None) -> None:
        """End it and all that it has started.

        Args:
            patience: seconds until all of it is killed; as long as it was given by default.
        """
        if self._guardian.stdin:
            self._guardian.stdin.close()
        limit = PATIENCE + _MARGIN if patience is None else patience
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(limit):
                await self.wait()
            return
        self.kill()
        await self.wait()

    def kill(self) -> None:
        """Have it killed at once, with its process group."""
        self._guardian.kill()

    def _order(self, line: bytes) -> None:
        if self._guardian.stdin and not self._guardian.stdin.closed:
            with contextlib.suppress(OSError):  # it is gone, which is seen elsewhere
                self._guardian.stdin.write(line)

    async def _read(self) -> None:
        while line := await self._told.readline():
            try:
                told = decode_told(line)
            except msgspec.MsgspecError:
                continue
            match told:
                case Started(pid=pid):
                    self.pid = pid
                case Printed(line=printed):
                    self.last.append(printed)
                    self.tell(printed)
                case Ended():
                    self._ended = told
        self._transport.close()
        await asyncio.to_thread(self._guardian.wait)
        if self._guardian.stdin:
            self._guardian.stdin.close()
        if self._ended is None and self.pid is not None:  # nobody else is left to do it
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)


def _name(log: Path) -> str:
    return encode_name(str(log.absolute()))
