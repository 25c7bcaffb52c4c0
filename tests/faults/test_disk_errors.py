"""Disks that fail: the first error is told, and names are on disk before what is in the files is told."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fada_tui.core import atomic
from tests.conftest import PROGRAM, write_image
from tests.faults.library import Call, Fault, Guard

PREAMBLE = """
import os, sys
from pathlib import Path
from fada_tui.core.errors import StoreError
from fada_tui.core.records import ResultMemory
from fada_tui.store import folder as store, journal
from fada_tui.store.lock import RunLock
from tests.examples import result, run

disk = Path(sys.argv[1])
line = journal.ResultLine(result=result())
"""


def do(guard: Guard, command: list[str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command, env={**os.environ, **guard.variables}, capture_output=True, text=True, check=False
    )


def script(guard: Guard, text: str, disk: Path) -> str:
    """Do a script and return what it says."""
    done = do(guard, [sys.executable, "-c", PREAMBLE + text, str(disk)])
    assert done.returncode == 0, done.stderr
    return done.stdout


def unsynced(guard: Guard) -> set[str]:
    """The names that were not on disk when the script made the folder `told`."""
    waiting: set[str] = set()
    for _, call, name, error in guard.lines():
        if name == "told":
            return waiting
        if not error and call in ("create", "mkdir", "rename"):
            waiting.add(name)
        elif not error and call == "fsync":
            waiting = {path for path in waiting if path.rpartition("/")[0] != name}
    raise AssertionError("nothing was told")


def test_a_new_run_is_on_disk_with_its_name_before_its_first_result_is_told(
    library: Path, disk: Path, tmp_path: Path
) -> None:
    """What is told by then is in the folder, the folder in the results, and these in theirs."""
    guard = Guard(library, disk, tmp_path)
    script(
        guard,
        """
folder = store.create(disk / "there" / "new" / "results", "m")
store.write_run(folder, run())
journal.append(folder / journal.JOURNAL_NAME, line)
os.mkdir(disk / "told")
""",
        disk,
    )
    # The first folder of all lies in the one beneath which calls are seen.
    assert unsynced(guard) == {"there"}
    calls = [(call, name.rpartition("/")[2]) for _, call, name, _ in guard.lines()]
    assert ("fsync", "journal.jsonl") in calls


def test_a_journal_that_another_process_began_is_on_disk_with_its_name(
    library: Path, disk: Path, tmp_path: Path
) -> None:
    """A line that need not be durable, or a kill, may leave a journal whose name is not."""
    (disk / "run").mkdir()
    begun = Guard(library, disk, tmp_path)
    first = "memory = journal.MemoryLine(path='A/a.png', question_id='q1', memory=ResultMemory())\n"
    script(begun, first + "journal.append(disk / 'run' / journal.JOURNAL_NAME, memory, durable=False)", disk)
    assert [call for _, call, _, _ in begun.lines()] == ["create", "write"]
    guard = Guard(library, disk, tmp_path)
    script(guard, "for _ in range(3): journal.append(disk / 'run' / journal.JOURNAL_NAME, line)", disk)
    synced = [name for _, call, name, _ in guard.lines() if call == "fsync"]
    assert synced == ["run/journal.jsonl", "run", *["run/journal.jsonl"] * 2]


@pytest.mark.parametrize("number", [errno.EINVAL, errno.EOPNOTSUPP])
def test_a_file_system_that_cannot_sync_folders_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refuse)
    atomic.sync_folder(tmp_path)


@pytest.mark.parametrize("call", ["create", "write", "fsync", "rename"])
@pytest.mark.parametrize("mode", ["eio", "erofs"])
def test_a_file_that_cannot_be_written_nor_tidied_up_tells_the_first_error(
    library: Path, disk: Path, tmp_path: Path, call: str, mode: str
) -> None:
    name = "run/run.json" if call == "rename" else "run/.run.json.tmp"
    guard = Guard(library, disk, tmp_path, Fault(Call("program", call, name, 1), mode, onward=True))  # type: ignore[arg-type]
    said = script(
        guard,
        """
os.mkdir(disk / "run")
try:
    with RunLock(disk / "run"):
        store.write_run(disk / "run", run())
except StoreError as error:
    print(error)
""",
        disk,
    )
    assert guard.happened
    word = "Input/output error" if mode == "eio" else "Read-only file system"
    assert said == f"cannot write {disk}/run/run.json: {word}; what was there is unharmed\n"


@pytest.mark.parametrize("call", ["truncate", "write"])
def test_a_lock_that_cannot_be_signed_is_told_and_locks_nobody_out(
    library: Path, disk: Path, tmp_path: Path, call: str
) -> None:
    guard = Guard(library, disk, tmp_path, Fault(Call("program", call, "run/.lock", 1), "eio"))
    said = script(
        guard,
        """
