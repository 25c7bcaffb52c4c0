"""Disks that fail: the first error is told, and nobody is locked out."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import PROGRAM, write_image
from tests.faults.library import Call, Fault, Guard, build

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


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("library"))


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    folder = tmp_path / "disk"
    folder.mkdir()
    return folder


def do(guard: Guard, command: list[str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command, env={**os.environ, **guard.variables}, capture_output=True, text=True, check=False
    )


def script(guard: Guard, text: str, disk: Path) -> str:
    """Do a script and return what it says."""
    done = do(guard, [sys.executable, "-c", PREAMBLE + text, str(disk)])
    assert done.returncode == 0, done.stderr
    return done.stdout


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
