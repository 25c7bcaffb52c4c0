"""How soon every screen of the dashboard is there, and answers a key, on a run of 10,000 results.

    python -m benchmarks.screens [RESULTS] [ROUNDS] [SCREEN …]

On a real pty of 120 × 36 cells, with nothing else going on, again while a server's answers stream, and again
while another program makes a run as large, which the dashboard follows at a hundred answers a second.
"Opens" is from the key to the end of the first frame with what the screen is about; every other figure from
that key to the end of the frame that answers it, for the escape key with the 100 ms in which a terminal could
send the rest of another key. All are told by the clock, and in the processor's time that the program took,
which other work on the machine changes less: in the second part that is with what the stream takes meanwhile.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import NamedTuple

import psutil

from benchmarks.dashboard import Program
from benchmarks.large_run import write_images, write_large_run
from benchmarks.pacing_server import MODEL
from benchmarks.program import PROGRAM
from benchmarks.rounds import percentile

PAUSE = 0.03
"""Seconds without output that end a frame."""

SECONDS = 60.0
ANSWER_SECONDS = 4.0
"""How long the server takes for an answer that streams meanwhile."""

FOLLOWED_SECONDS = 0.01
"""From one answer to the next of the run that another program makes."""


class Shown(NamedTuple):
    """A screen, and the keys that are pressed on it."""

    name: str
    opens: tuple[bytes, ...]
    """The last key opens it."""
    first: bytes
    """What stands in its first full frame, and on no other screen."""
    keys: tuple[bytes, ...]
    back: tuple[bytes, ...] = (b"\x1b",)


DOWN, UP, PAGE, PAGE_UP, TAB, ESCAPE = b"j", b"k", b"\x1b[6~", b"\x1b[5~", b"\t", b"\x1b"
LEFT, RIGHT, RUB_OUT = b"\x1b[D", b"\x1b[C", b"\x7f"
TYPED = (b"t", b"e", b"x", b"t", b":", b"h")
NAMES = {
    PAGE: "page down", PAGE_UP: "page up", TAB: "tab", ESCAPE: "escape", LEFT: "left", RIGHT: "right",
    RUB_OUT: "backspace", b" ": "space",
}  # fmt: skip
DESK = (
    b"1", b"2", b"u", b"]", b"[", LEFT, RIGHT, b".", b",", TAB, TAB, TAB, b"v", b"v",
)  # fmt: skip
SCREENS = (
    Shown("desk", (), b"", DESK, ()),
    Shown("summary", (b"s",), b"Test Results", (DOWN, b" ", b"G", PAGE_UP, UP, b"g")),
    Shown("runs", (b"R",), b"Compare", (DOWN, UP)),
    Shown("comparison", (b"C",), b"Sort", (DOWN, UP)),
    Shown("models side by side", (b"m",), b"large-3", (b"1", b"2", b"]", b"l", b"h", b"}", b"u")),
    Shown("answers", (b"a",), b"Reverse", (DOWN, PAGE, b"l", b"r", b" ", b"G", b"g", b"h")),
    Shown("filter of answers", (b"a", b"/"), b"unassessed", TYPED, (ESCAPE, ESCAPE)),
    Shown("filter", (b"/",), b"unassessed", TYPED, (ESCAPE, TAB, TAB)),
    Shown("queue", (b"Q",), b"", (DOWN,)),
    Shown("name", (b"N",), b"", (b"x", RUB_OUT)),
    Shown("context", (b"c",), b"", ()),
    Shown("tags", (b"t",), b"Back", ()),  # its keys write to the disk
    Shown("note", (b"n",), b"Save", (b"x", RUB_OUT)),
    Shown("zoom", (b"z",), b"Image_", (b"1", b"2", b"]", b"u", b"+", b"l", b"_")),
    # Tab leads into a field, which escape leaves for the start button.
    Shown("new run", (b"r",), b"Start", (DOWN, UP, TAB, ESCAPE)),
    Shown("new run, unfolded", (b"r", b"m"), b"Rubric", (*[TAB] * 8, ESCAPE)),
    Shown("export", (b"e",), b"Write", (DOWN, UP)),
    Shown("help", (b"?",), b"Back", (DOWN, UP), (b"?",)),
)
"""All screens that open from the main screen by a key."""


class Frame(NamedTuple):
    """What a frame took, in seconds."""

    clock: float
    processor: float


def frame(program: Program, key: bytes, shown: bytes = b"") -> Frame:
    """Press a key; return what it took until the end of its frame: the last byte before a pause.

    Args:
        program: on its pty.
        key: bytes of the key.
        shown: what the frame has, if another may come before it.
    """
    while program.read(0):
        pass
    process = psutil.Process(program.process.pid)
    used = process.cpu_times()
    start = len(program.written)
    pressed = time.perf_counter()
    os.write(program.master, key)
    end = pressed + SECONDS
    last = pressed
    while not last > pressed or shown not in program.written[start:]:
        if time.perf_counter() > end:
            raise TimeoutError(f"{key!r} shows no {shown!r}: {bytes(program.written[start:])[-2000:]!r}")
        if program.read(0.2):
            last = time.perf_counter()
        elif not shown and time.perf_counter() > pressed + 1:
            break  # a key that has nothing to do draws nothing
    while program.read(PAUSE):
        last = time.perf_counter()
    now = process.cpu_times()
    return Frame(last - pressed, now.user + now.system - used.user - used.system)


def told(name: str, answered: dict[str, list[Frame]]) -> dict[str, dict[str, float]]:
    """Print a screen's figures, and return them, by key."""
    found = {
        what: {
            "median": statistics.median(one.clock for one in frames),
            "p95": percentile([one.clock for one in frames], 0.95),
            "processor": statistics.fmean(one.processor for one in frames),
        }
        for what, frames in answered.items()
    }
    print(f"{name}: median, p95, processor in ms", flush=True)
    for what, one in found.items():
        print(f"  {what}: {', '.join(f'{seconds * 1000:.0f}' for seconds in one.values())}", flush=True)
    return found


