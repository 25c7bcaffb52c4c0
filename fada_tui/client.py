"""Starts the worker and speaks to it: deadlines, and an end that always comes.

The worker runs in a session of its own, so that a terminal's ctrl+c or hang-up reaches only the
program, which then decides. Closing the command pipe asks the worker to finish its item and end.
"""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncGenerator
from pathlib import Path

import msgspec
from msgspec import Struct

from fada_tui.errors import ErrorKind, FadaError, ModelLoadError
from fada_tui.protocol import (
    PROTOCOL_VERSION,
    BegunAgain,
    Cancel,
    Cancelled,
    Delta,
    Event,
    Finished,
    Hello,
    Idle,
    JournalFailed,
    Load,
    Loaded,
    LoadFailed,
    Message,
    Progress,
    Started,
    StopAfterItem,
    Work,
    decode_event,
    encode,
)

LONGEST_EVENT = 64 * 1024 * 1024
"""Bytes of one line; a result holds its prompt and its answer."""

POLITE_SECONDS = 5.0
"""How long a worker that was asked to end may take before it is killed."""


ASLEEP_SECONDS = 1.0
"""A deadline noticed this late was slept through by this program, not missed by the worker."""


class Deadlines(Struct, frozen=True):
    """How long the worker may be silent, in seconds."""

    load: float = 1800.0
    """From the command to load until the model is ready, while nothing progresses."""
    first_token: float = 300.0
    """From the start of an item to its first token."""
    token: float = 60.0
    """Between two tokens."""


