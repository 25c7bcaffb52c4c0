"""The run's lock: who asks about it is in nobody's way; breaking it; what it says."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fada_tui.core import file_lock
from fada_tui.core.errors import RunLockedError, StoreError
from fada_tui.core.temporary import beside
from fada_tui.store.lock import LOCK_NAME, RunLock, is_locked, unlock
from tests.noflock.preload import without_flock

PROBERS = 6

ASK = """
import sys
from pathlib import Path
from fada_tui.store.lock import is_locked
print("asking", flush=True)
while True:
    is_locked(Path(sys.argv[1]))
"""

TAKE_OFTEN = """
import sys
from pathlib import Path
from fada_tui.core.errors import RunLockedError
from fada_tui.store import lock as run_lock
from fada_tui.store.lock import LOCK_NAME, RunLock
run_lock.PROBE_PATIENCE = 60  # who asks may be kept from going on for seconds
folder, times, refused = Path(sys.argv[1]), int(sys.argv[2]), 0
for _ in range(times):
    try:
        lock = RunLock(folder, patience=0)
    except RunLockedError:
        refused += 1
        continue
    # As a killed program leaves it.
    left = (folder / LOCK_NAME).read_bytes().replace(b'"started":', b'"started":1')
    lock.release()
    (folder / LOCK_NAME).write_bytes(left)
print(refused)
"""

HOLD = """
import sys
from pathlib import Path
from fada_tui.store.lock import RunLock
lock = RunLock(Path(sys.argv[1]), patience=0)
print("held", *lock.warning(), *lock.warning(), flush=True)
sys.stdin.read()
"""


@contextmanager
def held(folder: Path, environment: dict[str, str]) -> Iterator["subprocess.Popen[str]"]:
    """A program that holds a run's lock."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout and process.stdout.readline().startswith("held")
        yield process
    finally:
        process.kill()
        process.communicate()


def elsewhere(folder: Path, seconds: float = 0.0) -> None:
    """Say in a run's lock that another machine holds it, and touched it so many seconds ago."""
    path = folder / LOCK_NAME
    record = json.loads(path.read_bytes())
    record["machine"]["host"] = "workstation-7"
    path.write_bytes(json.dumps(record).encode())
    os.utime(path, (time.time() - seconds,) * 2)


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("flock", [True, False])
def test_who_asks_about_a_lock_never_makes_its_taking_fail(tmp_path: Path, flock: bool) -> None:
    run = tmp_path / "run"
    run.mkdir()
    environment = dict(os.environ) if flock else without_flock(tmp_path)
    asking = [
        subprocess.Popen([sys.executable, "-c", ASK, str(run)], stdout=subprocess.PIPE, env=environment)
        for _ in range(PROBERS)
    ]
    try:
        for process in asking:
            assert process.stdout and process.stdout.readline() == b"asking\n"
        script = [sys.executable, "-c", TAKE_OFTEN, str(run), "400"]
        done = subprocess.run(script, capture_output=True, text=True, check=True, env=environment)
    finally:
        for process in asking:
            process.kill()
            process.communicate()
    assert done.stdout == "0\n"


def test_without_flock_there_is_one_warning(tmp_path: Path) -> None:
    for environment, warnings in ((dict(os.environ), 0), (without_flock(tmp_path), 1)):
        process = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(tmp_path)],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        said, _ = process.communicate()
        assert said.count("no flock") == warnings
        assert len(said.splitlines()) == 1


def test_a_lock_of_another_machine_says_what_to_do(tmp_path: Path) -> None:
    with held(tmp_path, without_flock(tmp_path)) as process:
        elsewhere(tmp_path, 300)
        with pytest.raises(RunLockedError) as told:
            RunLock(tmp_path)
    assert f"process {process.pid} on workstation-7, last seen 5 min ago" in str(told.value)
    assert "fada-tui runs unlock" in str(told.value)


