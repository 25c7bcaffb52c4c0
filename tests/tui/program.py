"""The real program at the other end of a pty, and what stands on its screen."""

import fcntl
import os
import select
import signal
import struct
import subprocess
import termios
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Lock, Thread

import psutil
import pyte
from msgspec import Struct

from tests.conftest import LONG_ENOUGH, PROGRAM, WORKER, children_with, lives

KEYS = {
    "enter": "\r",
    "escape": "\x1b[27u",  # as where kitty's keys are known: no key behind it makes it a sequence of another
    "tab": "\t",
    "shift+tab": "\x1b[Z",
    "space": " ",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "backspace": "\x7f",
    **{f"ctrl+{letter}": chr(ord(letter) - 96) for letter in "abcdefghijklmnopqrstuvwxyz"},
}

Size = tuple[int, int]
"""Columns and lines."""


class Link(Struct, frozen=True):
    """What lies between the program and who looks at it."""

    delay: float = 0.0
    """Seconds each way."""
    rate: float = float("inf")
    """Bytes a second to the terminal."""


class _Screen(pyte.Screen):
    def __init__(self, size: "Size", answer: Callable[[bytes], None]) -> None:
        super().__init__(*size)
        self._answer = answer

    def debug(self, *_args: object, **_options: object) -> None:
        """What pyte doesn't know, such as kitty's keys, is no text."""

    def select_graphic_rendition(self, *attributes: int, private: bool = False) -> None:
        if not private:
            super().select_graphic_rendition(*attributes)

    def report_device_status(self, mode: int, **_options: object) -> None:
        """Answer what all terminals answer, and nothing else."""
        if mode == 5:
            self._answer(b"\x1b[0n")


def environment(folder: Path) -> dict[str, str]:
    """Of a person with no settings but their name and no network, in a colourful terminal."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "FADA_TUI_CONFIG_DIR": str(folder / "config"),
        "HF_HOME": str(folder / "hub"),
        "HF_HUB_OFFLINE": "1",
        "OMP_NUM_THREADS": "1",
        "FADA_TUI_ASSESSOR": "ada",
    }


class OnPty:
    """The program on a terminal of its own; its results lie in `folder / "results"`.

    Args:
        folder: where it is started.
        arguments: of its command line.
        size: of the terminal.
        environ: more of the environment, or other values; an empty value takes one out of it.
        link: what lies between.
        command: what is started.
    """

    def __init__(
        self,
        folder: Path,
        *arguments: str | Path,
        size: Size = (120, 36),
        environ: Mapping[str, str] | None = None,
        link: Link | None = None,
        command: Sequence[str] = PROGRAM,
    ) -> None:
        self.folder = folder
        self.written = bytearray()
        """Everything the program wrote and that was read."""
        self.pressed = 0
        self._link = link or Link()
        self._screen = _Screen(size, self.send)
        self._stream = pyte.ByteStream(self._screen)
        self._text = ""
        self._arriving: deque[tuple[float, bytes]] = deque()
        self._leaving: deque[tuple[float, bytes]] = deque()
        self._lock = Lock()
        self._flowing, self._ended = Event(), Event()
        self._flowing.set()
        self._master, slave = os.openpty()
        self._set_size(size)
        variables = {**environment(folder), **(environ or {})}
        self.process = subprocess.Popen(
            [*command, *map(str, arguments)],
            cwd=folder,
            env={name: value for name, value in variables.items() if value},
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(slave)
        self._relay = Thread(target=self._carry, name="relay", daemon=True)
        self._relay.start()

    # Towards the program

    def press(self, *keys: str) -> None:
        """Press keys, by their names or as they are."""
        for key in keys:
            self.pressed += 1
            self.send(KEYS.get(key, key).encode())

    def type(self, text: str) -> None:
        """Type a text."""
        self.press(*text)

    def send(self, data: bytes) -> None:
        """Send bytes as a terminal would."""
        if self._link.delay:
            self._leaving.append((time.monotonic() + self._link.delay, data))
        else:
            os.write(self._master, data)

    def resize(self, size: Size) -> None:
        """Make the terminal larger or smaller."""
        with self._lock:
            self._feed()
            self._screen.resize(size[1], size[0])
        self._set_size(size)

    def _set_size(self, size: Size) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))

    @contextmanager
    def stalled(self) -> Iterator[None]:
        """Nobody reads what is written meanwhile."""
        self._flowing.clear()
        try:
            yield
        finally:
            self._flowing.set()

    def hang_up(self) -> None:
        """Close the terminal's end, as a lost connection does."""
        self._ended.set()
        self._relay.join()
        os.close(self._master)
        self._master = -1

    def signal(self, number: int) -> None:
        """Send the program a signal."""
        self.process.send_signal(number)

    # From the program

    @property
    def behind(self) -> bool:
        """Whether something has arrived that does not stand on the screen yet."""
        return self._due()

    def text(self, chunks: int | None = None) -> str:
        """Return what stands on the screen now, or stood there once so many more chunks had arrived."""
        with self._lock:
            self._feed(chunks)
            if self._screen.dirty:
                self._text = "\n".join(line.rstrip() for line in self._screen.display)
                self._screen.dirty.clear()
            return self._text

    def wait_for(self, what: str | Callable[[str], object]) -> str:
        """Wait until a text stands on the screen, or a condition of what stands there holds."""
        holds = what if callable(what) else lambda text: what in text
        until = time.monotonic() + LONG_ENOUGH
        while True:
            ended = self.process.poll() if self._ended.is_set() else None  # before its last words are read
            if holds(text := self.text(1)):
                return text
            if self._due():
                continue
            assert time.monotonic() < until, f"not on the screen in {LONG_ENOUGH} s: {what!r}; but\n{text}"
            assert ended is None or self._arriving, f"ended with {ended} before {what!r}:\n{text}"
            time.sleep(0.02)

    def wait_end(self, seconds: float = LONG_ENOUGH) -> int:
        """Wait for the program's end, and return its exit code."""
        code = self.process.wait(seconds)
        if self._master >= 0 and self._flowing.is_set():
            self._ended.wait(LONG_ENOUGH)
        return code

    @property
    def restored(self) -> bool:
        """Whether the terminal is as a shell has it."""
        return not self.left_on() and self.cooked

    @property
    def cooked(self) -> bool:
        """Whether lines are edited and echoed."""
        flags = termios.tcgetattr(self._master)[3]
        wanted = termios.ECHO | termios.ICANON | termios.ISIG
        return flags & wanted == wanted

    def left_on(self) -> list[bytes]:
        """Return the modes that were set and not taken back: screen, mouse, paste, focus, keys, cursor."""
        pairs = [(b"\x1b[?%dh" % mode, b"\x1b[?%dl" % mode) for mode in (1049, 1000, 1003, 1006, 2004, 1004)]
        pairs += [(b"\x1b[?25l", b"\x1b[?25h"), (b"\x1b[?7l", b"\x1b[?7h"), (b"\x1b[>25u", b"\x1b[<u")]
        return [on for on, off in pairs if self.written.rfind(on) > self.written.rfind(off)]

    def worker(self) -> psutil.Process | None:
        """Return the worker process, if there is one."""
        return worker_of(self.process.pid)

    def end(self) -> None:
        """End the program and its worker, if they still run, and close the terminal."""
        worker = self.worker()
        for process in (self.process, worker):
            with suppress(ProcessLookupError, psutil.NoSuchProcess):
                if process is not None:
                    process.kill()
        self._flowing.set()
        self.process.wait()
        if self._master >= 0:
            self.hang_up()

    def _due(self) -> bool:
        return bool(self._arriving) and self._arriving[0][0] <= time.monotonic()

    def _feed(self, chunks: int | None = None) -> None:
        while self._due() and chunks != 0:
            self._stream.feed(self._arriving.popleft()[1])
            chunks = chunks and chunks - 1

    def _carry(self) -> None:
        chunk = int(min(self._link.rate * 0.02, 1 << 16))
        while not self._ended.is_set():
            while self._leaving and self._leaving[0][0] <= time.monotonic():
                os.write(self._master, self._leaving.popleft()[1])
            if not self._flowing.is_set():
                time.sleep(0.01)
                continue
            if not select.select([self._master], [], [], 0.01)[0]:
                continue
            try:
                data = os.read(self._master, chunk)
            except OSError:  # the program's end of it is closed
                break
            self.written += data
            self._arriving.append((time.monotonic() + self._link.delay, data))
            time.sleep(len(data) / self._link.rate)
        self._ended.set()


