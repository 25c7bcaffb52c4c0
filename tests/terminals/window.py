"""Terminals of others in windows of their own, on a display without a screen: opened, typed at, looked at."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]
"""Of shape (height, width, 3)."""

Found = TypeVar("Found")

TOOLS = ("Xvfb", "xdotool", "import")
FONT = "DejaVu Sans Mono"
CELLS = (120, 36)
PATIENCE = float(os.environ.get("PATIENCE", "60"))
"""Seconds that are waited for anything."""

MAGENTA = (255, 0, 255)
_SCREEN = (1600, 1100)
_INSIDE = Path(__file__).with_name("inside.py")


class Program(Struct, frozen=True):
    """A terminal as it is started."""

    name: str
    command: tuple[str, ...]
    """Its command line, before the command that runs in it; `{columns}`, `{rows}`, `{font}` filled in."""
    version: tuple[str, ...]
    """What prints its version."""
    environ: tuple[tuple[str, str], ...] = ()


PROGRAMS = {
    one.name: one
    for one in (
        Program(
            "xterm",
            (
                "xterm",
                "-ti",
                "vt340",
                "-fa",
                "{font}",
                "-fs",
                "11",
                "-geometry",
                "{columns}x{rows}+0+0",
                "-e",
            ),
            ("xterm", "-version"),
        ),
        Program(
            "kitty",
            (
                "kitty",
                "--config=NONE",
                "-o=font_family={font}",
                "-o=font_size=11",
                "-o=remember_window_size=no",
                "-o=initial_window_width={columns}c",
                "-o=initial_window_height={rows}c",
                "-o=update_check_interval=0",
                "-o=confirm_os_window_close=0",
                "-o=shell_integration=disabled",
                "-o=placement_strategy=top-left",
            ),
            ("kitty", "--version"),
            (("LIBGL_ALWAYS_SOFTWARE", "1"),),
        ),
        Program(
            "konsole",
            (
                "konsole",
                "--separate",
                "--hide-menubar",
                "--hide-tabbar",
                "--notransparency",
                "-p=TerminalColumns={columns}",
                "-p=TerminalRows={rows}",
                "-p=Font={font},11,-1,5,50,0,0,0,0,0",
                "-p=BlinkingCursorEnabled=false",
                "-e",
            ),
            ("konsole", "--version"),
        ),
        Program(
            "mlterm",
            (
                "mlterm",
                "--sb=false",
                "--fontsize=18",
                "--geometry={columns}x{rows}+0+0",
                "--im=none",
                "--type=cairo",
                "-e",
            ),
            ("mlterm", "--version"),
        ),
    )
}


class Grid(Struct, frozen=True):
    """Where a terminal's cells are in its window, in pixels."""

    left: int
    top: int
    width: int
    """Of a cell."""
    height: int