def test_unlocking_breaks_another_machine_s_lock_and_refuses_a_living_program_s(tmp_path: Path) -> None:
    assert unlock(tmp_path) is None
    with held(tmp_path, without_flock(tmp_path)) as process:
        with pytest.raises(RunLockedError, match=f"kill {process.pid}"):
            unlock(tmp_path)
        assert is_locked(tmp_path)
        elsewhere(tmp_path)
        assert is_locked(tmp_path)
        told = unlock(tmp_path) or ""
        assert re.fullmatch(rf"process {process.pid} on workstation-7, last seen \d+ s ago", told)
        assert not is_locked(tmp_path)
    with held(tmp_path, dict(os.environ)) as process:
        with pytest.raises(RunLockedError, match=f"kill {process.pid}"):
            unlock(tmp_path)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert unlock(tmp_path) is None
    assert not (tmp_path / LOCK_NAME).exists()


def test_unlocking_names_a_worker_that_still_writes(tmp_path: Path) -> None:
    worker = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    lock = RunLock(tmp_path)
    lock.note_workers(worker.pid)
    record = json.loads((tmp_path / LOCK_NAME).read_bytes())
    record["program"]["started"] += 1
    (tmp_path / LOCK_NAME).write_bytes(json.dumps(record).encode())
    with pytest.raises(RunLockedError, match=f"process {worker.pid}"):
        unlock(tmp_path)
    with pytest.raises(RunLockedError, match=f"process {worker.pid}, the worker"):
        RunLock(tmp_path, patience=0)
    worker.communicate()
    lock.release()


def test_a_run_stays_locked_while_any_of_its_workers_still_writes(tmp_path: Path) -> None:
    """Where a file is the lock, as who appends holds nothing of it."""
    workers = [subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) for _ in range(9)]
    lock = RunLock(tmp_path)
    lock.note_workers(*(worker.pid for worker in workers))
    record = json.loads((tmp_path / LOCK_NAME).read_bytes())
    lock.release()
    record["by"] = "file"
    record["program"]["started"] += 1
    (tmp_path / LOCK_NAME).write_bytes(json.dumps(record).encode())
    for number, worker in enumerate(workers):
        with pytest.raises(RunLockedError, match=f"process {worker.pid}, the worker"):
            RunLock(tmp_path, patience=0)
        worker.communicate(b"\n")
        assert is_locked(tmp_path) == (number < len(workers) - 1)
    RunLock(tmp_path, patience=0).release()


def test_who_lost_the_lock_is_told(tmp_path: Path) -> None:
    lock = RunLock(tmp_path)
    lock.check()
    file_lock.break_open(tmp_path / LOCK_NAME)
    with pytest.raises(RunLockedError, match="resume"):
        lock.check()
    lock.release()


def test_a_lock_that_cannot_be_looked_at_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    lock = RunLock(folder)
    folder.rename(tmp_path / "moved")
    folder.write_bytes(b"")
    with pytest.raises(StoreError, match=f"cannot read {folder / LOCK_NAME}: Not a directory"):
        lock.check()
    lock.release()


def test_the_lock_of_a_run_is_touched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without that another machine that has no `flock` would take it over after ten minutes."""
    monkeypatch.setattr(file_lock, "TOUCH_SECONDS", 0.01)
    path = tmp_path / LOCK_NAME
    with RunLock(tmp_path):
        os.utime(path, (0, 0))
        deadline = time.monotonic() + 60
        while path.stat().st_mtime == 0:
            assert time.monotonic() < deadline
            time.sleep(0.01)


def test_taking_the_lock_removes_what_a_killed_program_left_half_written(tmp_path: Path) -> None:
    ours = beside(tmp_path / "run.json")
    left = ours.with_name(ours.name.replace(f".{os.getpid()}-", f".{os.getpid()}-9"))
    for path in (ours, left):
        path.write_bytes(b"half")
    with RunLock(tmp_path):
        assert ours.exists() and not left.exists()
