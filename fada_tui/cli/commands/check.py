"""`fada-tui runs check`: whether runs on disk are sound, and the repair of those that are not."""

import sys
from argparse import Namespace
from pathlib import Path
from typing import Any

from msgspec import Struct

from fada_tui.cli.commands.common import results_folder
from fada_tui.cli.output import print_json
from fada_tui.core.errors import ExitCode, RunLockedError, StoreError
from fada_tui.core.text import printable
from fada_tui.store import folder as store
from fada_tui.store.check import Checked, check_run, run_folders
from fada_tui.store.removal import is_run_folder
from fada_tui.store.repair import repair


class _Outcome(Struct, frozen=True):
    """What was found of a run, done about it, and is so now."""

    found: Checked
    done: tuple[str, ...] = ()
    failed: str | None = None
    """Why it was not repaired."""
    sound: bool = True
    """Whether the run is sound now."""


def run(options: Namespace) -> int:
    """Check one run, or all of the results folder; with `--repair`, repair what is damaged.

    Returns:
        0 if all are sound, if need be by now; else 1.

    Raises:
        UsageError: there is no such run.
    """
    results = results_folder(options)
    name, repairing = getattr(options, "run", None), getattr(options, "repair", False)
    folders = run_folders(results) if name is None else [_find(results, name)]
    as_json = getattr(options, "json", False)
    outcomes: list[_Outcome] = []
    for folder in folders:
        outcome = _checked(folder, repairing=repairing)
        outcomes.append(outcome)
        if not as_json:
            sys.stdout.writelines(f"{printable(line)}\n" for line in _lines(outcome))
    sound = all(outcome.sound for outcome in outcomes)
    if as_json:
        print_json({"sound": sound, "runs": [_row(outcome) for outcome in outcomes]})
    elif not outcomes:
        sys.stdout.write(f"no runs in {printable(str(results))}\n")
    return ExitCode.OK if sound else ExitCode.SOME_RESULTS_ARE_ERRORS


def _find(results: Path, name: str) -> Path:
    """Return the folder of a run, also of one without `run.json`; raises `UsageError`."""
    lost = (folder for folder in (Path(name), results / name) if is_run_folder(folder))
    return next(lost, None) or store.find(results, name)


def _checked(folder: Path, *, repairing: bool) -> _Outcome:
    found = check_run(folder)
    if not repairing:
        return _Outcome(found, sound=found.sound)
    try:
        done = repair(folder)
    except RunLockedError as error:
        return _Outcome(found, failed=f"nothing was repaired: {error}", sound=found.sound)
    except StoreError as error:
        return _Outcome(found, failed=str(error), sound=found.sound)
    return _Outcome(found, done, sound=check_run(folder).sound)


def _lines(outcome: _Outcome) -> list[str]:
    found = outcome.found
    state = "sound" if found.sound else "damaged"
    writing = ", being written by another program" if found.locked else ""
    lines = [f"{found.folder.name}: {state}, {found.results} result(s){writing}"]
    lines += [
        f"  {'damaged' if finding.damage else 'note'}: {finding.file}: {finding.message}"
        for finding in found.findings
    ]
    lines += [f"  repaired: {line}" for line in outcome.done]
    return [*lines, f"  not repaired: {outcome.failed}"] if outcome.failed else lines


def _row(outcome: _Outcome) -> dict[str, Any]:
    found = outcome.found
    return {
        "id": found.folder.name,
        "folder": str(found.folder),
        "sound": outcome.sound,
        "locked": found.locked,
        "results": found.results,
        "findings": [
            {"kind": one.kind, "damage": one.damage, "file": one.file, "message": one.message}
            for one in found.findings
        ],
        "repaired": outcome.done,
        "not_repaired": outcome.failed,
    }
