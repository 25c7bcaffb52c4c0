"""Whether a run's files are sound: what is damaged, where, and what lies beside them. Changes nothing."""

from collections import Counter
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

from msgspec import UNSET, Struct

from fada_tui.core.bounded import read_small
from fada_tui.core.errors import StoreError, reason
from fada_tui.core.json_data import MalformedError
from fada_tui.core.records import Run, decode_checked, is_readable
from fada_tui.store import journal
from fada_tui.store.fold import fold, lost_assessments, planned_keys
from fada_tui.store.folder import RUN_NAME
from fada_tui.store.journal import ResultLine
from fada_tui.store.lock import is_locked
from fada_tui.store.removal import is_run_folder
from fada_tui.store.salvage import salvage

DAMAGED_NAME = f"{RUN_NAME}.damaged"


class FindingKind(StrEnum):
    """What can be found in a run's files."""

    RUN_MISSING = "run_missing"
    RUN_DAMAGED = "run_damaged"
    RUN_UNREADABLE = "run_unreadable"
    RUN_NEWER = "run_newer"
    RUN_EDITED = "run_edited"
    RESULTS_TWICE = "results_twice"
    RESULTS_UNPLANNED = "results_unplanned"
    JOURNAL_UNREADABLE = "journal_unreadable"
    JOURNAL_DAMAGED = "journal_damaged"
    JOURNAL_TORN = "journal_torn"
    JOURNAL_LOST = "journal_lost"
    LEFT_OVER = "left_over"


NOT_DAMAGE = frozenset(
    (FindingKind.RUN_NEWER, FindingKind.RUN_EDITED, FindingKind.RESULTS_UNPLANNED, FindingKind.LEFT_OVER)
)
"""What is told, and leaves a run sound."""


class Finding(Struct, frozen=True):
    """Something that was found in a run's files."""

    kind: FindingKind
    file: str
    """Its name within the run's folder."""
    message: str
    """What it is and where; one line."""

    @property
    def damage(self) -> bool:
        """Return whether it makes a run unsound."""
        return self.kind not in NOT_DAMAGE


class Checked(Struct, frozen=True):
    """What was found in a run's files."""

    folder: Path
    locked: bool
    """Whether a program is writing the run now."""
    results: int
    """Number of results that can be read, or saved."""
    findings: tuple[Finding, ...]

    @property
    def sound(self) -> bool:
        """Return whether nothing is damaged."""
        return not any(finding.damage for finding in self.findings)


def run_folders(results: Path) -> list[Path]:
    """Return the folders of all runs, also of those that have lost their `run.json`, oldest first."""
    return sorted(path for path in results.glob("*/") if is_run_folder(path)) if results.is_dir() else []


def check_run(folder: Path, *, ours: bool = False) -> Checked:
    """Check a run's files.

    Args:
        folder: the run's.
        ours: whether the lock is the caller's: nobody writes, so that a torn end is not one that still grows.
    """
    locked = not ours and is_locked(folder)
    path = folder / journal.JOURNAL_NAME
    findings: list[Finding] = []
    contents = journal.Contents()
    try:
        with journal.shared(path):
            contents = journal.read(path)
            run, found = _check_json(folder, contents)
    except StoreError as error:
        run, found = _check_json(folder, contents)
        findings.append(Finding(FindingKind.JOURNAL_UNREADABLE, path.name, str(error)))
    findings = [*found, *findings, *_journal_findings(run, contents, locked), *_left_over(folder)]
    return Checked(folder, locked, len(fold(run, contents.lines).results) if run else 0, tuple(findings))


