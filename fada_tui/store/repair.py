"""Repairing a damaged run: what can be saved is saved, and what was there is kept beside it."""

from pathlib import Path

from fada_tui.core.bounded import read_small
from fada_tui.core.errors import StoreError
from fada_tui.store import journal
from fada_tui.store.check import DAMAGED_NAME, Checked, FindingKind, check_run
from fada_tui.store.fold import fold
from fada_tui.store.folder import RUN_NAME, read_run, settle, unused, write_run, write_whole
from fada_tui.store.journal import ResultLine
from fada_tui.store.lock import RunLock
from fada_tui.store.salvage import salvage

_BROKEN = (FindingKind.RUN_MISSING, FindingKind.RUN_DAMAGED)


def repair(folder: Path) -> tuple[str, ...]:
    """Repair a run as far as it can be; return what was done, a line each: nothing for a sound one.

    `run.json` is written anew from its whole results, the journal is merged, and its damaged lines are set
    aside; a `run.json` that loses something by that is kept as `run.json.damaged`. An edited one gets its own
    check sum.

    Raises:
        RunLockedError: a program is writing the run; nothing was changed.
        StoreError: a file cannot be read or written, or there is nothing that could be saved.
    """
    with RunLock(folder, patience=0):
        found = check_run(folder, ours=True)
        kinds = {finding.kind for finding in found.findings}
        done: list[str] = []
        if kinds.intersection(_BROKEN):
            done += _write_anew(folder, found)
        elif FindingKind.RESULTS_TWICE in kinds:
            kept = _keep(folder, _bytes(folder / RUN_NAME))
            done.append(f"each result is there once; what was there is kept in {kept.name}")
            write_run(folder, read_run(folder))
        elif FindingKind.RUN_EDITED in kinds:
            done.append(f"{RUN_NAME} has the check sum of what it now says")
            write_run(folder, read_run(folder))
        if not found.sound:
            done += settle(folder)[1]
        return tuple(done)


def _write_anew(folder: Path, found: Checked) -> list[str]:
    if not found.results:
        raise StoreError(f"nothing in {folder} can be saved: no whole result; remove it, or run it again")
    file = folder / RUN_NAME
    data = _bytes(file)
    lines = journal.read(folder / journal.JOURNAL_NAME).lines
    run = salvage(data, folder.name, [line.result for line in lines if isinstance(line, ResultLine)])
    kept = f"; the damaged one is kept in {_keep(folder, data).name}" if data else ""
    write_run(folder, fold(run, ()))
    lost = "; its plan is lost: it cannot be resumed" if run.plan_lost else ""
    return [f"{RUN_NAME} was written anew with {found.results} result(s){kept}{lost}"]


def _bytes(file: Path) -> bytes:
    """Return what a file holds, nothing if it is gone; raises `StoreError`."""
    try:
        return read_small(file, journal.LARGEST)
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise StoreError(f"cannot read {file}: {error.strerror}") from error


def _keep(folder: Path, data: bytes) -> Path:
    """Write what a file held beside it, under a name that nothing has."""
    path = unused(folder / DAMAGED_NAME)
    write_whole(path, data)
    return path
