import fcntl
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from fada_tui.core.errors import StoreError
from fada_tui.core.file_lock import LockedError
from fada_tui.store import leftovers, queue_file
from fada_tui.store.queue_file import (
    QUEUE_NAME,
    WORKER_LOCK_NAME,
    QueuedRun,
    QueueLock,
    change_queue,
    queue_worker,
    read_queue,
    upcoming,
)
from tests.noflock.preload import without_flock

ADD = """
import sys
from pathlib import Path
from fada_tui.store.queue_file import QueuedRun, change_queue
results, name, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
sys.stdin.readline()
for number in range(count):
    change_queue(results, lambda queue: (*queue, QueuedRun(run=f"{name}-{number}")))
"""

KILLED = """
import os, signal, sys
from pathlib import Path
from fada_tui.core import atomic
from fada_tui.store.queue_file import QueuedRun, change_queue
results, where = Path(sys.argv[1]), sys.argv[2]
def die(*_): os.kill(os.getpid(), signal.SIGKILL)
if where == "replace":
    Path.replace = die
elif where == "sync":
    atomic.sync_folder = die
change_queue(results, lambda queue: (*queue, QueuedRun(run="new")))
"""


def names(results: Path) -> list[str]:
    return [one.run for one in read_queue(results)]


def test_a_queue_is_kept_in_its_order_and_its_file_goes_with_the_last_run(tmp_path: Path) -> None:
    assert read_queue(tmp_path) == ()
    runs = (
        QueuedRun(run="a", kept=True),
        QueuedRun(run="b", problem="no leave"),
        QueuedRun(run="c"),
        QueuedRun(run="a"),
    )
    after = change_queue(tmp_path, lambda queue: (*queue, *runs))
    assert after == read_queue(tmp_path) == runs[:3]
    assert json.loads((tmp_path / QUEUE_NAME).read_bytes()) == {
        "schema": "fada-tui/queue/1",
        "runs": [
            {"run": "a", "kept": True},
            {"run": "b", "kept": False, "problem": "no leave"},
            {"run": "c", "kept": False},
        ],
    }
    assert upcoming(after) == QueuedRun(run="c") and upcoming(after[:2]) is None
    assert change_queue(tmp_path, lambda queue: ()) == ()
    assert list(tmp_path.iterdir()) == []


def test_a_change_that_changes_nothing_writes_nothing(tmp_path: Path) -> None:
    change_queue(tmp_path, lambda queue: (QueuedRun(run="a"),))
    before = (tmp_path / QUEUE_NAME).stat()
    change_queue(tmp_path, lambda queue: queue)
    assert os.path.samestat(before, (tmp_path / QUEUE_NAME).stat())


def test_what_a_newer_version_or_a_person_added_stays(tmp_path: Path) -> None:
    path = tmp_path / QUEUE_NAME
    path.write_bytes(
        b'\xef\xbb\xbf{"schema": "fada-tui/queue/1", "by": "me", "runs": [{"run": "a", "why": "x"}]}'
    )
    change_queue(tmp_path, lambda queue: (QueuedRun(run="b"), *(replace(x, kept=True) for x in queue)))
    found = json.loads(path.read_bytes())
    assert found["by"] == "me" and found["runs"][1] == {"run": "a", "kept": True, "why": "x"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"schema": "fada-tui/queue/1", "runs": [',
        '{"schema": "fada-tui/queue/1", "runs": [{}]}',
        '{"schema": "fada-tui/queue/1", "runs": [{"run": "../elsewhere"}]}',
        '{"schema": "fada-tui/queue/1", "runs": [{"run": ".."}]}',
        '{"schema": "fada-tui/queue/1", "runs": [{"run": ""}]}',
        r'{"schema": "fada-tui/queue/1", "runs": [{"run": "\\x2e\\x2e\\x2felsewhere"}]}',
        r'{"schema": "fada-tui/queue/1", "runs": [{"run": "\\x2fsomewhere\\x2frun"}]}',
        r'{"schema": "fada-tui/queue/1", "runs": [{"run": "run\\x00"}]}',
        '{"schema": "fada-tui/queue/9", "runs": []}',
        "[" * 5000,
    ],
)
def test_a_damaged_queue_is_told_in_one_line_and_changed_by_nobody(tmp_path: Path, text: str) -> None:
    path = tmp_path / QUEUE_NAME
    path.write_text(text)
    for touch in (
        lambda: read_queue(tmp_path),
        lambda: change_queue(tmp_path, lambda queue: (*queue, QueuedRun(run="a"))),
    ):
        with pytest.raises(StoreError) as told:
            touch()
        assert str(path) in str(told.value) and "\n" not in str(told.value)
    assert path.read_text() == text


