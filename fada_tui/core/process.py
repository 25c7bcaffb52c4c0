"""Who made a file: a process and its machine, named so that another program can tell whether it is gone."""

import functools
import os
import socket
from pathlib import Path

from msgspec import Struct


class Process(Struct, frozen=True):
    """A process: its id, and when it began, since ids are given again."""

    pid: int
    started: int = 0
    """Clock ticks from the machine's start to its own; 0 where that is not known."""

    @property
    def lives(self) -> bool:
        """Whether it still runs; only its own machine can tell."""
        try:
            begun = _begun(self.pid)
        except OSError:  # no such process, or one of another user that /proc hides
            return _answers(self.pid)
        return begun is not None and self.started in (0, begun)


class Machine(Struct, frozen=True):
    """A machine from one start to the next, as far as process ids mean the same."""

    host: str
    machine_id: str = ""
    boot: str = ""
    """Differs after each start of the machine."""
    namespace: str = ""
    """Differs in a container, which numbers its processes anew."""

    def ended_before(self, now: "Machine") -> bool:
        """Whether this is `now`'s machine before its last start."""
        same = (self.host, self.machine_id) == (now.host, now.machine_id)
        return same and self.boot != now.boot


def identify(pid: int) -> Process:
    """Return the process that has this id now."""
    try:
        return Process(pid, _begun(pid) or 0)
    except OSError:
        return Process(pid)


@functools.cache
def this_machine() -> Machine:
    """Return the machine that this program runs on."""
    try:
        namespace = str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        namespace = ""
    return Machine(
        host=socket.gethostname(),
        machine_id=_line("/etc/machine-id"),
        boot=_line("/proc/sys/kernel/random/boot_id"),
        namespace=namespace,
    )


def _begun(pid: int) -> int | None:
    """Return when a process began; `None` if it has ended and only waits for its parent to notice.

    Raises:
        OSError: there is none, or nothing is said of it.
    """
    # The second field is the program's name in brackets, which may hold anything.
    fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    return None if fields[0] in (b"Z", b"X") else int(fields[19])


def _answers(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


def _line(file: str) -> str:
    try:
        return Path(file).read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""