def _check_json(folder: Path, contents: journal.Contents) -> tuple[Run | None, list[Finding]]:
    """Return a folder's run, as it can be read or saved, and what is found in its file."""
    try:
        data = read_small(folder / RUN_NAME, journal.LARGEST)
    except FileNotFoundError:
        data = None
    except OSError as error:
        return None, [Finding(FindingKind.RUN_UNREADABLE, RUN_NAME, f"cannot be read: {error.strerror}")]
    if data is not None:
        try:
            run, as_written = decode_checked(data)
        except MalformedError as error:
            why, kind = reason(error), FindingKind.RUN_DAMAGED
            if "truncated" in why:
                why = f"cut off after {len(data)} bytes"
        else:
            if is_readable(run.schema):
                return run, [*_edited(as_written), *_run_findings(run)]
            if as_written:
                message = f"not checked: its schema '{run.schema}' is newer than this version"
                return None, [Finding(FindingKind.RUN_NEWER, RUN_NAME, message)]
            why, kind = f"unknown schema '{run.schema}'", FindingKind.RUN_DAMAGED
    else:
        why, kind = "it is gone", FindingKind.RUN_MISSING
    journaled = [line.result for line in contents.lines if isinstance(line, ResultLine)]
    run = salvage(data or b"", folder.name, journaled)
    whole = len({result.key for result in (*run.results, *journaled)})
    return run, [Finding(kind, RUN_NAME, f"{why}; {whole} whole result(s) can be saved")]


def _edited(as_written: bool) -> Iterator[Finding]:
    if not as_written:
        message = "edited since fada-tui wrote it (its check sum differs); it is taken as it is"
        yield Finding(FindingKind.RUN_EDITED, RUN_NAME, message)


def _run_findings(run: Run) -> Iterator[Finding]:
    counts = Counter(result.key for result in run.results)
    if twice := [key for key, count in counts.items() if count > 1]:
        message = f"{len(twice)} result(s) more than once: {_named(twice)}; the first answer counts"
        yield Finding(FindingKind.RESULTS_TWICE, RUN_NAME, message)
    if run.plan is UNSET:
        asked = {question.id for question in run.questions}
        unplanned = [key for key in counts if key[1] not in asked]
    else:
        planned = frozenset(planned_keys(run, run.plan))
        unplanned = [key for key in counts if key not in planned]
    if unplanned:
        message = f"{len(unplanned)} result(s) that the run's plan does not have: {_named(unplanned)}"
        yield Finding(FindingKind.RESULTS_UNPLANNED, RUN_NAME, message)


def _journal_findings(run: Run | None, contents: journal.Contents, locked: bool) -> Iterator[Finding]:
    name = journal.JOURNAL_NAME
    if contents.damaged:
        lines = ", ".join(str(number) for number in contents.damaged_at[:5])
        more = ", …" if len(contents.damaged) > 5 else ""
        message = f"{len(contents.damaged)} line(s) unreadable or unlike their check sum: line {lines}{more}"
        yield Finding(FindingKind.JOURNAL_DAMAGED, name, message)
    if contents.torn and not locked:
        message = f"its end was cut off: the last {len(contents.torn)} bytes are no whole line"
        yield Finding(FindingKind.JOURNAL_TORN, name, message)
    if run and (lost := lost_assessments(fold(run, contents.lines), contents.lines)):
        keys = [(line.path, line.question_id) for line in lost]
        message = f"{len(lost)} assessment(s) of results that are not there: {_named(keys)}"
        yield Finding(FindingKind.JOURNAL_LOST, name, message)


def _left_over(folder: Path) -> Iterator[Finding]:
    """Yield what earlier repairs, damage and kills left in a run's folder; nothing if it cannot be listed."""
    try:
        names = sorted(path.name for path in folder.iterdir())
    except OSError:  # it is being removed, or is closed to us
        return
    for name in names:
        if name == journal.QUARANTINE_NAME:
            message = "lines that were set aside earlier; they count for nothing"
        elif name.startswith(DAMAGED_NAME):
            message = "a damaged file that was kept when the run was repaired"
        elif name.startswith(".") and name.endswith(".tmp"):
            message = "a temporary file, of a program that writes now or was killed"
        else:
            continue
        yield Finding(FindingKind.LEFT_OVER, name, message)


def _named(keys: list[tuple[str, str]]) -> str:
    """Return some results by image and question, the first few of many."""
    return ", ".join(f"{path} {question}" for path, question in keys[:3]) + (", …" if len(keys) > 3 else "")