def test_what_cannot_be_a_queue_is_told(tmp_path: Path) -> None:
    for make in (Path.mkdir, os.mkfifo):
        make(tmp_path / QUEUE_NAME)
        with pytest.raises(StoreError, match=r"cannot read .*queue\.json: it is a"):
            read_queue(tmp_path)
        (tmp_path / QUEUE_NAME).rmdir() if make is Path.mkdir else (tmp_path / QUEUE_NAME).unlink()
    with pytest.raises(StoreError, match="cannot write"):
        change_queue(tmp_path / "nowhere", lambda queue: queue)
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("flock", [True, False])
def test_programs_that_change_it_at_once_lose_nothing(tmp_path: Path, flock: bool) -> None:
    results = tmp_path / "results"
    results.mkdir()
    environment = dict(os.environ) if flock else without_flock(tmp_path)
    adding = [
        subprocess.Popen(
            [sys.executable, "-c", ADD, str(results), name, "15"], stdin=subprocess.PIPE, env=environment
        )
        for name in "ab"
    ]
    for process in adding:
        assert process.stdin
        process.stdin.write(b"\n")
        process.stdin.flush()
    for process in adding:
        process.communicate()
        assert process.returncode == 0
    found = names(results)
    assert len(found) == 30
    for name in "ab":
        assert [one for one in found if one.startswith(name)] == [f"{name}-{n}" for n in range(15)]
    assert [path.name for path in results.iterdir()] == [QUEUE_NAME]


@pytest.mark.parametrize(("where", "there"), [("replace", ["old"]), ("sync", ["old", "new"])])
def test_a_kill_leaves_the_old_queue_or_the_new_one(tmp_path: Path, where: str, there: list[str]) -> None:
    change_queue(tmp_path, lambda queue: (QueuedRun(run="old"),))
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), where], check=False)
    assert done.returncode < 0
    assert names(tmp_path) == there
    copy = shutil.copytree(tmp_path, tmp_path.with_name(f"{tmp_path.name}-copy"))
    leftovers.clean(copy)
    assert [path.name for path in copy.iterdir()] == [QUEUE_NAME]
    assert change_queue(tmp_path, lambda queue: (*queue, QueuedRun(run="later")))[-1].run == "later"
    leftovers.clean(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [QUEUE_NAME]


def test_one_process_works_through_it_and_leaves_only_when_no_run_is_ready(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_file, "TAKING_PATIENCE", 0)
    assert queue_worker(tmp_path) is None
    change_queue(tmp_path, lambda queue: (QueuedRun(run="a"), QueuedRun(run="b", kept=True)))
    lock = QueueLock(tmp_path)
    holder = queue_worker(tmp_path)
    assert holder and holder.program and holder.program.pid == os.getpid()
    with pytest.raises(LockedError):
        QueueLock(tmp_path)
    assert not lock.leave() and lock.is_kept
    change_queue(tmp_path, lambda queue: queue[1:])
    assert lock.leave()
    assert queue_worker(tmp_path) is None and not (tmp_path / WORKER_LOCK_NAME).exists()


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.mark.parametrize(("folder", "expected"), [(0o700, 0o600), (0o755, 0o644), (0o770, 0o660)])
def test_the_file_is_for_those_whom_the_first_run_is_for(tmp_path: Path, folder: int, expected: int) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a").chmod(folder)
    change_queue(tmp_path, lambda queue: (QueuedRun(run="a"),))
    assert mode(tmp_path / QUEUE_NAME) == expected


def test_one_that_was_killed_is_nobody_though_somebody_asks_about_the_lock(tmp_path: Path) -> None:
    killed = "from fada_tui.store.queue_file import QueueLock; import os, pathlib, sys; "
    killed += "QueueLock(pathlib.Path(sys.argv[1])); os.kill(os.getpid(), 9)"
    subprocess.run([sys.executable, "-c", killed, str(tmp_path)], check=False)
    with (tmp_path / WORKER_LOCK_NAME).open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert queue_worker(tmp_path) is None
