"""Launching the process that works through a queue with nobody looking."""

import contextlib
import json
import os
import select
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from fada_tui.config.settings import Settings
from fada_tui.core.errors import StoreError
from fada_tui.core.json_data import MalformedError, parse_json
from fada_tui.runs.consent import Consent
from fada_tui.runs.detached.log import open_log
from fada_tui.runs.detached.orders import orders_of, to_bytes
from fada_tui.store.queue_file import LOG_NAME, queue_worker

START_PATIENCE = 120.0
"""Seconds that it may take to say that it has the queue."""

_LONGEST_WORD = 4096


def launch(results: Path, settings: Settings, consent: Consent, *, patience: float = START_PATIENCE) -> int:
    """Start a process that works through the queue of a results folder, and outlives this program.

    Where one works through it already, that one goes on with whatever was added, by its own settings and
    permissions. A new one also tries what had a problem. This waits for files and for the process, so it is
    not for an event loop.

    Args:
        results: the results folder, which has a queue.
        settings: in force.
        consent: what a person allows its runs to do. It is kept nowhere.
        patience: seconds until it must have said that it has the queue.

    Returns:
        The id of the process that works through the queue.

    Raises:
        StoreError: it cannot be started, or the queue or its log not be used; says why on one line.
    """
    results = results.resolve()  # also where the folder of the start is removed meanwhile
    holder = queue_worker(results)
    if holder and holder.program:
        return holder.program.pid
    told, theirs = os.pipe()
    with os.fdopen(told, "rb", buffering=0) as word:
        with os.fdopen(theirs, "wb"), open_log(results) as log:
            try:
                process = subprocess.Popen(
                    [sys.executable, "-P", "-m", "fada_tui.runs.detached", str(results), str(theirs)],
                    stdin=subprocess.PIPE,
                    stdout=log,
                    stderr=log,
                    pass_fds=(theirs,),
                    start_new_session=True,
                )
            except OSError as error:
                raise StoreError(
                    f"cannot start the process that is left running: {error.strerror}"
                ) from error
        try:
            _hand_over(process, to_bytes(orders_of(settings, consent)))
            said = _word(word.fileno(), patience)
        except BaseException:
            process.kill()
            raise
        finally:
            # Whoever outlives it must notice its end, or it stays as a zombie.
            threading.Thread(target=process.wait, name="detached", daemon=True).start()
    if isinstance(pid := said.get("pid"), int):
        return pid
    process.kill()
    why = said.get("problem") or f"it did not begin; {results / LOG_NAME} may say why"
    raise StoreError(f"the queue was not left running: {why}")


def say(descriptor: int, **word: Any) -> None:
    """Tell the launching program one thing, in the process that it launched, and close the pipe to it."""
    with contextlib.suppress(OSError), os.fdopen(descriptor, "wb") as pipe:
        pipe.write(json.dumps(word).encode())


def _hand_over(process: "subprocess.Popen[bytes]", orders: bytes) -> None:
    assert process.stdin is not None
    with contextlib.suppress(OSError):  # it has ended, and its word or silence says why
        process.stdin.write(orders)
    with contextlib.suppress(OSError):
        process.stdin.close()


def _word(descriptor: int, patience: float) -> dict[str, Any]:
    """Return what the process says; empty if it ends, or is silent for too long."""
    data, deadline = b"", time.monotonic() + patience
    while len(data) < _LONGEST_WORD and (left := deadline - time.monotonic()) > 0:
        if not select.select([descriptor], [], [], left)[0]:
            break
        part = os.read(descriptor, _LONGEST_WORD)
        if not part:
            break
        data += part
    try:
        found = parse_json(data)
    except MalformedError:
        return {}
    return found if isinstance(found, dict) else {}
