"""A run put together where nobody takes it for one, and moved to its place once it is whole."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from fada_tui.core import atomic, temporary
from fada_tui.core.errors import StoreError
from fada_tui.core.file_modes import Files, make_run_folder
from fada_tui.store import folder as runs


@contextmanager
def assembled(results: Path, model: str, label: str | None, files: Files | None) -> Iterator[Path]:
    """Yield a folder for a new run's files, which becomes the run's own, whole, when the block ends.

    Its name is the run's from the beginning. If the block raises, or the program is killed, there is no run;
    what a kill leaves lies too deep to be listed, and goes as other programs' leftovers do.

    Raises:
        StoreError: the results folder cannot be written.
    """
    reserved = runs.create(results, model, label, files)
    aside = temporary.beside(reserved)
    try:
        try:
            make_run_folder(aside, files)
            make_run_folder(aside / reserved.name, files)
        except OSError as error:
            raise StoreError(f"cannot write {aside}: {error.strerror}") from error
        yield aside / reserved.name
        try:
            atomic.sync_folder(aside / reserved.name)
            (aside / reserved.name).rename(reserved)
            atomic.sync_folder(results)
        except OSError as error:
            raise StoreError(f"cannot write {reserved}: {error.strerror}; there is no new run") from error
    finally:
        with suppress(OSError):
            os.rmdir(reserved)  # noqa: PTH106 - refused once the run is there
        shutil.rmtree(aside, ignore_errors=True)