@contextmanager
def display() -> Iterator[str]:
    """Start an X server without a screen, and return the name of its display."""
    read, write = os.pipe()
    server = subprocess.Popen(
        [
            "Xvfb",
            "-displayfd",
            str(write),
            "-screen",
            "0",
            f"{_SCREEN[0]}x{_SCREEN[1]}x24",
            "-nolisten",
            "tcp",
            "-noreset",
        ],
        pass_fds=(write,),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    try:
        with os.fdopen(read) as numbers:
            yield f":{numbers.readline().strip()}"
    finally:
        server.terminate()
        server.wait()


class Window:
    """A terminal's window with the dashboard in it.

    Args:
        program: the terminal.
        display: the X server's.
        folder: home of whoever uses it; the command is started there.
        command: what runs in it, once it is told to.
        environ: more of the environment.
    """

    def __init__(
        self,
        program: Program,
        display: str,
        folder: Path,
        command: Sequence[str],
        environ: Mapping[str, str],
    ) -> None:
        self._folder = folder
        self._told = folder / "told"
        self._told.mkdir()
        runtime = folder / "runtime"
        runtime.mkdir(mode=0o700)
        self._environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "LANG": "C.UTF-8",
            "DISPLAY": display,
            "XDG_RUNTIME_DIR": str(runtime),
            **dict(program.environ),
            **environ,
        }
        words = {"columns": CELLS[0], "rows": CELLS[1], "font": FONT}
        self._log = (folder / "terminal.log").open("wb")
        self.process = subprocess.Popen(
            [
                *(word.format(**words) for word in program.command),
                *(sys.executable, str(_INSIDE), str(self._told), *command),
            ],
            cwd=folder,
            env=self._environ,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )
        self._id = ""

    def open(self) -> Grid:
        """Wait for the window, and return where its cells are; the screen is then a shell's."""
        self._until("a window", self._find)
        self._do("windowmove", "--sync", self._id, "0", "0", allowed=True)
        self._do("windowfocus", "--sync", self._id, allowed=True)
        self._until("a size", lambda: self.size[0] >= CELLS[0] // 2)
        calm = self._calm_size()
        self._go("mark", "marked")
        grid = self._until("the marks", lambda: _grid(self.look(), calm))
        self._go("clear", "blank")
        self._until("a blank screen", lambda: not _marked(self.look()).any())
        return grid

    def start(self) -> None:
        """Start the command."""
        self._go("start", "")

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows."""
        with suppress(OSError, ValueError):
            columns, rows, _, _ = map(int, (self._told / "size").read_text(encoding="utf-8").split())
            return columns, rows
        return 0, 0

    @property
    def left(self) -> str:
        """With which exit code the command ended, if it did."""
        stage = (self._told / "stage").read_text(encoding="utf-8")
        return stage.removeprefix("left ") if stage.startswith("left ") else ""

    def press(self, *keys: str) -> None:
        """Press keys, by X's names."""
        self._do("windowfocus", "--sync", self._id, allowed=True)
        for key in keys:
            self._do("key", "--clearmodifiers", key)

    def resize(self, width: int, height: int) -> None:
        """Give the window another size, in pixels."""
        before = self.size
        self._do("windowsize", self._id, str(width), str(height))
        self._until("another size", lambda: self.size != before)

    def look(self) -> Pixels:
        """Return what stands in the window."""
        done = subprocess.run(
            ["import", "-silent", "-window", self._id, "-depth", "8", "rgb:-"],
            env=self._environ,
            capture_output=True,
            check=False,
        )
        geometry = self._geometry()
        pixels = np.frombuffer(done.stdout, np.uint8)
        if pixels.size != geometry[0] * geometry[1] * 3:
            return np.zeros((1, 1, 3), np.uint8)  # it is changing its size
        return pixels.reshape(geometry[1], geometry[0], 3)

    def until(self, what: str, holds: Callable[[Pixels], Found]) -> Found:
        """Look until something holds of what stands there; return it."""
        shown = self.look()

        def ask() -> Found:
            nonlocal shown
            shown = self.look()
            return holds(shown)

        try:
            return self._until(what, ask)
        except AssertionError:
            Image.fromarray(shown).save(self._folder / "failed.png")
            raise

    def close(self) -> None:
        """End the terminal."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, 15)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(10)
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, 9)
        self.process.wait()
        self._log.close()

    def _until(self, what: str, ask: Callable[[], Found]) -> Found:
        until = time.monotonic() + PATIENCE
        while not (found := ask()):
            log = (self._folder / "terminal.log").read_text(errors="replace")[-2000:]
            assert self.process.poll() is None, f"the terminal ended before {what}: {log}"
            assert time.monotonic() < until, f"not within {PATIENCE} s: {what}; {log}"
            time.sleep(0.1)
        return found

    def _find(self) -> bool:
        """Find the largest window there is, but for the root."""
        done = self._run("search", "--onlyvisible", "--class", "")
        sizes = {one: size for one in done.split() if (size := self._geometry(one)) != _SCREEN}
        if not sizes:
            return False
        self._id = max(sizes, key=lambda one: sizes[one][0] * sizes[one][1])
        return sizes[self._id][0] > 200

    def _calm_size(self) -> tuple[int, int]:
        before: tuple[int, int] = (0, 0)
        while (now := self.size) != before:
            before = now
            time.sleep(0.5)
        return now

    def _geometry(self, window: str = "") -> tuple[int, int]:
        lines = self._run("getwindowgeometry", "--shell", window or self._id).splitlines()
        told = dict(line.split("=", 1) for line in lines if "=" in line)
        return int(told.get("WIDTH", 0)), int(told.get("HEIGHT", 0))

    def _go(self, stage: str, reached: str) -> None:
        (self._told / "go.new").write_text(stage, encoding="utf-8")
        (self._told / "go.new").rename(self._told / "go")
        stage_file = self._told / "stage"
        if reached:
            self._until(reached, lambda: stage_file.exists() and stage_file.read_text() == reached)

    def _do(self, *words: str, allowed: bool = False) -> None:
        done = subprocess.run(["xdotool", *words], env=self._environ, capture_output=True, check=False)
        assert allowed or done.returncode == 0, done.stderr.decode()

    def _run(self, *words: str) -> str:
        return subprocess.run(
            ["xdotool", *words], env=self._environ, capture_output=True, text=True, check=False
        ).stdout


def _marked(shown: Pixels) -> NDArray[np.bool_]:
    return (np.abs(shown.astype(int) - MAGENTA) <= 8).all(axis=2)


def _grid(shown: Pixels, cells: tuple[int, int]) -> Grid | None:
    """Return where the cells are, once the first and the last one are marked."""
    ys, xs = np.nonzero(_marked(shown))
    if not len(xs):
        return None
    left, top, right, bottom = int(xs.min()), int(ys.min()), int(xs.max()) + 1, int(ys.max()) + 1
    width, height = (right - left) // cells[0], (bottom - top) // cells[1]
    if (right - left, bottom - top) != (width * cells[0], height * cells[1]) or not width or not height:
        return None
    return Grid(left, top, width, height)


def missing(*tools: str) -> str:
    """Return what is not installed of some tools."""
    return ", ".join(tool for tool in tools if shutil.which(tool) is None)
