"""The real command in a process of its own, its memory and its worker's watched from outside."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, BinaryIO

import psutil
from msgspec import Struct

from fada_tui.core.paths import CONFIG_DIR_VARIABLE
from fada_tui.store.journal import JOURNAL_NAME

PROGRAM = [sys.executable, "-P", "-m", "fada_tui.cli"]
WORKER = "fada_tui.worker"
RESULT = b'{"kind":"result"'
"""How a result's line in the journal begins."""

PAUSE = 0.05
"""Seconds between two looks."""


class Look(Struct, frozen=True):
    """The command at one moment; bytes of resident memory."""

    seconds: float
    """Since its start."""
    results: int
    """In its journal; what was folded away stays counted."""
    program: int
    worker: int | None
    """`None` before it starts and after it ended."""


class Ended(Struct, frozen=True):
    """What came of the command."""

    seconds: float
    run: dict[str, Any]
    """The raw data of its run."""
    run_bytes: int


def run_batch(scratch: Path, *arguments: str | Path, watch: Callable[[Look], None] | None = None) -> Ended:
    """Run `fada-tui --batch` with settings and results of its own.

    Args:
        scratch: an empty folder.
        arguments: after `--batch`.
        watch: shown the command many times a second.

    Raises:
        RuntimeError: it did not end well.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    results = scratch / "results"
    environ = {name: value for name, value in os.environ.items() if not name.startswith("FADA_TUI_")}
    command = [*PROGRAM, "--batch", "--results", str(results), *map(str, arguments)]
    errors = scratch / "stderr.txt"
    with errors.open("wb") as stderr:
        begun = time.perf_counter()
        process = subprocess.Popen(
            command,
            env=environ | {CONFIG_DIR_VARIABLE: str(scratch / "config")},
            stdout=subprocess.DEVNULL,
            stderr=stderr,
        )
        try:
            if watch:
                _watch(process, results, begun, watch)
            process.wait()
        finally:
            process.kill()
            process.wait()
        seconds = time.perf_counter() - begun
    if process.returncode:
        lines = errors.read_text(encoding="utf-8", errors="replace").strip().splitlines() or [
            "it said nothing"
        ]
        raise RuntimeError(f"exit code {process.returncode}: {lines[-1]}")
    (file,) = results.glob("*/run.json")
    data = file.read_bytes()
    return Ended(seconds, json.loads(data), len(data))


def _watch(
    process: "subprocess.Popen[bytes]", results: Path, begun: float, watch: Callable[[Look], None]
) -> None:
    program = psutil.Process(process.pid)
    worker: psutil.Process | None = None
    with closing(_Journal(results)) as journal:
        while process.poll() is None:
            worker = worker or _worker(program)
            resident = _resident(program)
            if resident is not None:
                looked = time.perf_counter() - begun
                watch(Look(looked, journal.count(), resident, _resident(worker)))
            time.sleep(PAUSE)


class _Journal:
    """Counts the results of the only run in a folder, reading each line once.

    The file is kept open, so that what was appended last can be read even after it was folded and removed.
    """

    def __init__(self, results: Path) -> None:
        self._results = results
        self._file: BinaryIO | None = None
        self._rest = b""
        self._count = 0

    def count(self) -> int:
        if self._file is None:
            path = next(self._results.glob(f"*/{JOURNAL_NAME}"), None)
            if path is None:
                return 0
            self._file = path.open("rb")
        *lines, self._rest = (self._rest + self._file.read()).split(b"\n")
        self._count += sum(line.startswith(RESULT) for line in lines)
        return self._count

    def close(self) -> None:
        if self._file:
            self._file.close()


def _worker(program: psutil.Process) -> psutil.Process | None:
    try:
        return next((child for child in program.children() if WORKER in child.cmdline()), None)
    except psutil.Error:
        return None


def _resident(process: psutil.Process | None) -> int | None:
    try:
        return int(process.memory_info().rss) or None if process else None
    except psutil.Error:
        return None
