"""A client of the worker: loading, answering, deadlines, and reliable termination.

A worker may go on from run to run (see `pool`): the client of a run hands it the run's log and lock, and has
it let go of both when the run is over.
"""

import asyncio
import signal
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import TypeAlias

import msgspec

from fada_tui.core.errors import ErrorKind, ModelLoadError, reason
from fada_tui.core.protocol import (
    PROTOCOL_VERSION,
    Attach,
    BegunAgain,
    Cancel,
    Cancelled,
    Delta,
    Detach,
    Detached,
    DevicesListed,
    Event,
    Finished,
    GaveUp,
    Hello,
    Idle,
    JournalFailed,
    LeftOut,
    ListDevices,
    Listed,
    ListServed,
    Load,
    Loaded,
    LoadFailed,
    Message,
    Progress,
    ServerBack,
    ServerDown,
    Started,
    StopAfterItem,
    Tokenise,
    Tokenised,
    Unload,
    Unloaded,
    Work,
    decode_event,
    encode,
)
from fada_tui.models.endpoint import is_endpoint
from fada_tui.runs.events import EngineLog, Warned
from fada_tui.runs.worker_client.deadlines import Deadlines
from fada_tui.runs.worker_client.errors import WorkerDiedError, WorkGivenUpError
from fada_tui.runs.worker_client.kept import Kept
from fada_tui.runs.worker_client.model_identity import Identity, identity, leaves_traces
from fada_tui.runs.worker_client.process import POLITE_SECONDS, WorkerProcess, opened

LEFT_AT_MOST = 64 * 1024 * 1024
"""Bytes that may still be allocated on GPUs once a model is dropped, for another to be loaded in the same
process: the libraries' own workspaces."""

ASLEEP_SECONDS = 1.0
"""Delay in noticing a deadline from which this program, not the worker, was suspended."""


Aside: TypeAlias = EngineLog | Warned
"""What the client of a worker that asks an engine tells besides."""

LoadEvent: TypeAlias = Progress | Loaded | Aside
"""What loading yields."""

WorkEvent: TypeAlias = (
    Started
    | Delta
    | BegunAgain
    | ServerDown
    | ServerBack
    | LeftOut
    | Finished
    | Cancelled
    | Idle
    | JournalFailed
    | Aside
)
"""What a work yields."""


