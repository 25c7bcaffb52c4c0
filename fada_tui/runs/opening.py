"""Opening a run's folder for a session: a new one with its plan in it, or one that is resumed."""

import os
from contextlib import suppress
from pathlib import Path

from msgspec import UNSET, Struct
from msgspec.structs import replace

from fada_tui.core.errors import StoreError, UsageError
from fada_tui.core.records import Run
from fada_tui.models.registry import Registry
from fada_tui.runs.consent import Consent, allowed_now, check
from fada_tui.runs.engines.serving import NO_ENGINES, Engines, check_here
from fada_tui.runs.job import Job, first_run, load_command
from fada_tui.runs.server_settings import Servers, check_extra, with_settings
from fada_tui.store import folder as runs
from fada_tui.store import leftovers
from fada_tui.store.lock import RunLock


class Opened(Struct, frozen=True):
    """A run whose folder is locked."""

    folder: Path
    lock: RunLock
    run: Run
    """As it stands in the folder, with its plan."""
    warnings: tuple[str, ...] = ()
    """One for each thing that was wrong in the journal."""


def new(job: Job, results: Path) -> Opened:
    """Create a run's folder with its plan in it.

    Raises:
        StoreError: the results folder cannot be written.
    """
    folder = runs.create(results, job.plan.model.name, job.label, job.files)
    run = first_run(folder.name, job)
    try:
        lock = RunLock(folder)
        try:
            runs.write_run(folder, run)
        except BaseException:
            lock.release()
            raise
    except StoreError:
        with suppress(OSError):  # what went wrong first is what is told
            folder.rmdir()
        raise
    return Opened(folder, lock, run)


def for_controls(folder: Path) -> Opened:
    """Open a run of which everything stays but what is said about control pictures.

    Raises:
        RunLockedError: another program writes this run.
        StoreError: the run cannot be read or written.
    """
    lock = RunLock(folder, patience=0)
    try:
        run, warnings = runs.settle(folder)
    except StoreError:
        lock.release()
        raise
    return Opened(folder, lock, run, warnings)


def check_plan(run: Run) -> None:
    """Raise `UsageError` for a run of which nothing says any more what was to be asked."""
    if run.plan_lost:
        raise UsageError(f"{run.id} cannot be resumed: its plan is lost; a new run asks again")


def again(
    folder: Path, registry: Registry, consent: Consent, servers: Servers, engines: Engines = NO_ENGINES
) -> Opened:
    """Open an unfinished run, with the permissions and settings in force in place of those in its file.

    Raises:
        RunLockedError: another program writes this run.
        StoreError: the run cannot be read or written.
        UsageError: it needs more permissions, settings of its server are wrong, or its plan is lost.
    """
    lock = RunLock(folder)
    leftovers.clean(folder.absolute().parent)
    try:
        run, warnings = runs.settle(folder)
        check_plan(run)
        check(run, consent)
        if not run.begun:  # it waited in a queue
            run = replace(run, started=runs.now())
            runs.write_run(folder, run)
        run = allowed_now(run, consent, registry)
        if run.plan is not UNSET:  # what is wrong with them now is told before anything begins
            check_extra(run, servers)
            check_here(run, engines)
            with_settings(load_command(run), servers, os.environ)
    except (StoreError, UsageError):
        lock.release()
        raise
    return Opened(folder, lock, replace(run, error=UNSET), warnings)
