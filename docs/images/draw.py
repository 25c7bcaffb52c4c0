"""Make the README's pictures: drives the real program on a pty, and has it export its screens (key `P`).

    python docs/images/draw.py

Each picture is of the embedded model on the samples.
"""

import contextlib
import os
import re
import sys
import tempfile
import time
from pathlib import Path

import pexpect

HERE = Path(__file__).parent
PROGRAM = str(Path(sys.executable).with_name("fada-tui"))
ROWS, COLUMNS = 36, 120


class Screen:
    """The program on a pty."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        environ = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}
        environ["FADA_TUI_CONFIG_DIR"] = str(folder / "config")
        self._child = pexpect.spawn(
            PROGRAM,
            ["--assessor", "RM", "--graphics", "half"],
            cwd=str(folder),
            env=environ,
            dimensions=(ROWS, COLUMNS),
        )

    def wait(self, text: str) -> None:
        """Wait until a text is written."""
        self._child.expect(re.escape(text), timeout=180)

    def press(self, *keys: str) -> None:
        """Press keys, each followed by time to draw and to look."""
        for key in keys:
            self._child.send(key)
            self.rest(0.6)

    def rest(self, seconds: float) -> None:
        """Read what is written for so long."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with contextlib.suppress(pexpect.TIMEOUT):
                self._child.read_nonblocking(1 << 16, timeout=0.1)

    def picture(self, name: str) -> None:
        """Have the program save its screen, and keep that under a name."""
        self.rest(1.0)
        self._child.send("P")
        end = time.monotonic() + 20
        while not (saved := list(self._folder.glob("*.svg"))):
            self.rest(0.1)
            if time.monotonic() > end:
                raise TimeoutError(f"no picture {name}")
        self.rest(0.5)
        saved[0].rename(HERE / name)

    def end(self) -> None:
        """Leave."""
        self._child.send("q")
        self._child.expect(pexpect.EOF, timeout=30)


def main() -> None:
    """Set up a run, run it, judge, and look at the page."""
    with tempfile.TemporaryDirectory() as name:
        screen = Screen(Path(name))
        screen.wait("Press r")
        screen.rest(1.0)
        screen.press("r")
        screen.wait("Estimate")
        screen.picture("setup.svg")
        screen.press("r")
        screen.wait("complete")
        screen.press("g", "j", "1", "1", "2", "1", "3", "1", "k", "c")
        screen.picture("dashboard.svg")
        screen.press("s")
        screen.picture("summary.svg")
        screen.press("q")
        screen.end()


if __name__ == "__main__":
    main()