class Looked:
    """For how long somebody has looked: time in which a busy machine kept him from it does not count."""

    def __init__(self) -> None:
        self.seconds, self._last = 0.0, time.monotonic()

    def again(self) -> float:
        """Look once more, and return for how many seconds that has gone on."""
        before, self._last = self._last, time.monotonic()
        self.seconds += min(self._last - before, MOST_BETWEEN_LOOKS)
        return self.seconds


MOST_BETWEEN_LOOKS = 0.1
"""Seconds between two looks that count."""


def worker_of(pid: int) -> psutil.Process | None:
    """Return the worker below a process, if there is one."""
    return next(iter(children_with(pid, WORKER, recursive=True)), None)


@contextmanager
def slowed(pid: int, share: float = 0.15) -> Iterator[None]:
    """Let the worker below a process run for a share of the time only: the embedded model is quick."""
    worker, over = worker_of(pid), Event()
    assert worker is not None

    def pace() -> None:
        with suppress(psutil.NoSuchProcess):
            while not over.wait(0.1 * share):
                worker.suspend()
                over.wait(0.1 * (1 - share))
                worker.resume()

    thread = Thread(target=pace, name="pace", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


JOB_CONTROL = """
import os, signal, subprocess, sys
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
child = subprocess.Popen(sys.argv[1:], process_group=0)
os.tcsetpgrp(0, child.pid)
while True:
    _, status = os.waitpid(child.pid, os.WUNTRACED)
    if not os.WIFSTOPPED(status):
        sys.exit(os.waitstatus_to_exitcode(status) % 256)
    os.tcsetpgrp(0, os.getpgrp())
    print("STOPPED", flush=True)
    if input() == "kill":
        child.kill()
    os.tcsetpgrp(0, child.pid)
    os.killpg(child.pid, signal.SIGCONT)
"""
"""A shell's part in ctrl+z and fg: says STOPPED, and goes on after a line."""


def ended(process: psutil.Process | None) -> bool:
    """Whether a process is gone."""
    return process is None or not lives(process)


SIGNAL_EXIT = {number: 128 + number for number in (signal.SIGHUP, signal.SIGTERM)}
