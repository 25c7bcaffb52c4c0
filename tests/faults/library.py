"""Faults at system calls: the preloaded library, the calls of a clean pass, and what can go wrong at each."""

import struct
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

import psutil

from tests.compiled import compile_library
from tests.faults.power import PowerCut

SOURCES = [Path(__file__).parent / name for name in ("fate.c", "calls.c")]

STATE_BYTES = 4096
_HEAD = struct.Struct("@iii4x")
_PROCESS = struct.Struct("@i4xQ")
MOST_PROCESSES = 64

Mode = Literal["enospc", "eio", "erofs", "short", "torn", "kill", "killall", "power"]
KILLS = ("torn", "kill", "killall", "power")

WORDS = {
    "enospc": "No space left on device",
    "eio": "Input/output error",
    "erofs": "Read-only file system",
    "short": "disk is full|No space left on device",
}
"""What of the error must be said, one of them."""

TIMED = ("telemetry.csv", "worker.log")
"""Files that are written as time goes by: how often is not the same in every pass."""
MOST_TIMED = 2
"""Writes to such a file that are failed in turn."""


class Call(NamedTuple):
    """A call that changes something: the number counts calls of one kind on one name, from 1."""

    who: str
    call: str
    name: str
    number: int


@dataclass(frozen=True)
class Fault:
    """A fault at a call, once or from there on."""

    call: Call
    mode: Mode
    onward: bool = False

    def __str__(self) -> str:
        onward = " from there on" if self.onward else ""
        return (
            f"{self.mode}{onward} at {self.call.who}'s {self.call.call} {self.call.name} #{self.call.number}"
        )


def build(folder: Path) -> Path:
    """Compile the library into a folder and return it."""
    return compile_library(folder / "faults.so", SOURCES, "-O1")


class Guard:
    """The library around one command: its variables, and what became of the command's calls.

    Args:
        library: as compiled.
        disk: the folder beneath which calls count.
        place: a folder elsewhere, for log and state.
        fault: the fault to make; without one the calls are only counted.
    """

    def __init__(self, library: Path, disk: Path, place: Path, fault: Fault | None = None) -> None:
        self.quiet = True
        """Whether all its processes ended by themselves."""
        self._log, self._state = place / "calls.log", place / "calls.state"
        self._log.write_bytes(b"")
        self._state.write_bytes(bytes(STATE_BYTES))
        self.variables = {
            "LD_PRELOAD": str(library),
            "FAULTS_BENEATH": str(disk.resolve()),
            "FAULTS_LOG": str(self._log),
            "FAULTS_STATE": str(self._state),
        }
        if fault:
            self.variables["FAULTS_AT"] = " ".join(map(str, fault.call))
            self.variables["FAULTS_MODE"] = fault.mode
            if fault.onward:
                self.variables["FAULTS_ONWARD"] = "1"
        self._cut = PowerCut(disk, place) if fault and fault.mode == "power" else None
        if self._cut:
            self.variables["FAULTS_TRACE"] = str(self._cut.trace)
            self.variables["FAULTS_KEEP"] = str(self._cut.keep)

    def lines(self) -> Iterator[tuple[str, str, str, int]]:
        """Who, call, name and error of each call, in their order."""
        for line in self._log.read_text().splitlines():
            who, call, name, error = line.split(" ")
            yield who, call, name, int(error)

    def calls(self) -> list[Call]:
        """The calls, each with its number; of files written as time goes by only the first."""
        numbers: Counter[tuple[str, str, str]] = Counter()
        calls = []
        for who, call, name, _ in self.lines():
            key = (who, call, name)
            numbers[key] += 1
            if not (name.endswith(TIMED) and numbers[key] > MOST_TIMED):
                calls.append(Call(*key, numbers[key]))
        return calls

    @property
    def happened(self) -> bool:
        """Whether the call came that was to fail."""
        return any(call == "fault" for _, call, _, _ in self.lines())

    def left(self) -> list[psutil.Process]:
        """Those of the command's processes that still live."""
        data = self._state.read_bytes()
        _, _, count = _HEAD.unpack_from(data)
        found = []
        for place in range(min(count, MOST_PROCESSES)):
            pid, began = _PROCESS.unpack_from(data, _HEAD.size + place * _PROCESS.size)
            with suppress(psutil.Error, OSError, IndexError):
                stat = Path(f"/proc/{pid}/stat").read_text()
                process = psutil.Process(pid)
                if int(stat.rpartition(")")[2].split()[19]) == began and process.status() != "zombie":
                    found.append(process)
        return found

    def cut_the_power(self) -> None:
        """After a power cut, leave on the disk no more than what it was told to keep."""
        if self._cut:
            self._cut.restore()

    def wait_for_the_rest(self, patience: float) -> bool:
        """Wait until no process of the command is left; end those that stay. Whether none had to be."""
        deadline = time.monotonic() + patience
        while left := self.left():
            if time.monotonic() > deadline:
                for process in left:
                    with suppress(psutil.Error):
                        process.kill()
                return False
            time.sleep(0.02)
        return True


def faults_at(calls: list[Call]) -> Iterator[Fault]:
    """All that can go wrong at these calls, in their order."""
    both = any(call.who == "worker" for call in calls)
    for call in calls:
        frees = call.call in ("unlink", "rmdir", "chmod", "utime")
        for mode in ("eio", "erofs") if frees else ("enospc", "eio", "erofs"):
            yield Fault(call, mode)
            yield Fault(call, mode, onward=True)
        if call.call == "write":
            yield Fault(call, "short")
            yield Fault(call, "short", onward=True)
            yield Fault(call, "torn")
        yield Fault(call, "killall")
        yield Fault(call, "power")
        if both:
            yield Fault(call, "kill")
