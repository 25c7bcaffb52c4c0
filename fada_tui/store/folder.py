"""The folder of a run: creating it, reading it, and writing its files atomically."""

import difflib
import os
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from msgspec.structs import replace

from fada_tui.core import atomic
from fada_tui.core.bounded import read_small
from fada_tui.core.errors import StoreError, UsageError
from fada_tui.core.file_modes import Files, as_folder, make_run_folder, set_folder
from fada_tui.core.json_data import MalformedError
from fada_tui.core.records import (
    READ_SCHEMAS,
    RUN_SCHEMA,
    Run,
    decode_checked,
    decode_run,
    encode_run,
    is_readable,
)
from fada_tui.store import journal, leftovers
from fada_tui.store.fold import fold, lost_assessments
from fada_tui.store.lock import RunLock, is_locked

RUN_NAME = "run.json"
SUMMARY_NAME = "summary.md"
DETAILS_NAME = "details.md"
TELEMETRY_NAME = "telemetry.csv"
LOG_NAME = "worker.log"
ENGINE_LOG_NAME = "engine.log"
COMPARISON_NAME = "comparison.md"

EDITED = "{} was edited since fada-tui wrote it (its check sum differs); it is taken as it is"


def now() -> str:
    """Return the time in the records' format: ISO 8601, UTC, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def create(results: Path, model: str, label: str | None = None, files: Files | None = None) -> Path:
    """Create the folder of a new run, `<YYYYmmdd-HHMMSS>_<model>`, under an unused name.

    What killed programs left in the results folder is removed.

    Args:
        results: made if need be.
        model: its name.
        label: added to the folder's name.
        files: whom the run is for, as in the settings.

    Raises:
        StoreError: the results folder cannot be made or written.
    """
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    stem = "_".join([stamp, *(_plain(part) for part in (model, label) if part)])
    make_results_folder(results, files)
    try:
        leftovers.clean(results)
        for suffix in ("", *(f"-{number}" for number in range(2, 1000))):
            try:
                make_run_folder(results / f"{stem}{suffix}", files)
            except FileExistsError:
                continue
            atomic.sync_folder(results)
            return results / f"{stem}{suffix}"
    except OSError as error:
        message = f"cannot write {results}: {error.strerror}; choose another folder with --results"
        raise StoreError(message) from error
    raise StoreError(f"{results} is full of runs named {stem}; choose another folder with --results")


def make_results_folder(results: Path, files: Files | None = None) -> None:
    """Make the folder of all runs, if it is not there yet.

    Args:
        results: the folder.
        files: whom runs are for, as in the settings.

    Raises:
        StoreError: it cannot be made.
    """
    try:
        new = not results.exists()
        atomic.make_folder(results, private=files != "umask")
        if new:
            set_folder(results, files, like=results)
    except OSError as error:
        message = f"cannot write {results}: {error.strerror}; choose another folder with --results"
        raise StoreError(message) from error


def _plain(name: str) -> str:
    """Return a path-safe name: letters, digits, dots, dashes, underscores; never hidden or empty."""
    return re.sub(r"[^\w.-]+", "-", name, flags=re.ASCII).strip("-.")[:80] or "model"


def unused(path: Path) -> Path:
    """Return the path, with a number after it if there is something already."""
    number, candidate = 1, path
    while os.path.lexists(candidate):
        number += 1
        candidate = path.with_name(f"{path.name}-{number}")
    return candidate


def write_whole(path: Path, data: bytes, like: Path | None = None) -> None:
    """Write a file of a run atomically; a new one takes after a folder, by default its own.

    Raises:
        StoreError: the disk is full, or the folder cannot be written.
    """
    try:
        atomic.write_whole(path, data, as_folder(like or path.parent))
    except OSError as error:
        raise StoreError(f"cannot write {path}: {error.strerror}; what was there is unharmed") from error


def write_run(folder: Path, run: Run) -> None:
    """Write `run.json`; raises `StoreError`."""
    write_whole(folder / RUN_NAME, encode_run(run))


def read_run(folder: Path) -> Run:
    """Read a run merged with its journal, changing nothing on disk.

    Raises:
        StoreError: there is no run, it cannot be read, or it is not one of ours.
    """
    path = folder / journal.JOURNAL_NAME
    # The journal is opened first: what was settled before is in `run.json`, and what was not stays.
    with journal.shared(path):
        lines = journal.read(path).lines
        return fold(_read_json(folder), lines)


def read_unmerged(folder: Path) -> Run:
    """Read `run.json` alone, without what the journal adds; raises `StoreError`."""
    return _read_json(folder)


def identity(folder: Path) -> tuple[int, int, int] | None:
    """Return which `run.json` a folder has, as it was written; `None` where there is none."""
    try:
        status = (folder / RUN_NAME).stat()
    except FileNotFoundError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size


def _read_json(folder: Path, decode: Callable[[bytes], Run] = decode_run) -> Run:
    path = folder / RUN_NAME
    try:
        run = decode(read_small(path, journal.LARGEST))
    except OSError as error:
        raise StoreError(f"cannot read {path}: {error.strerror}") from error
    except MalformedError as error:
        raise StoreError(f"{path} is damaged or no run: {error}; see fada-tui runs check") from error
    if not is_readable(run.schema):
        raise StoreError(f"{path} has schema '{run.schema}'; this version reads {', '.join(READ_SCHEMAS)}")
    # An older one has the current schema once it is written again.
    return replace(run, schema=RUN_SCHEMA) if run.schema in READ_SCHEMAS else run


def _read_checked(folder: Path) -> tuple[Run, list[str]]:
    """Read `run.json`; return also a warning if it was edited. Raises `StoreError`."""
    warnings: list[str] = []

    def decode(data: bytes) -> Run:
        run, as_written = decode_checked(data)
        if not as_written:
            warnings.append(EDITED.format(folder / RUN_NAME))
        return run

    return _read_json(folder, decode), warnings


def read_page(folder: Path) -> str | None:
    """Return a run's page as it was written; `None` if there is none.

    Raises:
        StoreError: it cannot be read.
    """
    path = folder / SUMMARY_NAME
    try:
        return read_small(path, journal.LARGEST).decode(errors="replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StoreError(f"cannot read {path}: {error.strerror}") from error


def settle(folder: Path) -> tuple[Run, tuple[str, ...]]:
    """Merge the journal into `run.json` and remove it. The caller holds the lock.

    What cannot be merged is set aside, beside the journal, before it goes.

    Returns:
        The run, and a warning for each thing that was wrong.

    Raises:
        StoreError: nothing is removed before the new `run.json` is on disk.
    """
    path = folder / journal.JOURNAL_NAME
    with journal.alone(path) as there:
        before, warnings = _read_checked(folder)
        # One that comes into being now belongs to whoever appends to it.
        unfinished = (folder / journal.SETTLED_NAME).exists()
        contents = journal.read(path) if there or unfinished else journal.Contents()
        run = fold(before, contents.lines)
        warnings += _set_aside(folder, contents, lost_assessments(run, contents.lines))
        if run != before:
            write_run(folder, run)
        if unfinished:
            _remove(folder / journal.SETTLED_NAME)
        if there is journal.Hold.UNLOCKED:
            run = _remove_unlocked(folder, run)
        elif there:
            _remove(path)
        return run, tuple(warnings)


def _remove_unlocked(folder: Path, run: Run) -> Run:
    """Remove a journal to which others may append; return the run with what they did. Raises `StoreError`."""
    path, settled = folder / journal.JOURNAL_NAME, folder / journal.SETTLED_NAME
    try:
        path.replace(settled)
    except OSError as error:
        raise StoreError(f"cannot rename {path}: {error.strerror}") from error
    later = fold(run, journal.read(path).lines)
    if later != run:
        write_run(folder, later)
    _remove(settled)
    return later


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        message = f"cannot remove {path}: {error.strerror}; what is in it is in {RUN_NAME}, too"
        raise StoreError(message) from error


def _set_aside(
    folder: Path, contents: journal.Contents, unheld: Sequence[journal.AssessmentLine]
) -> Iterator[str]:
    """Keep what of a journal cannot be merged; yield a warning for each kind of it. Raises `StoreError`."""
    path, aside = folder / journal.JOURNAL_NAME, folder / journal.QUARANTINE_NAME
    torn = [contents.torn] if contents.torn else []
    if lost := [*contents.damaged, *map(journal.to_bytes, unheld), *torn]:
        try:
            earlier = read_small(aside, journal.LARGEST) if aside.exists() else b""
        except OSError as error:
            raise StoreError(f"cannot read {aside}: {error.strerror}") from error
        write_whole(aside, earlier + b"".join(line + b"\n" for line in lost))
    if contents.damaged:
        yield f"{len(contents.damaged)} unreadable line(s) of {path} were set aside in {aside}"
    if unheld:
        yield f"{len(unheld)} assessment(s) in {path} of results that are not there were set aside in {aside}"
    if contents.torn:
        yield f"the end of {path} was cut off: its last {len(contents.torn)} bytes were set aside in {aside}"


def open_run(folder: Path) -> tuple[Run, tuple[str, ...]]:
    """Read a run and, unless another program is writing it, merge its journal.

    Returns:
        The run, and a warning for each thing that was wrong.

    Raises:
        StoreError: there is no run, it cannot be read, or it is not one of ours.
    """
    path = folder / journal.JOURNAL_NAME
    if not path.exists() or is_locked(folder) or not os.access(folder, os.W_OK):
        with journal.shared(path):
            run, warnings = _read_checked(folder)
            return fold(run, journal.read(path).lines), tuple(warnings)
    with RunLock(folder) as lock:
        run, settled = settle(folder)
    return run, (*lock.warning(), *settled)


def find(results: Path, name: str) -> Path:
    """Return the folder of a run given by path or by id.

    Raises:
        UsageError: there is none; the message names the nearest.
    """
    for candidate in (Path(name), results / name):
        folder = candidate.parent if candidate.name == RUN_NAME else candidate
        if (folder / RUN_NAME).is_file():
            return folder
    known = [folder.name for folder in folders(results)]
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
    hint = f"did you mean {near[0]}?" if near else "see fada-tui runs list"
    raise UsageError(f"no run '{name}' in {results}; {hint}")


def folders(results: Path) -> Iterator[Path]:
    """The folders of all runs, oldest first."""
    if results.is_dir():
        yield from sorted(path.parent for path in results.glob(f"*/{RUN_NAME}"))


def each_run(results: Path, warnings: list[str]) -> Iterator[Run]:
    """Read the runs of a results folder one after the other, oldest first.

    Args:
        results: the folder.
        warnings: gets one for each run that cannot be read.
    """
    for folder in folders(results):
        try:
            yield read_run(folder)
        except StoreError as error:
            warnings.append(str(error))