def measure(
    program: Program, screens: tuple[Shown, ...], rounds: int
) -> dict[str, dict[str, dict[str, float]]]:
    """Open the screens in turn, and press their keys."""
    figures: dict[str, dict[str, dict[str, float]]] = {}
    for screen in screens:
        answered: dict[str, list[Frame]] = {}
        for _ in range(rounds):
            for key in screen.opens[:-1]:
                frame(program, key)
                program.rest(0.6)
            for key in screen.opens[-1:]:
                answered.setdefault("opens", []).append(frame(program, key, screen.first))
                program.rest(0.6)
            for key in screen.keys:
                name = NAMES.get(key, key.decode())
                answered.setdefault(name, []).append(frame(program, key))
                program.rest(0.15)
            program.rest(0.3)
            for key in screen.back:
                answered.setdefault("back", []).append(frame(program, key))
                program.rest(0.5)
        figures[screen.name] = told(screen.name, answered)
    return figures


@contextmanager
def paced() -> Iterator[str]:
    """Serve answers that stream; the model's name is given."""
    command = [sys.executable, "-m", "benchmarks.pacing_server", str(ANSWER_SECONDS)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin and server.stdout
        yield f"http://127.0.0.1:{server.stdout.readline().strip()}/v1#{MODEL}"
        server.stdin.close()


def _begin_run(program: Program) -> None:
    """Begin a run, and go back to a large one."""
    frame(program, b"r", b"Start")
    program.rest(1.0)
    frame(program, b"r", b"running")
    program.rest(3.0)
    frame(program, b"R", b"Compare")
    program.rest(1.0)
    frame(program, DOWN)
    frame(program, b"\r")
    program.rest(3.0)


@contextmanager
def made_elsewhere(folder: Path, results: int) -> Iterator[None]:
    """Have another program make a run, half of which is there."""
    figures = [str(results), str(results // 2), str(FOLLOWED_SECONDS)]
    command = [sys.executable, "-m", "benchmarks.making", str(folder), *figures]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as maker:
        assert maker.stdin and maker.stdout
        maker.stdout.readline()
        yield
        maker.stdin.close()


def main() -> None:
    """Measure and print."""
    results = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    screens = tuple(one for one in SCREENS if not sys.argv[3:] or one.name in sys.argv[3:])
    figures: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as name, paced() as model:
        folder = Path(name)
        write_images(folder / "images", results)
        for number in range(1, 4):
            write_large_run(folder, results, f"2026010{number}-000000_large-{number}", f"large-{number}")
        options = ["--images", str(folder / "images"), "--assessor", "ada"]
        for what, more in (("alone", []), ("while an answer streams", ["--model", model]), ("followed", [])):
            with made_elsewhere(folder, results) if what == "followed" else nullcontext():
                program = Program([*PROGRAM, *options, *more], folder)
                program.until(b"judged", b"30 tokens")
                program.rest(2.0)
                if more:
                    _begin_run(program)
                print(what, flush=True)
                figures[what] = measure(program, screens, rounds)
                print(f"memory: {program.memory() / 1e6:.0f} MB")
                program.end()
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
