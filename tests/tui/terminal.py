"""A terminal of our own at the other end of a real pty."""

import json
import os
import signal
import sys
import termios
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pexpect

from tests.conftest import LONG_ENOUGH

PLAIN = {
    key: value
    for key, value in os.environ.items()
    if key in ("PATH", "HOME", "LANG", "LC_ALL", "VIRTUAL_ENV")
}
"""An environment that names no terminal."""


class Terminal:
    """Runs a Python script in a pty; what it writes gathers in `written`."""

    def __init__(
        self, script: str, environ: Mapping[str, str], folder: Path, size: tuple[int, int] = (24, 80)
    ) -> None:
        self.report = folder / "report.json"
        path = folder / "script.py"
        path.write_text(script, encoding="utf-8")
        self.child = pexpect.spawn(
            sys.executable,
            [str(path), str(self.report)],
            env={**PLAIN, "PYTHONPATH": str(Path.cwd()), **environ},
            dimensions=size,
            timeout=LONG_ENOUGH,
        )
        self.child.delaybeforesend = None  # what is sent in pieces has the gaps that a test asks for
        self.written = b""
        self.mended = False
        """Whether the pty was left as a shell has it."""

    def wait_for(self, what: bytes | Callable[[bytes], bool], after: int = 0) -> None:
        """Read until something is written, or a condition of all that was holds."""
        holds = what if callable(what) else lambda written: what in written[after:]
        until = time.monotonic() + LONG_ENOUGH
        while not holds(self.written):
            left = until - time.monotonic()
            assert left > 0, f"not written in {LONG_ENOUGH} s: {what!r}; but {self.written[-2000:]!r}"
            try:
                self.written += self.child.read_nonblocking(1 << 16, timeout=left)
            except pexpect.EOF:
                assert holds(self.written), f"ended before it wrote {what!r}: {self.written[-2000:]!r}"
                return
            except pexpect.TIMEOUT:
                pass

    def send(self, *pieces: bytes, gap: float = 0.0) -> float:
        """Send bytes, in pieces so many seconds apart; return the longest time between two."""
        longest, before = 0.0, time.monotonic()
        for index, piece in enumerate(pieces):
            if index:
                time.sleep(gap)
            self.child.send(piece)
            now = time.monotonic()
            longest, before = max(longest, now - before), now
        return longest

    def finish(self) -> Any:
        """Wait for the end, and return what the script reported."""
        while True:
            try:
                self.written += self.child.read_nonblocking(1 << 16, timeout=LONG_ENOUGH)
            except pexpect.EOF:
                break
        flags = termios.tcgetattr(self.child.child_fd)[3]
        self.mended = bool(flags & termios.ECHO) and bool(flags & termios.ICANON)
        self.child.close()
        assert self.child.exitstatus == 0, self.written[-3000:].decode(errors="replace")
        return json.loads(self.report.read_text(encoding="utf-8"))

    def end(self) -> None:
        """End the script if it still runs, and wait for it: closing gives up after half a second."""
        if not self.child.closed:
            self.child.kill(signal.SIGKILL)
            self.child.wait()
            self.child.close()
