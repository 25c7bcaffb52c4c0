"""How soon every screen of the dashboard is there, and answers a key, on a run of 10,000 results.

    python -m benchmarks.screens [RESULTS] [ROUNDS]

On a real pty of 120 × 36 cells. "Opens" is from the key to the end of the first frame with what the screen
is about; "key" from a key to the end of the frame that answers it. Both are told in seconds by the clock, and
in the processor's time that the program took, which other work on the machine changes less.
"""

import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import psutil

from benchmarks.dashboard import PROGRAM, Program
from benchmarks.large_run import write_images, write_large_run
from benchmarks.rounds import percentile

PAUSE = 0.03
"""Seconds without output that end a frame."""

SECONDS = 60.0


class Shown(NamedTuple):
    """A screen, and the keys that are pressed on it."""

    name: str
    opens: bytes
    first: bytes
    """What stands in its first full frame, and on no other screen."""
    keys: tuple[bytes, ...]
    back: bytes = b"\x1b"


DOWN, PAGE = b"j", b"\x1b[6~"
SCREENS = (
    Shown("summary", b"s", b"Test Results", (b"j", b" ", b"j", b"G", b"\x1b[5~", b"k", b"g", b" ")),
    Shown("runs", b"R", b"Compare", (DOWN, b"k")),
    Shown("comparison", b"C", b"Sort", (DOWN, b"k")),
    Shown("models side by side", b"m", b"large-3", (b"\t",)),
    Shown("tags", b"t", b"Back", ()),  # its keys write to the disk
    Shown("note", b"n", b"Save", (b"x", b"\x7f")),
    Shown("zoom", b"z", b"Image_", ()),
    # Tab leads into a field, which escape leaves for the start button.
    Shown("new run", b"r", b"Start", (DOWN, b"k", b"\t", b"\x1b")),
    Shown("export", b"e", b"Write", (DOWN, b"k")),
    Shown("help", b"?", b"Back", (DOWN, b"k"), b"?"),
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
    while program.read(PAUSE):
        last = time.perf_counter()
    now = process.cpu_times()
    return Frame(last - pressed, now.user + now.system - used.user - used.system)


def told(name: str, opened: list[Frame], answered: list[Frame]) -> dict[str, float]:
    """Print a screen's figures, and return them."""
    found: dict[str, float] = {}
    for what, frames in (("opens", opened), ("key", answered)):
        if frames:
            found[f"{what}, p95"] = percentile([one.clock for one in frames], 0.95)
            found[f"{what}, median"] = statistics.median(one.clock for one in frames)
            found[f"{what}, processor"] = statistics.fmean(one.processor for one in frames)
    print(
        f"{name}: " + ", ".join(f"{what} {value * 1000:.0f} ms" for what, value in found.items()), flush=True
    )
    return found


def main() -> None:
    """Measure and print."""
    results = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    figures: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_images(folder / "images", results)
        for number in range(1, 4):
            write_large_run(folder, results, f"2026010{number}-000000_large-{number}", f"large-{number}")
        program = Program([*PROGRAM, "--images", str(folder / "images"), "--assessor", "ada"], folder)
        program.until(b"judged", b"30 tokens")
        program.quiet(1.0)
        for screen in SCREENS:
            opened: list[Frame] = []
            answered: list[Frame] = []
            for _ in range(rounds):
                opened.append(frame(program, screen.opens, screen.first))
                program.quiet(0.3)
                answered += [frame(program, key) for key in screen.keys]
                program.quiet(0.3)
                frame(program, screen.back, b"Blind")
                program.quiet(0.3)
            figures[screen.name] = told(screen.name, opened, answered)
        moved = [
            frame(program, key) for key in (b"j", b"j", b"\x1b[6~", b"G", b"g", b".", b",") for _ in range(2)
        ]
        figures["main"] = told("main", [], moved)
        print(f"memory: {program.memory() / 1e6:.0f} MB")
        program.end()
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
