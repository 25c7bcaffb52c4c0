"""Locks that are files, with `flock` and without: one holder, whoever is killed or asks."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from fada_tui.core import file_lock
from fada_tui.core.file_lock import LockedError
from fada_tui.core.lock_record import Holder
from fada_tui.core.process import identify, this_machine
from tests.noflock.preload import without_flock

HOLD = """
import sys
from pathlib import Path
from fada_tui.core import file_lock
lock = file_lock.take(Path(sys.argv[1]))
if len(sys.argv) > 2:
    lock.note_workers(int(sys.argv[2]))
print("held", flush=True)
sys.stdin.read()
lock.release()
"""

TRY = """
import sys
from pathlib import Path
from fada_tui.core import file_lock
try:
    lock = file_lock.take(Path(sys.argv[1]))
except file_lock.LockedError:
    print("refused")
else:
    print("taken", lock.holder.by)
    lock.release()
"""

COUNT = """
import os, random, signal, sys, time
from pathlib import Path
from fada_tui.core import file_lock
path, counter, times = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
random.seed(sys.argv[4])
for number in range(times):
    while True:
        try:
            lock = file_lock.take(path)
            break
        except file_lock.LockedError:
            time.sleep(random.random() / 200)
    before = int(counter.read_text())
    time.sleep(random.random() / 2000)
    counter.write_text(f"{before + 1:06d}")
    os.write(1, b".")
    if number + 1 == times and sys.argv[5] == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    lock.release()
"""


@pytest.fixture(params=["flock", "ENOLCK"])
def environment(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """The environment of programs, with `flock` and without."""
    return dict(os.environ) if request.param == "flock" else without_flock(tmp_path, request.param)


@contextmanager
def holder(path: Path, environment: dict[str, str], *worker: int) -> Iterator["subprocess.Popen[str]"]:
    """A program that holds a lock."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path), *map(str, worker)],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout and process.stdout.readline() == "held\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def tried(path: Path, environment: dict[str, str]) -> str:
    """What a program comes to that tries to take a lock."""
    script = [sys.executable, "-c", TRY, str(path)]
    return subprocess.run(script, env=environment, capture_output=True, text=True, check=True).stdout.strip()


def changed(path: Path, **fields: Any) -> None:
    """Change what a lock's file says of its holder's machine."""
    record = json.loads(path.read_bytes())
    record["machine"] |= fields
    path.write_bytes(json.dumps(record).encode())


@pytest.mark.parametrize("error", ["ENOLCK", "EOPNOTSUPP", "ENOTSUP", "ENOSYS"])
def test_without_flock_the_file_is_the_lock(tmp_path: Path, error: str) -> None:
    path, environment = tmp_path / ".lock", without_flock(tmp_path, error)
    assert tried(path, environment) == "taken file"
    assert not path.exists()
    with holder(path, environment) as process:
        assert tried(path, environment) == "refused"
        found = file_lock.look(path)
        assert found and found[1] and found[0].holder and found[0].holder.program
        assert found[0].holder.program.pid == process.pid
        process.communicate("")
    assert not path.exists()


def test_a_program_that_has_flock_and_one_that_has_none_respect_each_other(tmp_path: Path) -> None:
    path, without = tmp_path / ".lock", without_flock(tmp_path)
    for one, other in ((without, dict(os.environ)), (dict(os.environ), without)):
        with holder(path, one):
            assert tried(path, other) == "refused"
        assert tried(path, other).startswith("taken")


def test_a_dead_holders_lock_is_taken_over(tmp_path: Path, environment: dict[str, str]) -> None:
    path = tmp_path / ".lock"
    with holder(path, environment) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert path.exists()
        assert tried(path, environment).startswith("taken")
    assert not list(tmp_path.glob(".lock*"))


def test_without_flock_a_dead_program_s_worker_keeps_the_lock(tmp_path: Path) -> None:
    path, environment = tmp_path / ".lock", without_flock(tmp_path)
    worker = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    with holder(path, environment, worker.pid) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert tried(path, environment) == "refused"
        worker.kill()
        worker.wait()
        assert tried(path, environment) == "taken file"
    assert worker.stdin
    worker.stdin.close()


@pytest.mark.parametrize("fields", [{"host": "elsewhere"}, {"namespace": "pid:[1]"}])
def test_without_flock_another_machine_s_lock_is_free_after_ten_minutes(
    tmp_path: Path, fields: dict[str, str]
) -> None:
    path, environment = tmp_path / ".lock", without_flock(tmp_path)
    with holder(path, environment) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
    changed(path, **fields)
    assert tried(path, environment) == "refused"
    os.utime(path, (time.time() - 540,) * 2)
    assert tried(path, environment) == "refused"
    assert tried(path, dict(os.environ)) == "refused"
    os.utime(path, (time.time() - 660,) * 2)
    assert tried(path, environment) == "taken file"