class WorkerDiedError(FadaError):
    """The worker ended, or had to be ended, before its work was done."""

    def __init__(self, kind: ErrorKind, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class WorkerClient:
    """One worker process.

    Args:
        log: file that takes what the worker and its libraries print; appended to.
        deadlines: how long the worker may be silent.
        keep_open: file descriptors that the worker inherits, such as the run's lock.
    """

    def __init__(self, log: Path, deadlines: Deadlines, keep_open: tuple[int, ...] = ()) -> None:
        self._log = log
        self._deadlines = deadlines
        self._keep_open = keep_open
        self._process: asyncio.subprocess.Process | None = None
        self._events: asyncio.StreamReader | None = None
        self._transport: asyncio.BaseTransport | None = None
        self._commands = -1
        self._sending = asyncio.Lock()  # a request to stop must not overtake the work it is meant for
        self.hello: Hello | None = None

    @property
    def pid(self) -> int | None:
        """The worker's process id while it runs."""
        process = self._process
        return process.pid if process and process.returncode is None else None

    async def start(self) -> Hello:
        """Start the worker and wait until it is up.

        Raises:
            WorkerDiedError: it ended, or did not come up within the load deadline.
        """
        command_read, self._commands = os.pipe()
        event_read, event_write = os.pipe()
        os.set_blocking(self._commands, True)
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-P",
                "-m",
                "fada_tui.worker",
                str(command_read),
                str(event_write),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(command_read, event_write, *self._keep_open),
                start_new_session=True,
                env=_environment(),
            )
        os.close(command_read)
        os.close(event_write)
        self._events = asyncio.StreamReader(limit=LONGEST_EVENT)
        reader = asyncio.StreamReaderProtocol(self._events)
        self._transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: reader, os.fdopen(event_read, "rb")
        )
        event = await self._next(self._deadlines.load, "start")
        if not isinstance(event, Hello) or event.protocol != PROTOCOL_VERSION:
            await self.close()
            raise WorkerDiedError(
                ErrorKind.WORKER_DIED, "the worker speaks another protocol: reinstall fada-tui in one piece"
            )
        self.hello = event
        return event

    async def load(self, command: Load) -> AsyncGenerator[Progress | Loaded, None]:
        """Load a model: progress, and last of all `Loaded`.

        Raises:
            ModelLoadError: the model cannot be loaded.
            WorkerDiedError: the worker ended or made no progress within the load deadline.
        """
        await self._send(command)
        while True:
            event = await self._next(self._deadlines.load, f"loading {command.model.name}")
            match event:
                case Progress():
                    yield event
                case Loaded():
                    yield event
                    return
                case LoadFailed():
                    raise ModelLoadError(ErrorKind(event.kind), event.message)
                case _:
                    pass

    async def work(
        self, command: Work
    ) -> AsyncGenerator[Started | Delta | BegunAgain | Finished | Cancelled | Idle | JournalFailed, None]:
        """Have items answered: their events, and last of all `Idle` or `JournalFailed`.

        Where several are answered at once, the worker keeps each one's deadlines by itself and gives signs of
        life meanwhile; here it is its own silence that counts.

        Raises:
            WorkerDiedError: the worker ended, or missed a deadline and was ended.
        """
        await self._send(command)
        deadline, doing = self._deadlines.token, "beginning"
        while True:
            event = await self._next(deadline, doing)
            match event:
                case Started():
                    deadline, doing = self._deadlines.first_token, f"{event.path}: waiting for a first token"
                case Delta() | BegunAgain():
                    deadline, doing = self._deadlines.token, f"{event.path}: waiting for a token"
                case Finished() | Cancelled():
                    deadline, doing = self._deadlines.token, "between two images"
                case Idle() | JournalFailed():
                    yield event
                    return
                case _:
                    continue
            yield event

    async def stop_after_item(self) -> None:
        """Ask the worker to stop once the item at hand is finished."""
        await self._send(StopAfterItem())

    async def cancel(self) -> None:
        """Ask the worker to stop between two tokens."""
        await self._send(Cancel())

    async def close(self, patience: float = POLITE_SECONDS) -> None:
        """End the worker: politely, then with SIGTERM, then with SIGKILL.

        Args:
            patience: seconds to wait after each of the first two.
        """
        if self._commands >= 0:
            os.close(self._commands)
            self._commands = -1
        process = self._process
        if process and process.returncode is None:
            for ask in (None, signal.SIGTERM, signal.SIGKILL):
                if ask is not None:
                    with contextlib.suppress(ProcessLookupError):
                        os.killpg(process.pid, ask)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(process.wait(), patience if ask is not signal.SIGKILL else None)
                    break
        if self._transport:
            self._transport.close()
            self._transport = None

    async def kill(self) -> None:
        """End the worker at once."""
        await self.close(patience=0.0)

    async def _send(self, message: Message) -> None:
        async with self._sending:
            await self._write(message)

    async def _write(self, message: Message) -> None:
        writing = asyncio.to_thread(_write_all, self._commands, encode(message))
        try:
            await asyncio.wait_for(writing, self._deadlines.token)
        except TimeoutError:
            await self.kill()
            message_lost = f"the worker took no command for {self._deadlines.token:g} s, so it was ended"
            raise WorkerDiedError(ErrorKind.TIMEOUT, message_lost) from None
        except OSError as error:
            raise await self._death() from error

    async def _next(self, deadline: float, doing: str) -> Event:
        """The next event, or the worker's end: on silence longer than `deadline` seconds it is killed."""
        assert self._events is not None
        try:
            line = await self._line(deadline)
        except TimeoutError:
            await self.kill()
            raise WorkerDiedError(
                ErrorKind.TIMEOUT, f"{doing}: no sign of life for {deadline:g} s, so the worker was ended"
            ) from None
        if not line.endswith(b"\n"):
            raise await self._death()
        try:
            return decode_event(line)
        except msgspec.MsgspecError as error:
            await self.kill()
            raise WorkerDiedError(ErrorKind.WORKER_DIED, f"the worker sent nonsense: {error}") from error

    async def _line(self, deadline: float) -> bytes:
        """The next line; raises `TimeoutError` on silence.

        A program that was suspended (ctrl+z), or whose terminal stalled, wakes to a deadline long past,
        though the worker was not silent. Then the wait begins anew.
        """
        assert self._events is not None
        clock = asyncio.get_running_loop().time
        while True:
            began = clock()
            try:
                return await asyncio.wait_for(self._events.readline(), deadline)
            except TimeoutError:
                if clock() - began < deadline + ASLEEP_SECONDS:
                    raise

    async def _death(self) -> WorkerDiedError:
        await self.close(patience=1.0)
        assert self._process is not None
        status = self._process.returncode or 0
        if status < 0:
            reason = f"the worker was killed by {signal.Signals(-status).name}"
            if -status == signal.SIGKILL:
                reason += " (by hand, or by the system when memory ran out)"
        else:
            reason = f"the worker ended with status {status}"
        return WorkerDiedError(ErrorKind.WORKER_DIED, f"{reason}; {self._log} has more")


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


def _environment() -> dict[str, str]:
    """The worker's environment: text unbuffered and UTF-8, no network telemetry, no parallel tokenizers."""
    return {
        **os.environ,
        "PYTHONUNBUFFERED": "1",
        "PYTHONUTF8": "1",
        "PYTHONFAULTHANDLER": "1",
        "TOKENIZERS_PARALLELISM": "false",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    }