class WorkerClient:
    """A run's worker; its process may serve another run later.

    Args:
        log: file that takes what the worker and its libraries print; appended to.
        deadlines: how long the worker may be silent.
        keep_open: file descriptors that the worker holds as long as the run lasts, such as the run's lock.
        name: its device in a run of several; each has another one.
        threads: most threads that it may compute with; `None` for its own choice.
    """

    def __init__(
        self,
        log: Path,
        deadlines: Deadlines,
        keep_open: tuple[int, ...] = (),
        name: str = "",
        threads: int | None = None,
    ) -> None:
        self.name = name
        self._threads = threads
        self._log = log
        self._deadlines = deadlines
        self._keep_open = keep_open
        self._process: WorkerProcess | None = None
        self._sending = asyncio.Lock()  # a request to stop must not overtake the work it is meant for
        self._model: tuple[Load, Identity, Loaded] | None = None
        self._idle = False
        self.hello: Hello | None = None

    @property
    def pid(self) -> int | None:
        """The worker's process id while it runs."""
        process = self._process
        return process.pid if process and process.status is None else None

    async def start(self) -> Hello:
        """Start the worker and wait until it is up.

        Raises:
            StoreError: the run's log cannot be written.
            WorkerDiedError: it ended, or did not come up within the load deadline.
        """
        self._model = None
        self._process = await WorkerProcess.started(self._log, self._threads)
        event = await self._next(self._deadlines.load, "start")
        if not isinstance(event, Hello) or event.protocol != PROTOCOL_VERSION:
            await self.close()
            raise WorkerDiedError(
                ErrorKind.WORKER_DIED, "the worker speaks another protocol: reinstall fada-tui in one piece"
            )
        await self._attach()
        self.hello = event
        return event

    async def take_over(self, kept: Kept, command: Load) -> Hello | None:
        """Reuse a worker from another run; `None` if it was ended because it is not suitable.

        Where it has another model, that is dropped first, and must have given its memory back.

        Args:
            kept: what the other run left.
            command: what is to be loaded next.
        """
        self._process = kept.process
        try:
            if kept.identity == identity(command):
                self._model = (kept.command, kept.identity, kept.loaded)
            elif (
                leaves_traces(kept.command, kept.loaded)
                or kept.has_few_threads_for(command)
                or not await self._unloaded()
            ):
                await self.close()
                return None
            await self._attach()
        except WorkerDiedError:
            return None
        self.hello = kept.hello
        return kept.hello

    async def part(self) -> Kept | None:
        """Release the worker for another run; it keeps nothing of this one.

        Returns:
            `None` if it has no model, or is not idle, or died, or its model is behind a server, which is
            asked anew in no time. Then it is to be closed.
        """
        if not (self._process and self._model and self.hello and self._idle):
            return None
        if is_endpoint(self._model[0].model.source):
            return None
        try:
            await self._send(Detach())
            event = await self._next(max(POLITE_SECONDS, self._deadlines.token), "between two runs")
        except WorkerDiedError:
            return None
        process, self._process = self._process, None
        if process is None or not isinstance(event, Detached):
            self._process = process
            return None
        return Kept(self.name, process, self.hello, *self._model)

    async def load(self, command: Load) -> AsyncGenerator[LoadEvent, None]:
        """Load a model: yield progress, finally `Loaded`. A model that is already loaded is kept.

        Raises:
            ModelLoadError: the model cannot be loaded.
            WorkerDiedError: the worker ended or made no progress within the load deadline.
        """
        wanted = identity(command)
        if self._model and self._model[1] == wanted:
            self._idle = True
            yield self._model[2]
            return
        self._model = None
        await self._send(command)
        while True:
            event = await self._next(self._deadlines.load, f"loading {command.model.name}")
            match event:
                case Progress():
                    yield event
                case Loaded():
                    self._model, self._idle = (command, wanted, event), True
                    yield event
                    return
                case LoadFailed():
                    raise ModelLoadError(ErrorKind(event.kind), event.message)
                case _:
                    pass

    async def list_served(self, command: ListServed) -> Listed:
        """Ask a server what it serves.

        Raises:
            ModelLoadError: it cannot be reached, or does not say.
            WorkerDiedError: the worker ended, or missed the load deadline and was ended.
        """
        await self._send(command)
        while True:
            event = await self._next(self._deadlines.load, "listing what a server serves")
            match event:
                case Listed():
                    return event
                case LoadFailed():
                    raise ModelLoadError(ErrorKind(event.kind), event.message)
                case _:
                    pass

    async def list_devices(self) -> DevicesListed:
        """Ask the worker which GPUs a model can be loaded on.

        Raises:
            WorkerDiedError: the worker ended, or missed the load deadline and was ended.
        """
        await self._send(ListDevices())
        while True:
            event = await self._next(self._deadlines.load, "listing GPUs")
            if isinstance(event, DevicesListed):
                return event

    async def work(self, command: Work) -> AsyncGenerator[WorkEvent, None]:
        """Have items answered: yield their events, finally `Idle` or `JournalFailed`.

        Where several are answered at once, the worker keeps each one's deadlines by itself and gives signs of
        life meanwhile; here it is its own silence that counts.

        Raises:
            WorkerDiedError: the worker ended, or missed a deadline and was ended.
            WorkGivenUpError: a server leaves no hope; what has a result is in the journal.
        """
        self._idle = False
        await self._send(command)
        deadline, doing = self._deadlines.token, "beginning"
        while True:
            event = await self._next(deadline, doing)
            match event:
                case Started() | BegunAgain():
                    deadline, doing = self._deadlines.first_token, f"{event.path}: waiting for a first token"
                case Delta():
                    deadline, doing = self._deadlines.token, f"{event.path}: waiting for a token"
                case Finished() | Cancelled():
                    deadline, doing = self._deadlines.token, "between two images"
                case LeftOut() | ServerDown() | ServerBack():
                    pass
                case GaveUp():
                    self._idle = True
                    raise WorkGivenUpError(
                        ErrorKind(event.kind), event.message, server_down=event.server_down
                    )
                case Idle() | JournalFailed():
                    self._idle = isinstance(event, Idle)
                    yield event
                    return
                case _:
                    continue
            yield event

    async def tokenise(self, texts: tuple[str, ...]) -> Tokenised:
        """Split texts by the loaded model's tokenizer, while the worker is idle.

        Raises:
            WorkerDiedError: the worker ended, or missed a deadline and was ended.
        """
        await self._send(Tokenise(texts=texts))
        while True:
            event = await self._next(self._deadlines.token, "splitting texts into tokens")
            if isinstance(event, Tokenised):
                return event

    async def stop_after_item(self) -> None:
        """Request the worker to stop once the current item is finished."""
        await self._send(StopAfterItem())

    async def cancel(self) -> None:
        """Request the worker to stop between two tokens."""
        await self._send(Cancel())

    async def close(self, patience: float = POLITE_SECONDS) -> None:
        """End the worker: by request, then with SIGTERM, then with SIGKILL.

        Args:
            patience: seconds to wait after each of the first two.
        """
        if self._process:
            await self._process.end(patience)

    async def kill(self) -> None:
        """End the worker at once."""
        await self.close(patience=0.0)

    async def _unloaded(self) -> bool:
        """Have the model dropped; return whether its memory was released."""
        await self._send(Unload())
        event = await self._next(self._deadlines.token, "dropping a model")
        return isinstance(event, Unloaded) and event.allocated <= LEFT_AT_MOST

    async def _attach(self) -> None:
        """Pass the run's log and open files to the worker."""
        with opened(self._log) as log:
            await self._send(Attach(), (log.fileno(), *self._keep_open))
        await self._next(self._deadlines.token, "beginning a run")

    async def _send(self, message: Message, files: tuple[int, ...] = ()) -> None:
        async with self._sending:
            if self._process is None:
                raise WorkerDiedError(ErrorKind.WORKER_DIED, "there is no worker")
            try:
                async with asyncio.timeout(self._deadlines.token):
                    await asyncio.to_thread(self._process.send, encode(message), files)
            except TimeoutError:
                await self.kill()
                message_lost = f"the worker took no command for {self._deadlines.token:g} s, so it was ended"
                raise WorkerDiedError(ErrorKind.TIMEOUT, message_lost) from None
            except OSError as error:
                raise await self._death() from error

    async def _next(self, deadline: float, doing: str) -> Event:
        """Return the next event, or the worker's end: after `deadline` seconds of silence it is killed."""
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
            raise WorkerDiedError(
                ErrorKind.WORKER_DIED, f"the worker sent nonsense: {reason(error)}"
            ) from error

    async def _line(self, deadline: float) -> bytes:
        """Return the next line; raises `TimeoutError` on silence.

        A program that was suspended (ctrl+z), or whose terminal stalled, wakes to a deadline long past,
        though the worker was not silent. Then the wait begins anew.
        """
        assert self._process is not None
        clock = asyncio.get_running_loop().time
        while True:
            began = clock()
            try:
                # Not `wait_for`, in which the end of a run is lost where a line comes at the same time.
                async with asyncio.timeout(deadline):
                    return await self._process.line()
            except TimeoutError:
                if clock() - began < deadline + ASLEEP_SECONDS:
                    raise

    async def _death(self) -> WorkerDiedError:
        await self.close(patience=1.0)
        assert self._process is not None
        status = self._process.status or 0
        if status < 0:
            reason = f"the worker was killed by {signal.Signals(-status).name}"
            if -status == signal.SIGKILL:
                reason += " (by hand, or by the system when memory ran out)"
        else:
            reason = f"the worker ended with status {status}"
        return WorkerDiedError(ErrorKind.WORKER_DIED, f"{reason}; {self._log} has more")