os.mkdir(disk / "run")
try:
    RunLock(disk / "run")
except StoreError as error:
    print(error)
RunLock(disk / "run", patience=0).release()
""",
        disk,
    )
    assert guard.happened
    assert said == f"cannot write {disk}/run: Input/output error\n"


def test_a_journal_that_cannot_be_removed_is_told(library: Path, disk: Path, tmp_path: Path) -> None:
    guard = Guard(
        library, disk, tmp_path, Fault(Call("program", "unlink", "run/journal.jsonl", 1), "eio", onward=True)
    )
    said = script(
        guard,
        """
os.mkdir(disk / "run")
store.write_run(disk / "run", run())
journal.append(disk / "run" / journal.JOURNAL_NAME, line)
try:
    store.settle(disk / "run")
except StoreError as error:
    print(error)
print(len(store.read_run(disk / "run").results))
""",
        disk,
    )
    path = disk / "run" / "journal.jsonl"
    assert said == f"cannot remove {path}: Input/output error; what is in it is in run.json, too\n1\n"


def test_a_journal_goes_only_once_the_new_run_is_on_disk_with_its_name(
    library: Path, disk: Path, tmp_path: Path
) -> None:
    guard = Guard(library, disk, tmp_path)
    script(
        guard,
        """
os.mkdir(disk / "run")
store.write_run(disk / "run", run())
journal.append(disk / "run" / journal.JOURNAL_NAME, line)
os.mkdir(disk / "settling")
store.settle(disk / "run")
""",
        disk,
    )
    calls = [(call, name.removeprefix("run/")) for _, call, name, _ in guard.lines()]
    settling = calls[calls.index(("mkdir", "settling")) :]
    assert settling[-4:] == [
        ("fsync", ".run.json.tmp"), ("rename", "run.json"), ("fsync", "run"), ("unlink", "journal.jsonl")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("call", "file", "code"),
    [("write", ".run.json.tmp", 2), ("create", ".lock", 2), ("create", "worker.log", 130)],
)
def test_a_new_run_that_the_disk_refuses_ends_in_one_line(
    library: Path, disk: Path, tmp_path: Path, call: str, file: str, code: int
) -> None:
    """No worker was started by then."""
    write_image(tmp_path / "images" / "A" / "a.png")
    at = Call("program", call, f"results/N-N_m-N.N.N.N-N/{file}", 1)
    guard = Guard(library, disk, tmp_path, Fault(at, "erofs", onward=True))
    done = do(
        guard,
        [
            *PROGRAM, "--batch", "--model", "http://127.0.0.1:1/v1#m", "--images", str(tmp_path / "images"),
            "--results", str(disk / "results"), "--question", "What?",
        ],
    )  # fmt: skip
    assert guard.happened, done.stderr
    assert done.returncode == code, done.stderr
    (said,) = [line for line in done.stderr.splitlines() if "cannot write" in line]
    assert said.startswith(("fada-tui: ", "error: ")) and "Read-only file system" in said
    assert "fault of fada-tui" not in done.stderr


@pytest.mark.parametrize(
    ("call", "file", "message"),
    [
        ("mkdir", "", "no temporary folder can be made: "),
        ("create", "/worker.log", "cannot write {}/tmp/v/worker.log: "),
    ],
)
def test_verifying_on_a_disk_that_refuses_tells_the_first_error(
    library: Path, disk: Path, tmp_path: Path, call: str, file: str, message: str
) -> None:
    """No worker was started by then."""
    (disk / "tmp").mkdir()
    text = """
import asyncio, tempfile
from fada_tui.runs.job import load_command
from fada_tui.runs.verify.rerun import Verification
from fada_tui.runs.worker_client.deadlines import Deadlines

def mkdtemp(prefix):  # not by a name at random
    os.mkdir(disk / "tmp" / "v")
    return disk / "tmp" / "v"

tempfile.mkdtemp = mkdtemp

async def verify():
    async for _ in Verification(run(), [], load_command(run()), Deadlines()).events():
        pass

try:
    asyncio.run(verify())
except StoreError as error:
    print(error)
"""
    guard = Guard(
        library, disk, tmp_path, Fault(Call("program", call, f"tmp/v{file}", 1), "erofs", onward=True)
    )
    said = script(guard, text, disk)
    assert guard.happened
    assert said.startswith(message.format(disk)) and "Read-only file system" in said
