"""Part 6: the dashboard on a pty while a run goes on: what its GPU pane shows, second by second."""

import os
import re
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import psutil

from benchmarks.dashboard import SIZE, Program
from benchmarks.gpu.task import SMALLER, Figures, SkippedError, Task
from benchmarks.program import PROGRAM
from fada_tui.core.paths import CONFIG_DIR_VARIABLE
from fada_tui.worker.generation.static_cache import PAYS_FROM

WATCHED, BRIEFLY = 30.0, 3.0
"""Seconds; and in a trial of the script."""

EVERY = 1.0
"""Seconds between two looks."""

SETTLED = 1.0
"""Seconds after which a screen that has been opened takes keys."""

MARGIN = 6.0
"""Seconds that are left for the end."""

TOKENS = 32
"""Of each answer."""

STEPS = PAYS_FROM - 1
"""So few that no decoding is compiled, which takes a minute first."""

PASSED_ON = ("CUDA", "NVIDIA", "LD_LIBRARY_PATH", "PYTHONPATH", "HF_", "OMP_")
"""Beginnings of variables of the environment that the dashboard needs, too."""

MEMORY = re.compile(r"(\d+\.\d)/(\d+) GB")
SENSORS = re.compile(r"(?:(\d+) % +)?(\d+) °C(?: +(\d+) W)?")
WORKER = re.compile(r"worker +(\d+\.\d+ [GM]B)")


def measure(task: Task, figures: Figures) -> None:
    """Start a run in the dashboard and watch its gauges."""
    try:
        import pyte  # noqa: F401
    except ImportError:
        raise SkippedError("pyte is not installed: pip install 'fada-tui[test]'") from None
    figures.attempt("gauges", lambda: _watch(task, figures))


def _watch(task: Task, figures: Figures) -> dict[str, Any]:
    folder = task.scratch("dashboard")
    environ = {name: value for name, value in os.environ.items() if name.startswith(PASSED_ON)}
    command = [*PROGRAM, "--model", str(task.model(SMALLER)), "--images", str(task.images)]
    command += ["--max-new-tokens", str(TOKENS), "--device", task.device, "--dtype", "bfloat16"]
    count = max(STEPS // (TOKENS * sum(1 for _ in task.images.glob("*/*"))), 1)
    questions = [f"--question=What is to be seen? ({number})" for number in range(count)]
    program = Program([*command, *questions], folder, environ | {CONFIG_DIR_VARIABLE: str(folder / "config")})
    screen = Screen()
    try:
        screen.wait(program, "Press r to ask")
        program.rest(SETTLED)
        idle = gauges(screen.read(program))
        os.write(program.master, b"r")
        screen.wait(program, "Estimate")
        program.rest(SETTLED)
        os.write(program.master, b"r")
        screen.wait(program, "running")
        screen.wait(program, lambda text: not MEMORY.search(text))
        os.write(program.master, b"v")  # the desk has come up: back to the gauges, for good
        screen.wait(program, MEMORY.search)
        looks: list[dict[str, Any]] = []
        shown: dict[str, Any] = {"idle": idle}
        begun = time.monotonic()
        watched = BRIEFLY if task.small else WATCHED
        while (at := time.monotonic() - begun) < watched and task.left > MARGIN:
            program.rest(EVERY)
            text = screen.read(program)
            if "running" not in text:
                break
            looks.append({"at": at, **gauges(text)})
            shown = {"idle": idle, **live(looks), "looks": looks, "screen": text.splitlines()}
            figures.put("gauges", shown)
    finally:
        worker = _workers(program.process.pid)
        program.end()
        for process in worker:
            with suppress(psutil.Error):
                process.kill()
    return {**shown, "ended_with": program.process.returncode}


class Screen:
    """What stands on the program's terminal."""

    def __init__(self) -> None:
        import pyte

        class Lenient(pyte.Screen):
            """Takes no notice of what pyte doesn't know."""

            def select_graphic_rendition(self, *attributes: int, **options: Any) -> None:
                if not options.get("private"):
                    super().select_graphic_rendition(*attributes)

            def report_device_status(self, mode: int, **options: Any) -> None:
                """Nothing answers the terminal's queries."""

        self._screen = Lenient(SIZE[1], SIZE[0])
        self._stream = pyte.ByteStream(self._screen)
        self._taken = 0

    @property
    def text(self) -> str:
        """Its lines."""
        return "\n".join(line.rstrip() for line in self._screen.display)

    def read(self, program: Program) -> str:
        """Take what the program has written; return the lines."""
        new = bytes(program.written[self._taken :])
        self._taken += len(new)
        self._stream.feed(new)
        return self.text

    def wait(self, program: Program, what: str | Callable[[str], object], seconds: float = 30.0) -> None:
        """Wait until a text stands there, or what does meets a condition.

        Raises:
            TimeoutError: it does not.
        """
        holds = what if callable(what) else lambda text: what in text
        end = time.monotonic() + seconds
        while not holds(self.read(program)):
            if time.monotonic() > end:
                raise TimeoutError(f"not so on the screen: {what}\n{self.text}")
            program.read(0.2)


def gauges(text: str) -> dict[str, Any]:
    """Return what a screen's gauges show; what is not there is left out."""
    found: dict[str, Any] = {}
    if memory := MEMORY.search(text):
        found |= {"used_gb": float(memory[1]), "total_gb": float(memory[2])}
    if sensors := SENSORS.search(text):
        numbers = (None if one is None else int(one) for one in sensors.groups())
        found |= dict(zip(("utilisation", "temperature", "power"), numbers, strict=True))
    if worker := WORKER.search(text):
        found["worker"] = worker[1]
    return found


def live(looks: list[dict[str, Any]]) -> dict[str, Any]:
    """Return in how many looks each gauge stood there, how many values it had, the most and the least."""
    names = ("used_gb", "utilisation", "temperature", "power", "worker")
    found: dict[str, Any] = {}
    for name in names:
        values = [look[name] for look in looks if look.get(name) is not None]
        if values:
            found[name] = {
                "shown": len(values),
                "different": len(set(values)),
                "least": min(values),
                "most": max(values),
            }
    return {"of": len(looks), "live": found}


def _workers(pid: int) -> list[psutil.Process]:
    with suppress(psutil.Error):
        return psutil.Process(pid).children(recursive=True)
    return []
