"""A checkpoint's processor and chat template, tried in a process of its own before they run in this one.

They come from the checkpoint's author: a template can print without end, an image processor ask for an
image of a million pixels a side. The process is a copy of this one (a fork: nothing is imported again), has
no device to use, and is bounded in address space and time.
"""

import ctypes
import json
import logging
import os
import resource
import select
import signal
import sys
import time
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import torch

from fada_tui.core.errors import ErrorKind, ModelLoadError, reason
from fada_tui.core.json_data import parse_json
from fada_tui.models import load_errors
from fada_tui.worker import devices

T = TypeVar("T")

ROOM = 4 * 1024**3
"""Bytes of address space that the trial may take beside what it begins with."""

READING_SECONDS = 120
"""Seconds of computing to read tokenizer and image processor; some tokenizers are converted first."""

ASKING_SECONDS = 20
"""Seconds of computing to prepare one question about one small image."""

PATIENCE = 600.0
"""Seconds by the clock for both, on a machine however busy."""

_PR_SET_PDEATHSIG = 1

log = logging.getLogger("fada_tui.worker")


def attempt(name: str, read: Callable[[], T], ask: Callable[[T], object]) -> None:
    """Run two steps in a process of its own, and have it end; what they make is lost.

    Where no process can be made (memory that may not be promised twice, another system than Linux) nothing is
    tried.

    Args:
        name: the model, for messages.
        read: reads what the checkpoint's files describe.
        ask: puts a question to what it read.

    Raises:
        ModelLoadError: that of a step, or the trial took too much memory or time, or died.
    """
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None)
    results, writing = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # the other threads share nothing with it
            child = os.fork()
    except OSError as error:
        log.warning("the processor of %s is not tried: %s", name, reason(error))
        os.close(results)
        os.close(writing)
        return
    if child == 0:
        _try(name, libc, writing, read, ask)
    os.close(writing)
    said = _heard(results, time.monotonic() + PATIENCE)
    if said is None:
        os.kill(child, signal.SIGKILL)
    _judge(name, said, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


def _heard(results: int, until: float) -> bytes | None:
    """Return what the trial says until it ends; `None` if it says nothing in time."""
    said = b""
    with os.fdopen(results, "rb", buffering=0) as pipe:
        while select.select([pipe], [], [], max(0.0, until - time.monotonic()))[0]:
            part = pipe.read(65536)
            if not part:
                return said
            said += part
    return None


def _judge(name: str, said: bytes | None, status: int) -> None:
    """Raise what became of a trial; its words count only if it ended by itself."""
    if said is None or -status == signal.SIGXCPU:
        raise ModelLoadError(ErrorKind.PROMPT, load_errors.trial_too_long(name))
    if status:
        how = signal.Signals(-status).name if status < 0 else f"status {status}"
        raise ModelLoadError(ErrorKind.PROMPT, load_errors.trial_died(name, how))
    found = parse_json(said)
    if found:
        raise ModelLoadError(ErrorKind(found["kind"]), found["message"])


def _try(
    name: str, libc: ctypes.CDLL, writing: int, read: Callable[[], T], ask: Callable[[T], object]
) -> NoReturn:
    """Run the steps as the copy, tell what became of them, and end without cleaning up after the original."""
    status = 1
    try:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        os.closerange(3, writing)
        os.closerange(writing + 1, os.sysconf("SC_OPEN_MAX"))
        _bound()
        torch.set_num_threads(1)  # the threads of the original are not here
        found = _told(name, read, ask)
        os.write(writing, json.dumps(found).encode())
        status = 0
    finally:
        os._exit(status)


def _told(name: str, read: Callable[[], T], ask: Callable[[T], object]) -> dict[str, Any]:
    try:
        found = read()
        _hurry()
        ask(found)
    except Exception as error:
        log.error("%s", traceback.format_exc())
        kind, message = ErrorKind.LOAD, f"{name}: {reason(error, named=True)} (worker.log has more)"
        if isinstance(error, ModelLoadError):
            kind, message = error.kind, str(error)
        if any(devices.is_out_of_memory(one) for one in _causes(error)):
            kind, message = ErrorKind.PROMPT, load_errors.trial_too_large(name, ROOM)
        return {"kind": kind, "message": message}
    return {}


def _causes(error: BaseException | None) -> list[BaseException]:
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found


def _bound() -> None:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    _limit(resource.RLIMIT_AS, pages * resource.getpagesize() + ROOM)
    _limit(resource.RLIMIT_CPU, READING_SECONDS)
    _limit(resource.RLIMIT_CORE, 0)


def _hurry() -> None:
    _limit(resource.RLIMIT_CPU, int(time.process_time()) + 1 + ASKING_SECONDS)


def _limit(what: int, value: int) -> None:
    """Set a limit, though never above what is allowed already."""
    allowed = resource.getrlimit(what)[1]
    value = value if allowed == resource.RLIM_INFINITY else min(value, allowed)
    resource.setrlimit(what, (value, allowed))
