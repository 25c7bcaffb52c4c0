"""A guardian's hold on the processes of its engine, wherever they move: found, signalled, reaped."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable

import psutil

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


def become_subreaper() -> None:
    """Become the parent of whatever this process's children leave behind; does nothing but on Linux."""
    if libc := _libc():
        libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def die_with_parent() -> Callable[[], None] | None:
    """Return what a new child does to be killed once this process is gone; `None` but on Linux."""
    libc, parent = _libc(), os.getpid()
    if libc is None:
        return None

    def apply() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:  # it died before this was in force
            os._exit(1)

    return apply


class Watchdog:
    """A shell that kills a process group once this process is gone without a word, as by SIGKILL.

    Of the engine's processes the kernel ends only those that this one started itself.

    Args:
        group: the process group.
    """

    def __init__(self, group: int) -> None:
        self.pid: int | None = None
        read, self._write = os.pipe()
        with os.fdopen(read, "rb") as waits, contextlib.suppress(OSError):
            shell = subprocess.Popen(
                ("/bin/sh", "-c", 'read -r said || kill -s KILL -- "-$0"', str(group)),
                stdin=waits,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            shell.returncode = 0  # its end is seen by `reaped`
            self.pid = shell.pid

    def release(self) -> None:
        """Let it end: the group is gone."""
        with contextlib.suppress(OSError):
            os.write(self._write, b"\n")
        os.close(self._write)


def reaped() -> dict[int, int]:
    """Return the exit statuses of children that have ended, by process id, negative for a signal."""
    found = {}
    with contextlib.suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            found[ended[0]] = os.waitstatus_to_exitcode(ended[1])
    return found


def remaining(group: int, but: int | None = None) -> list[int]:
    """Return the ids of all processes below this one, and of a process group, that have not ended.

    Args:
        group: the process group.
        but: a process that does not count.
    """
    ours = psutil.Process()
    with contextlib.suppress(psutil.Error):
        below = [one.pid for one in ours.children(recursive=True) if one.pid != but and _runs(one)]
        return below or ([group] if _group_lives(group) else [])
    return [group] if _group_lives(group) else []


def send(group: int, number: signal.Signals, but: int | None = None) -> None:
    """Signal a process group, and whatever is below this process beside it, but for one process."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
    for pid in remaining(group, but):
        with contextlib.suppress(OSError):
            if os.getpgid(pid) != group:
                os.kill(pid, number)


def _runs(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _group_lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _libc() -> ctypes.CDLL | None:
    if sys.platform != "linux":
        return None
    try:
        return ctypes.CDLL(None)
    except OSError:
        return None
