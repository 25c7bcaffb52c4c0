"""An engine that serves one model: started until it is ready, started again where it was, ended."""

import asyncio
import secrets
import time
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any, TypeAlias

from fada_tui.core.errors import LONGEST_REASON, ErrorKind, ModelLoadError
from fada_tui.core.protocol import Progress
from fada_tui.core.secrets import quoted, remember
from fada_tui.runs.engines.last_words import message_of, port_was_taken, reason_in
from fada_tui.runs.engines.launch import HOST, EngineCommand
from fada_tui.runs.engines.ports import HeldPort
from fada_tui.runs.engines.process import PATIENCE, EngineProcess
from fada_tui.runs.engines.ready import answer_to, missing, responds
from fada_tui.runs.events import EngineLog

LONGEST_SHOWN = 200
"""Characters of a line of output that are shown."""

TICK_SECONDS = 0.25
"""How often it is seen whether an engine is ready, and what it printed."""

_LONGEST_TICK = 15.0
"""Seconds that a tick counts for at most: two pages that do not come take ten, and more is the time that this
program itself slept (ctrl+z)."""

HEALTH_SECONDS = 30.0
"""How often it is seen whether an engine that serves still responds: a look may be a line of its log."""

HUNG_SECONDS = 120.0
"""Seconds without a response after which an engine that served is ended."""

STAGE = "engine"
"""The stage of loading: seconds since the engine was started."""

Coming: TypeAlias = Progress | EngineLog
"""What is told of an engine that is not ready yet."""


class Engine:
    """An engine and its key, at one port for as long as it is wanted.

    Args:
        command: how it is started.
        patience: seconds that its processes have to end.

    Raises:
        OSError: no port is free.
    """

    def __init__(self, command: EngineCommand, patience: float = PATIENCE) -> None:
        self.command = command
        # With a letter before it, since what begins with a hyphen may be taken for an option.
        self.key = f"k{secrets.token_urlsafe(32)}"
        remember([self.key])
        self.ready = False
        """Whether it has answered, since its last start, as it is to."""
        self.load_time: float | None = None
        """Seconds from its last start until it was ready."""
        self._patience = patience
        self._port = HeldPort()
        self._process: EngineProcess | None = None

    @property
    def url(self) -> str:
        """Where it is asked."""
        return f"http://{HOST}:{self._port.number}{self.command.base_path}"

    @property
    def runs(self) -> bool:
        """Whether its process is there."""
        return self._process is not None and self._process.runs

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""
        return self._process.pid if self._process and self._process.runs else None

    @property
    def last_words(self) -> str:
        """Return how its process ended, with what it printed last."""
        assert self._process is not None
        said = quoted(reason_in(self._process.last), LONGEST_REASON)
        return f"the engine {self._process.end_told}{f': {said}' if said else ''}"

    @property
    def port_was_taken(self) -> bool:
        """Whether it ended since something else listens at its port."""
        return self._process is not None and port_was_taken(self._process.last)

    async def start(self, log: Path, silence: float) -> AsyncGenerator[Coming, None]:
        """Start it, and yield what it prints until it is ready; ended before that, it is left ended.

        Args:
            log: file that its output is appended to.
            silence: seconds without a line of output after which it is ended.

        Raises:
            ModelLoadError: it ended, or was silent for too long.
            StoreError: the log cannot be written.
        """
        self.ready, began = False, time.monotonic()
        try:
            process = await EngineProcess.started(
                self.command, self._port.number, self.key, log, self._patience
            )
        except OSError as error:
            message = f"the engine's guardian cannot be started: {error.strerror}"
            raise ModelLoadError(ErrorKind.LOAD, message) from error
        self._process = process
        printed: list[str] = []
        process.tell = printed.append
        silent, told, ticked = 0.0, -1, began
        try:
            while lacks := await missing(self.command, self._port.number, self.key):
                now = time.monotonic()
                silent, ticked = silent + min(now - ticked, _LONGEST_TICK), now
                if not process.runs:
                    raise ModelLoadError(ErrorKind.LOAD, f"{self.last_words}; {log} has more")
                if printed:
                    yield EngineLog(quoted(message_of(printed[-1]), LONGEST_SHOWN))
                    printed.clear()
                    silent = 0.0
                if (seconds := int(now - began)) > told:
                    told = seconds
                    yield Progress(stage=STAGE, done=seconds, total=None)
                if silent > silence:
                    why = f"the engine was silent for {silence:g} s, and {quoted(lacks, LONGEST_SHOWN)}"
                    message = f"{why}, so it was ended; {log} has more; --load-timeout gives it longer"
                    raise ModelLoadError(ErrorKind.TIMEOUT, message)
                await asyncio.sleep(TICK_SECONDS)
            self.ready, self.load_time = True, time.monotonic() - began
            if printed:
                yield EngineLog(quoted(message_of(printed[-1]), LONGEST_SHOWN))
        finally:
            process.tell = lambda line: None
            if not self.ready:
                await process.end()

    async def answers(self) -> bool:
        """Return whether it answers still: it may hang."""
        return not await missing(self.command, self._port.number, self.key)

    async def answer_to(self, question: object) -> Any:
        """Return what it answers to the body of a request; `None` without an answer."""
        return await answer_to(self.command, self._port.number, self.key, question)

    async def gone(self) -> str:
        """Wait until it has ended, or hangs, and then end it; return why it is gone."""
        assert self._process is not None
        process, silent, looked = self._process, 0.0, time.monotonic()
        ending = asyncio.ensure_future(process.wait())
        try:
            while not (await asyncio.wait({ending}, timeout=HEALTH_SECONDS))[0]:
                responds_still = await responds(self.command, self._port.number, self.key)
                now = time.monotonic()
                silent = 0.0 if responds_still else silent + min(now - looked, HEALTH_SECONDS + _LONGEST_TICK)
                looked = now
                if silent > HUNG_SECONDS:
                    self.ready = False
                    await process.end()
                    return f"the engine did not respond for {HUNG_SECONDS:g} s, so it was ended"
        finally:
            ending.cancel()
        self.ready = False
        return self.last_words

    def write_to(self, log: Path | None) -> None:
        """Append its output to another file from now on; `None` drops it."""
        if self._process:
            self._process.write_to(log)

    def kill(self) -> None:
        """Have it killed at once; `ended` waits for that."""
        if self._process:
            self._process.kill()

    async def end(self, patience: float | None = None) -> None:
        """End it with all that it started.

        Args:
            patience: seconds until all of it is killed, where that is sooner than it would be.
        """
        self.ready = False
        if self._process:
            await self._process.end(patience)
        self._port.release()
