"""The log of a detached process, `queue.log`: its own lines with their time, and whatever else is printed."""

import os
import stat
import sys
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from fada_tui.core import atomic
from fada_tui.core.bounded import read_small
from fada_tui.core.errors import StoreError
from fada_tui.core.file_modes import as_folder, open_to_append
from fada_tui.core.secrets import hide
from fada_tui.core.text import printable
from fada_tui.store.folder import now
from fada_tui.store.queue_file import LOG_NAME, like, read_queue

LARGEST = 1024 * 1024
"""Bytes of the log from which on its older half is dropped before a run begins."""

_MOST_READ = 64 * LARGEST


def open_log(results: Path) -> BinaryIO:
    """Open the log of a results folder to append to, its older half dropped where it has become large.

    A new one takes after the folder of the queue's first run.

    Raises:
        StoreError: it cannot be written, or the queue not be read.
    """
    path = results / LOG_NAME
    queue = read_queue(results)
    try:
        if not os.path.lexists(path):
            atomic.write_whole(path, b"", as_folder(like(results, queue)))
        elif not stat.S_ISREG(path.lstat().st_mode):  # a link leads anywhere, and a pipe is waited for
            raise StoreError(f"{path} is a link, or no file: remove it")
        elif path.stat().st_size > LARGEST:
            kept = read_small(path, _MOST_READ)[-LARGEST // 2 :]
            atomic.write_whole(path, kept.partition(b"\n")[2])
        return open_to_append(path)
    except OSError as error:
        raise StoreError(f"cannot write {path}: {error.strerror}") from error


def note(results: Path, text: str) -> None:
    """Append a line with the time to the log of a results folder, where that can be done."""
    with suppress(StoreError, OSError), open_log(results) as file:
        file.write(_line(text))


class Log:
    """The log that this process's standard output and error lead to.

    Args:
        results: the results folder.
    """

    def __init__(self, results: Path) -> None:
        self._results = results

    def renew(self) -> None:
        """Lead output into the log as it is named now; where that cannot be opened, all stays as it is."""
        with suppress(StoreError), open_log(self._results) as file:
            for output in (sys.stdout, sys.stderr):
                output.flush()
                os.dup2(file.fileno(), output.fileno())

    def say(self, text: str) -> None:
        """Write a line with the time; a disk that takes no more is passed over."""
        with suppress(OSError):
            os.write(sys.stderr.fileno(), _line(text))


def _line(text: str) -> bytes:
    return f"{now()} {printable(hide(text))}\n".encode(errors="replace")
