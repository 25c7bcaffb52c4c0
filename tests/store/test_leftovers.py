"""What kills leave in a results folder goes when the next run is made; what is in use stays."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from fada_tui.core.temporary import beside
from fada_tui.store import folder as store
from fada_tui.store import leftovers
from fada_tui.store.lock import LOCK_NAME, RunLock
from tests import examples
from tests.noflock.preload import without_flock

KILLED = """
import os, signal, sys
from pathlib import Path
from fada_tui.core.temporary import beside
from fada_tui.store import folder as store
from fada_tui.store.lock import RunLock
from tests import examples
results = Path(sys.argv[1])
whole, half = store.create(results, "whole"), store.create(results, "half")
kept = [RunLock(whole), RunLock(half)]
store.write_run(whole, examples.run())
for file in (whole / "run.json", half / "run.json", results / "comparison.md"):
    beside(file).write_bytes(b"half")
os.kill(os.getpid(), signal.SIGKILL)
"""


def everything(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


@pytest.mark.parametrize("flock", [True, False])
def test_what_a_kill_left_goes_with_the_next_run(tmp_path: Path, flock: bool) -> None:
    results = tmp_path / "results"
    environment = dict(os.environ) if flock else without_flock(tmp_path)
    script = [sys.executable, "-c", KILLED, str(results)]
    done = subprocess.run(script, env=environment, check=False)
    assert done.returncode == -signal.SIGKILL
    assert len(everything(results)) == 8
    new = store.create(results, "new")
    (whole,) = results.glob("*_whole")
    assert everything(results) == sorted([new.name, whole.name, f"{whole.name}/run.json"])


def test_what_a_living_program_uses_stays(tmp_path: Path) -> None:
    about_to_be, locked = tmp_path / "20260101-000000_a", tmp_path / "20260101-000000_b"
    for folder in (about_to_be, locked):
        folder.mkdir()
    ours = beside(tmp_path / "comparison.md")
    ours.write_bytes(b"half")
    with RunLock(locked):
        os.utime(locked, (0, 0))
        before = everything(tmp_path)
        leftovers.clean(tmp_path)
        assert everything(tmp_path) == before
    os.utime(about_to_be, (0, 0))
    leftovers.clean(tmp_path)
    assert not about_to_be.exists()


def test_a_person_s_folders_and_whole_runs_stay_whatever_their_age(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    run = tmp_path / "20260101-000000_run"
    run.mkdir()
    store.write_run(run, examples.run())
    for folder in (tmp_path / "empty", run):
        os.utime(folder, (0, 0))
    before = everything(tmp_path)
    leftovers.clean(tmp_path)
    assert everything(tmp_path) == before


def test_a_deletion_that_was_killed_is_finished_later(tmp_path: Path) -> None:
    removed = tmp_path / leftovers.REMOVED_NAME
    (removed / "20260101-000000_run").mkdir(parents=True)
    leftovers.clean(tmp_path)
    assert removed.exists()
    os.utime(removed, (0, 0))
    leftovers.clean(tmp_path)
    assert not removed.exists()


def test_a_lock_that_does_not_say_whose_it_is_stays(tmp_path: Path) -> None:
    run = tmp_path / "20260101-000000_run"
    run.mkdir()
    (run / LOCK_NAME).write_bytes(b"1234")
    leftovers.clean(tmp_path)
    assert (run / LOCK_NAME).exists()
