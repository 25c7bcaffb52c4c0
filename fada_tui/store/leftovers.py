"""What killed programs left in a results folder: removed later, and never what a living program uses."""

import contextlib
import os
import re
import shutil
import time
from pathlib import Path

from fada_tui.core import file_lock, temporary
from fada_tui.core.temporary import OF_OTHERS_SECONDS
from fada_tui.store.lock import LOCK_NAME
from fada_tui.store.queue_file import LOCK_NAMES

REMOVED_NAME = ".removed"
"""Folder in the results folder for runs being deleted; too deep to be listed as runs."""

MERGE_LOCK_NAME = ".merge.lock"
"""File of the results folder that is there while a program merges shards into it."""

DELETING_SECONDS = 600.0
"""Age from which a deletion that did not finish is finished by another program."""

_STAMPED = re.compile(r"\d{8}-\d{6}_.+", re.DOTALL)
"""Names of run folders."""


def clean(results: Path) -> None:
    """Remove what killed programs left in a results folder; what cannot be removed stays.

    That is: temporary files, runs that were being put together, locks of the dead (of the queue, of merging),
    folders of runs that were killed before they had a plan, and deletions that did not finish.
    """
    temporary.clean(results)
    for aside in temporary.leftovers(results):
        with contextlib.suppress(OSError):
            _clean_assembly(aside, results)
    for name in (*LOCK_NAMES, MERGE_LOCK_NAME):
        with contextlib.suppress(OSError):
            file_lock.discard(results / name)
    try:
        folders = [Path(entry.path) for entry in os.scandir(results) if entry.is_dir(follow_symlinks=False)]
    except OSError:
        return
    for folder in folders:
        with contextlib.suppress(OSError):
            if folder.name == REMOVED_NAME and _age(folder) > DELETING_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)
            elif _STAMPED.fullmatch(folder.name):
                _clean_run(folder)


def _clean_assembly(aside: Path, results: Path) -> None:
    """Remove a run that was never put together, and the empty folder that kept its name."""
    for run in aside.iterdir():
        with contextlib.suppress(OSError):
            (results / run.name).rmdir()  # refused where the run is there
    shutil.rmtree(aside)


def _clean_run(folder: Path) -> None:
    """Remove what a program left that was killed while it held a run's lock: of a run without a plan, all.

    An empty folder may be a program's that is about to lock it, and stays for a day.
    """
    age = _age(folder)
    was_locked = file_lock.discard(folder / LOCK_NAME)
    if was_locked:
        temporary.clean(folder)
    if was_locked or age > OF_OTHERS_SECONDS:
        folder.rmdir()  # refused where there is anything in it


def _age(path: Path) -> float:
    return time.time() - path.lstat().st_mtime
