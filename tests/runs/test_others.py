"""Which runs of a results folder other programs make now."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fada_tui.core import file_lock
from fada_tui.runs.others import Maker, runs_of_others
from fada_tui.store.lock import LOCK_NAME, RunLock
from fada_tui.store.queue_file import WORKER_LOCK_NAME

HOLDER = """
import os, sys, time
from pathlib import Path
from fada_tui.core import file_lock
from fada_tui.store.lock import RunLock

folder, how = Path(sys.argv[1]), sys.argv[2]
lock = RunLock(folder)
if how != "writes":
    lock.note_workers(os.getppid())
if how == "left running":
    queue = file_lock.take(folder.parent / ".queue.lock")
print("held", flush=True)
time.sleep(600)
"""

Hold = Callable[[Path, str], "subprocess.Popen[str]"]


@pytest.fixture
def hold() -> Iterator[Hold]:
    """Hold runs' locks in other programs."""
    started: list[subprocess.Popen[str]] = []

    def begin(folder: Path, how: str) -> "subprocess.Popen[str]":
        folder.mkdir()
        code = [sys.executable, "-c", HOLDER, str(folder), how]
        started.append(subprocess.Popen(code, stdout=subprocess.PIPE, text=True))
        out = started[-1].stdout
        assert out is not None
        assert out.readline() == "held\n"
        return started[-1]

    yield begin
    for one in started:
        one.kill()
        one.wait()


def test_only_other_living_programs_that_have_a_worker_make_runs(tmp_path: Path, hold: Hold) -> None:
    made = hold(tmp_path / "b made", "makes")
    hold(tmp_path / "c merged", "writes")
    left = hold(tmp_path / "a left", "left running")
    killed = hold(tmp_path / "d killed", "makes")
    killed.kill()
    killed.wait()
    (tmp_path / "e own").mkdir()
    own = RunLock(tmp_path / "e own")
    own.note_workers(left.pid)
    (tmp_path / "f odd" / LOCK_NAME).mkdir(parents=True)
    (tmp_path / "g empty").mkdir()
    (tmp_path / "g empty" / LOCK_NAME).write_bytes(b"")
    try:
        found = runs_of_others(tmp_path)
    finally:
        own.release()
    assert [one.folder.name for one in found] == ["a left", "b made"]
    first, second = (one.maker for one in found)
    assert (first.pid, first.words) == (left.pid, "left running")
    assert (second.pid, second.words) == (made.pid, f"another program ({made.pid})")
    assert second.workers


def test_a_maker_elsewhere_is_told_with_its_machine(tmp_path: Path) -> None:
    assert Maker(key="", pid=7, host="gpu1").words == "another program (7 on gpu1)"
    assert Maker(key="", pid=7, host="gpu1", left_running=True).words == "left running on gpu1"
    assert runs_of_others(tmp_path / "gone") == []
    with file_lock.held(tmp_path / WORKER_LOCK_NAME, 0):
        assert runs_of_others(tmp_path) == []
