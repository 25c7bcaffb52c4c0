"""A server in a process of its own, on 127.0.0.1: started, waited for, killed, started again on its port."""

import os
import socket
import subprocess
import urllib.request
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tests.conftest import LONG_ENOUGH, wait_for
from tests.endpoint_server import unused_port

TRIES = 5
"""Ports that are tried: somebody may take one between our look at it and the server's."""

LONGEST_LOG = 4000
"""Characters of a log that a failed test shows."""

STOP_SECONDS = 10.0


@dataclass
class ServerProcess:
    """A server, and what it prints."""

    name: str
    command: Callable[[int], Sequence[str | Path]]
    """What starts it, by the port."""
    ready: Callable[[int], bool]
    """Whether it serves at the port."""
    folder: Path
    """Where its log lies, and whatever it writes."""
    env: dict[str, str] = field(default_factory=dict)
    """In place of these variables of ours."""
    patience: float = LONG_ENOUGH
    """Seconds that it may take to start."""
    port: int = 0
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def log(self) -> str:
        """The end of what it has printed."""
        file = self.folder / "server.log"
        return file.read_text(errors="replace")[-LONGEST_LOG:] if file.exists() else ""

    @property
    def runs(self) -> bool:
        """Whether its process is there."""
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Start it on the port that it had, else on any; return when it serves."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for left in reversed(range(TRIES)):
            port = self.port or unused_port()
            if self._serves(port):
                self.port = port
                return
            if not left or "in use" not in self.log:
                break
        raise AssertionError(f"{self.name} does not start:\n{self.log}")

    def kill(self) -> None:
        """SIGKILL, as when memory runs out."""
        assert self.process is not None
        self._signal(psutil.Process.kill)

    def stop(self) -> None:
        """End it and whatever it has started."""
        if self.process is None:
            return
        self._signal(psutil.Process.terminate)

    def _serves(self, port: int) -> bool:
        with (self.folder / "server.log").open("ab") as log:
            process = self.process = subprocess.Popen(
                list(map(str, self.command(port))),
                cwd=self.folder,
                env={**os.environ, **self.env},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # ctrl+c is the tests', which end it
            )
        wait_for(lambda: process.poll() is not None or self.ready(port), self.patience)
        return process.poll() is None

    def _signal(self, send: Callable[[psutil.Process], None]) -> None:
        process, self.process = self.process, None
        assert process is not None
        try:
            server = psutil.Process(process.pid)
            family = [*server.children(recursive=True), server]
        except psutil.NoSuchProcess:
            family = []
        for one in family:
            with suppress(psutil.NoSuchProcess):
                send(one)
        _, left = psutil.wait_procs(family, timeout=STOP_SECONDS)
        for one in left:
            with suppress(psutil.NoSuchProcess):
                one.kill()
        process.wait()


def listens(port: int) -> bool:
    """Whether somebody takes connections there."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def answers(port: int, path: str) -> bool:
    """Whether a GET of a path is answered with 200."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(f"http://127.0.0.1:{port}{path}", timeout=5) as response:
            return response.status == 200
    except OSError:
        return False
