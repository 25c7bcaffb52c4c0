"""A guardian's hold on the processes of its engine, wherever they move: found, signalled, reaped."""

import contextlib
import ctypes
import os
import signal
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


def reaped() -> dict[int, int]:
    """Return the exit statuses of children that have ended, by process id, negative for a signal."""
    found = {}
    with contextlib.suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            found[ended[0]] = os.waitstatus_to_exitcode(ended[1])
    return found


def remaining(group: int) -> list[int]:
    """Return the ids of all processes below this one, and of a process group, that have not ended."""
    ours = psutil.Process()
    with contextlib.suppress(psutil.Error):
        below = [one.pid for one in ours.children(recursive=True) if _runs(one)]
        return below or ([group] if _group_lives(group) else [])
    return [group] if _group_lives(group) else []


def send(group: int, number: signal.Signals) -> None:
    """Signal a process group, and whatever is below this process beside it."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
    for pid in remaining(group):
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
