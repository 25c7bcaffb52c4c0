"""A server of `endpoint_server` in a process of its own: it can be killed, and started again where it was."""

import itertools
import subprocess
import sys
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image

from tests.endpoint_server import MODEL, Asked, Behaviour, hang, serving, stream, unused_port

ROOT = Path(__file__).parent.parent

ALL = 1_000_000
"""Answers that no test asks for."""


def said_of(image: Image.Image) -> str:
    """What the server answers about an image: of each another text."""
    return f"It has the sum {zlib.crc32(image.tobytes())}."


class ServerProcess:
    """The server's process.

    Args:
        pace: seconds between two words.
        answers: it makes so many, and keeps further requests waiting, until it is started again.
    """

    def __init__(self, pace: float, answers: int) -> None:
        self.source = f"http://127.0.0.1:{unused_port()}/v1#{MODEL}"
        self._pace = pace
        self._answers = answers
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Return once it serves."""
        port = self.source.rpartition(":")[2].partition("/")[0]
        command = [sys.executable, "-m", "tests.server_process", port, str(self._pace), str(self._answers)]
        self._answers = ALL
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout and self._process.stdout.readline().startswith("serving")

    def kill(self) -> None:
        """SIGKILL: it says goodbye to nobody."""
        if self._process:
            self._process.kill()
            self._process.communicate()
            self._process = None


@contextmanager
def running(pace: float = 0.05, answers: int = ALL) -> Iterator[ServerProcess]:
    """A server that serves while in the block, unless it is killed."""
    server = ServerProcess(pace, answers)
    server.start()
    try:
        yield server
    finally:
        server.kill()


def main(port: int, pace: float, answers: int) -> None:
    """Serve until killed."""
    numbers = itertools.count()

    def behave(asked: Asked) -> Behaviour:
        if next(numbers) >= answers:
            return hang()
        return stream([f"{word} " for word in said_of(asked.image).split()], pace=pace)

    with serving(behave, port):
        print("serving", flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]))
