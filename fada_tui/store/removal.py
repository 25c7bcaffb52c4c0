"""Deleting a run: moved to a hidden name first, so that a crash leaves a complete run or none."""

import os
import shutil
from contextlib import suppress
from pathlib import Path

from fada_tui.core.errors import StoreError
from fada_tui.core.file_modes import make_run_folder
from fada_tui.store import journal
from fada_tui.store.folder import RUN_NAME, unused
from fada_tui.store.leftovers import REMOVED_NAME
from fada_tui.store.lock import RunLock


def is_run_folder(folder: Path) -> bool:
    """Whether a folder holds a run's files, readable or not."""
    names = (RUN_NAME, journal.JOURNAL_NAME)
    return folder.is_dir() and any(os.path.lexists(folder / name) for name in names)


def remove_run(folder: Path, results: Path) -> None:
    """Delete a run permanently, with its whole folder.

    What an earlier deletion could not finish is deleted along with it.

    Raises:
        RunLockedError: some program writes the run.
        StoreError: this is no run of that results folder, or it cannot be deleted.
    """
    _refuse_others(folder, results)
    aside = results / REMOVED_NAME
    with RunLock(folder, patience=0.0):
        try:
            with suppress(FileExistsError):
                make_run_folder(aside, None)
            if aside.is_symlink():
                raise StoreError(f"cannot delete {folder}: {aside} is a link, not a folder")
            # An unfinished deletion may have left one of that name.
            folder.rename(unused(aside / folder.name))
        except OSError as error:
            raise StoreError(f"cannot delete {folder}: {error.strerror}; nothing was deleted") from error
    try:
        shutil.rmtree(aside)
    except FileNotFoundError:
        # Another program deletes what lies there too.
        pass
    except OSError as error:
        message = f"{folder.name} is no run any more, but files are left in {aside}: {error.strerror}"
        raise StoreError(message) from error


def _refuse_others(folder: Path, results: Path) -> None:
    if folder.is_symlink():
        raise StoreError(f"{folder} is a link: delete it by hand")
    if folder.resolve() != results.resolve() / folder.name:
        raise StoreError(f"{folder} does not lie directly in {results}: it is not deleted")
    if not is_run_folder(folder):
        raise StoreError(f"{folder} is no run: it is not deleted")
