"""Runs parts one after another, each in a process of its own with a deadline; keeps what each found."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from benchmarks.gpu.schedule import LEAST, Part, ends

LINES = 30
"""Of what a part printed, so many are kept where it did not end well."""

Report = dict[str, Any]
"""A part and what came of it."""

CommandOf = Callable[[Part, Path, float], Sequence[str]]
"""Returns the command of a part, given the file that takes its figures and the seconds that it has."""


def run_parts(
    parts: Sequence[Part], seconds: float, folder: Path, command: CommandOf, told: Callable[[Report], None]
) -> None:
    """Run parts in their order, and tell each as soon as it has ended.

    Args:
        parts: to run.
        seconds: for all of them.
        folder: for figures and logs.
        command: of each part.
        told: takes each part's report.
    """
    began = time.monotonic()
    for part, end in zip(parts, ends(parts, seconds), strict=True):
        left = end - (time.monotonic() - began)
        if left < LEAST:
            told({**_named(part), "status": "skipped", "reason": "no time was left", "figures": {}})
        else:
            told(run_part(part, left, folder, command))


def run_part(part: Part, seconds: float, folder: Path, command: CommandOf) -> Report:
    """Run one part until it ends or its time is over; return what came of it."""
    figures, log = folder / f"{part.name}.json", folder / f"{part.name}.log"
    begun = time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(
            list(command(part, figures, seconds)),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            code = process.wait(seconds)
        except subprocess.TimeoutExpired:
            code = None
        finally:
            _end(process)
    report = {
        **_named(part),
        "seconds": time.monotonic() - begun,
        "limit": seconds,
        **_outcome(code, log, seconds),
    }
    report["figures"] = _read(figures)
    return report


def _named(part: Part) -> Report:
    return {"name": part.name, "number": part.number, "about": part.about}


def _outcome(code: int | None, log: Path, seconds: float) -> Report:
    """What is to be said of a part's end, by its exit code; `None` is one that was ended."""
    if code == 0:
        return {"status": "done"}
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-LINES:]
    if code is None:
        return {"status": "late", "reason": f"not done after {seconds:.0f} s", "printed": lines}
    reason = next((line for line in reversed(lines) if line.strip()), "it said nothing")
    return {"status": "failed", "reason": f"exit code {code}: {reason}", "printed": lines}


def _read(figures: Path) -> Any:
    """What a part found, as far as it came."""
    with suppress(OSError, ValueError):
        return json.loads(figures.read_bytes())
    return {}


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End a part and all that it started, sessions of their own included; what has ended is left alone."""
    if process.poll() is not None:
        return
    below: list[psutil.Process] = []
    with suppress(psutil.Error):
        below = psutil.Process(process.pid).children(recursive=True)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    for child in below:
        with suppress(psutil.Error):
            child.kill()
    psutil.wait_procs(below, timeout=5)
    process.wait()
