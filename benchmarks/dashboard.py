"""The dashboard's speed on a real pty, beside a bare Textual app of the same widgets.

    python -m benchmarks.dashboard [ROUNDS]

Start: from the start of the process to the first full frame, ours and the bare app's in turn, on the samples
and on a folder of 100,000 images. Keys: from a key to the end of the frame that shows it, while an answer
streams and while 100,000 images scroll. Bytes: written while an answer streams. Memory: resident, of
the app's process. Nothing answers the terminal's queries.
"""

import fcntl
import json
import os
import select
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path

import psutil

from benchmarks.rounds import percentile

HERE = Path(__file__).parent
PROGRAM = [str(Path(sys.executable).with_name("fada-tui"))]
BARE = [sys.executable, str(HERE / "bare_app.py")]
SIZE = (36, 120)
MANY = 100_000

# What stands in a full frame and not before it: the last of the panes to be drawn and the keys.
FULL = {
    "ours": (b"Models", b"Picture", b"idle", b"Quit"),
    "bare": (b"Models", b"Picture", b"idle", b"palette"),
}


class Program:
    """A program on a pty of its own."""

    def __init__(self, command: list[str], folder: Path, environ: dict[str, str] | None = None) -> None:
        self.master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", *SIZE, 0, 0))
        variables = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "XDG_CONFIG_HOME": str(folder / "config"),
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "LANG": "C.UTF-8",
        }
        self.began = time.perf_counter()
        self.process = subprocess.Popen(
            command,
            cwd=folder,
            env=variables | (environ or {}),
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
        )
        os.close(slave)
        self.written = bytearray()

    def read(self, seconds: float) -> bool:
        """Take what is written within so many seconds; whether anything was."""
        if not select.select([self.master], [], [], seconds)[0]:
            return False
        try:
            self.written += os.read(self.master, 1 << 16)
        except OSError:
            return False
        return True

    def until(self, *what: bytes, start: int = 0, seconds: float = 60.0) -> float:
        """Read until all of it was written; return when."""
        end = time.perf_counter() + seconds
        while not all(one in self.written[start:] for one in what):
            if time.perf_counter() > end:
                raise TimeoutError(f"not written: {what}; but {bytes(self.written[-800:])!r}")
            self.read(0.2)
        return time.perf_counter()

    def quiet(self, seconds: float) -> None:
        """Read until nothing was written for so long."""
        while self.read(seconds):
            pass

    def rest(self, seconds: float) -> None:
        """Read for so long."""
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            self.read(left)

    def press(self, key: bytes, shown: bytes) -> float:
        """Press a key; return the seconds until its frame, told by what it shows, is written whole."""
        while self.read(0):
            pass
        start = len(self.written)
        pressed = time.perf_counter()
        os.write(self.master, key)
        return self.until(shown, start=start) - pressed

    def memory(self) -> int:
        """Resident bytes of the program's own process."""
        return int(psutil.Process(self.process.pid).memory_info().rss)

    def end(self) -> None:
        """End the program."""
        self.process.terminate()
        try:
            end = time.perf_counter() + 15
            while self.process.poll() is None and time.perf_counter() < end:
                self.read(0.1)
        finally:
            self.process.kill()
            self.process.wait()
            os.close(self.master)


def starts(rounds: int, folder: Path, images: list[str], rows: int) -> dict[str, list[float]]:
    """First full frames, in seconds, ours and the bare app's in turn."""
    found: dict[str, list[float]] = {"ours": [], "bare": []}
    for number in range(rounds + 1):
        for name, command in (("ours", [*PROGRAM, *images]), ("bare", [*BARE, str(rows)])):
            program = Program(command, folder)
            seconds = program.until(*FULL[name]) - program.began
            program.quiet(0.3)
            program.end()
            if number:
                found[name].append(seconds)
    return found


def scrolling(folder: Path, images: list[str], presses: int) -> tuple[dict[str, list[float]], int]:
    """Key to frame while 100,000 images scroll, ours and the bare app's; and our memory."""
    found: dict[str, list[float]] = {}
    memory = 0
    for name, command in (("ours", [*PROGRAM, *images]), ("bare", [*BARE, str(MANY)])):
        program = Program(command, folder)
        program.until(*FULL[name])
        if name == "ours":
            program.until(b"100000")
        program.quiet(1.5)
        found[name] = []
        for number in range(presses):
            found[name].append(program.press(b"\x1b[6~" if number % 4 == 3 else b"j", "›".encode()))
            program.quiet(0.02)
        if name == "ours":
            memory = program.memory()
        program.end()
    return found, memory


def streaming(folder: Path) -> tuple[list[float], float, int]:
    """Key to frame while answers stream; bytes a second while one follows them; and memory before that."""
    questions = [f"--question=What is to be seen? ({number})" for number in range(20)]
    program = Program([*PROGRAM, *questions], folder)
    program.until(*FULL["ours"])
    program.quiet(1.0)
    memory = program.memory()
    program.press(b"r", b"Estimate")
    program.quiet(1.0)
    program.press(b"r", b"running")
    program.press(b"f", b"following")
    start = len(program.written)
    program.rest(8.0)
    rate = (len(program.written) - start) / 8.0
    program.press(b"g", "›".encode())
    latencies: list[float] = []
    for number in range(80):
        latencies.append(program.press(b"j" if number % 8 < 4 else b"k", "›".encode()))
        program.rest(0.04)
    if b"complete" in program.written:
        raise RuntimeError("the run ended before the keys did")
    program.end()
    return latencies, rate, memory


def many_images(folder: Path) -> list[str]:
    """Make 100,000 files, which are listed by name alone; return the options that name them."""
    root = folder / "many"
    for category in range(20):
        place = root / f"Category_{category:02}"
        place.mkdir(parents=True)
        for number in range(MANY // 20):
            (place / f"Image_{number:05}.png").touch()
    return ["--images", str(root)]


def main() -> None:
    """Measure, print, and write the figures as JSON to the standard output's last line."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        images = many_images(folder)
        for label, options, rows in (("samples", [], 24), ("100,000 images", images, MANY)):
            found = starts(rounds, folder, options, rows)
            ours, bare = statistics.median(found["ours"]), statistics.median(found["bare"])
            print(
                f"first full frame, {label}: {ours:.3f} s, bare {bare:.3f} s, ratio {ours / bare:.2f}",
                flush=True,
            )
            figures |= {f"first frame, {label}": ours, f"ratio, {label}": ours / bare}
        keys, memory = scrolling(folder, images, 200)
        ours, bare = percentile(keys["ours"], 0.95), percentile(keys["bare"], 0.95)
        print(f"scrolling 100,000 images, p95: {ours * 1000:.1f} ms, bare {bare * 1000:.1f} ms")
        print(f"memory with 100,000 images: {memory / 1e6:.0f} MB")
        figures |= {"scrolling p95": ours, "scrolling p95, bare": bare, "memory, 100,000 images": memory}
        latencies, rate, memory = streaming(folder)
        late = percentile(latencies, 0.95)
        print(f"key to frame while streaming, p95: {late * 1000:.1f} ms over {len(latencies)} keys")
        print(f"written while following a run: {rate / 1000:.1f} KB/s")
        print(f"memory before the run: {memory / 1e6:.0f} MB")
        figures |= {"streaming p95": late, "bytes a second": rate, "memory": memory}
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
