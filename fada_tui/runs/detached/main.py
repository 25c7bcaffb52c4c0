"""The detached process: takes its orders and the queue, says so, and works through it."""

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from fada_tui.core.errors import FadaError, StoreError
from fada_tui.core.file_lock import LockedError
from fada_tui.core.paths import models_file
from fada_tui.models.registry import load_registry
from fada_tui.runs.detached import orders
from fada_tui.runs.detached.launch import say
from fada_tui.runs.detached.log import Log
from fada_tui.runs.detached.work import QueueWork, try_again
from fada_tui.store.queue_file import QueueLock, change_queue


def main(arguments: Sequence[str]) -> int:
    """Work through a queue to its end.

    Args:
        arguments: the results folder, an absolute path; and the descriptor on which the launching program
            waits for a word.

    Returns:
        The exit code, which nobody waits for.
    """
    results, told = Path(arguments[0]), int(arguments[1])
    os.set_inheritable(told, False)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    log = Log(results)
    try:
        given = orders.from_bytes(_all_of_stdin())
        registry = load_registry(models_file())
        lock = _taken(results)
    except LockedError as error:  # another was quicker, and has what was added
        holder = error.seen.holder
        say(told, pid=holder.program.pid if holder and holder.program else 0)
        return 0
    except (FadaError, msgspec.DecodeError) as error:
        say(told, problem=str(error))
        log.say(str(error))
        return 1
    say(told, pid=os.getpid())
    log.say(f"process {os.getpid()} works through the queue")
    try:
        asyncio.run(QueueWork(results, given, registry, lock, log).run())
    except StoreError as error:
        log.say(f"the queue was not worked through to its end: {error}")
        return 1
    finally:
        lock.release()
    return 0


def _taken(results: Path) -> QueueLock:
    """Return the lock of a queue in which every run may be tried; raises `LockedError`, `StoreError`."""
    lock = QueueLock(results)
    try:
        change_queue(results, try_again)
    except BaseException:
        lock.release()
        raise
    return lock


def _all_of_stdin() -> bytes:
    """Return what was told on standard input, which leads nowhere from then on."""
    data = sys.stdin.buffer.read()
    nowhere = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nowhere, 0)
    os.close(nowhere)
    return data