def test_a_lock_of_the_machine_before_its_last_start_is_taken_over(tmp_path: Path) -> None:
    path, environment = tmp_path / ".lock", without_flock(tmp_path)
    with holder(path, environment):
        changed(path, boot="an earlier one")
        assert tried(path, environment) == "taken file"


def test_a_lock_that_does_not_say_whose_it_is_is_free_after_ten_minutes(tmp_path: Path) -> None:
    path, environment = tmp_path / ".lock", without_flock(tmp_path)
    path.write_bytes(b"")
    assert tried(path, environment) == "refused"
    assert tried(path, dict(os.environ)) == "taken flock"
    path.write_bytes(b"1234")
    os.utime(path, (0, 0))
    assert tried(path, environment) == "taken file"
    assert not list(tmp_path.glob(".lock*"))


def test_of_many_one_holds_the_lock_though_some_are_killed_with_it(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    counter = tmp_path / "counter"
    counter.write_text("000000")
    script = [sys.executable, "-c", COUNT, str(tmp_path / ".lock"), str(counter), "25"]
    processes = [
        subprocess.Popen(
            [*script, str(number), "die" if number % 2 else "live"], env=environment, stdout=subprocess.PIPE
        )
        for number in range(8)
    ]
    counted = sum(len(process.communicate()[0]) for process in processes)
    assert counted == 8 * 25 == int(counter.read_text())
    left = list(tmp_path.glob(".lock*"))
    assert all(path.name == ".lock" for path in left), left


def test_a_claim_that_a_kill_left_goes_with_the_next_lock(tmp_path: Path) -> None:
    path, environment = tmp_path / ".lock", without_flock(tmp_path)
    with holder(path, environment) as process:
        dead = path.read_bytes()
        process.kill()
        process.wait()
    path.unlink()
    for name in (".lock.0123456789abcdef.0", ".lock.0123456789abcdef.1"):
        (tmp_path / name).write_bytes(dead)
    with holder(tmp_path / ".lock.fedcba9876543210.0", environment):
        assert tried(path, environment) == "taken file"
        assert [one.name for one in tmp_path.glob(".lock*")] == [".lock.fedcba9876543210.0"]


def test_a_lock_is_kept_until_it_is_broken(tmp_path: Path) -> None:
    path = tmp_path / ".lock"
    lock = file_lock.take(path)
    assert lock.is_kept
    file_lock.break_open(path)
    assert not lock.is_kept
    next_one = file_lock.take(path)
    lock.release()
    assert next_one.is_kept  # who has lost a lock leaves the next one's alone
    with pytest.raises(LockedError):
        file_lock.take(path)
    next_one.release()
    assert not path.exists()


def test_only_what_the_dead_left_is_discarded(tmp_path: Path, environment: dict[str, str]) -> None:
    path = tmp_path / ".lock"
    assert not file_lock.discard(path)
    with holder(path, environment) as process:
        assert not file_lock.discard(path)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert file_lock.discard(path)
    assert not list(tmp_path.glob(".lock*"))


def test_a_holder_touches_its_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_lock, "TOUCH_SECONDS", 0.01)
    lock = file_lock.take(tmp_path / ".lock")
    os.utime(lock.path, (0, 0))
    lock.keep_touched()
    deadline = time.monotonic() + 60
    while lock.path.stat().st_mtime == 0:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    lock.release()


def test_a_disk_that_takes_no_record_leaves_no_lock(tmp_path: Path) -> None:
    script = """
import errno, resource, signal, sys
from pathlib import Path
from fada_tui.core import file_lock
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
try:
    file_lock.take(Path(sys.argv[1]))
except OSError as error:
    print(errno.errorcode[error.errno])
"""
    for environment in (dict(os.environ), without_flock(tmp_path)):
        path = tmp_path / ".lock"
        done = subprocess.run(
            [sys.executable, "-c", script, str(path)],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout == "EFBIG\n"
        assert not path.exists()


def test_workers_on_another_machine_are_not_looked_for_here() -> None:
    ours = identify(os.getpid())
    holder = Holder(by="flock", key="k", machine=this_machine(), program=None, worker=ours, others=(ours,))
    assert holder.living_workers == (ours, ours)
    elsewhere = replace(holder, machine=replace(holder.machine, host="gpu1", machine_id="other"))
    assert elsewhere.living_workers == () and not elsewhere.worker_lives
