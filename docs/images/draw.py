"""Make the README's pictures: drives the real program on a pty, and has it export its screens (key `P`).

    python docs/images/draw.py

Each picture is of the embedded model on the samples. Those of the desk want Chromium.
"""

import contextlib
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pexpect

HERE = Path(__file__).parent
PROGRAM = str(Path(sys.executable).with_name("fada-tui"))
DESKS = [(80, 24), (100, 30), (120, 36), (200, 50)]
"""Columns and rows of the pictures of the desk."""


class Screen:
    """The program on a pty."""

    def __init__(self, folder: Path, size: tuple[int, int] = (120, 36), theme: str = "dark") -> None:
        self._folder = folder
        environ = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}
        environ["FADA_TUI_CONFIG_DIR"] = str(folder / "config")
        self._child = pexpect.spawn(
            PROGRAM,
            ["--assessor", "RM", "--graphics", "half", "--theme", theme],
            cwd=str(folder),
            env=environ,
            dimensions=size[::-1],
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


def as_png(picture: Path, size: tuple[int, int]) -> None:
    """Have Chromium draw an SVG picture as PNG, in its place: it is a quarter of the bytes."""
    width, height = (int(12.2 * size[0]) + 18, int(24.4 * size[1]) + 50)
    command = [
        "chromium",
        "--headless",
        "--no-sandbox",
        "--hide-scrollbars",
        f"--window-size={width},{height}",
    ]
    target = f"--screenshot={picture.with_suffix('.png')}"
    subprocess.run([*command, target, picture.as_uri()], check=True, capture_output=True)
    picture.unlink()


def main() -> None:
    """Set up a run, run it, judge, and look at the page; then at the desk in its sizes and themes."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        screen = Screen(folder)
        screen.wait("Press r")
        screen.rest(1.0)
        screen.press("r")
        screen.wait("Estimate")
        screen.picture("setup.svg")
        screen.press("r")
        screen.wait("complete")
        screen.press("1", "2", "1", "3", "1", "c", "y", "F")
        screen.press("v")
        screen.picture("dashboard.svg")
        screen.press("v", "s")
        screen.picture("summary.svg")
        screen.press("q")
        screen.end()
        for theme in ("dark", "light"):
            for size in DESKS:
                desk = Screen(folder, size, theme)
                desk.wait("Question 1")
                desk.rest(1.5)
                name = f"desk-{size[0]}x{size[1]}-{theme}.svg"
                desk.picture(name)
                desk.end()
                as_png(HERE / name, size)


if __name__ == "__main__":
    main()
