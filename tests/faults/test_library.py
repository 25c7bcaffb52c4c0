"""The library that makes calls fail: which calls it sees, what it does to them, and to nothing else."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import lives
from tests.faults.library import Call, Fault, Guard, faults_at

pytestmark = pytest.mark.long

EVERY_CALL = """
import os, sys
os.chdir(sys.argv[1])
os.mkdir("d")
with open("d/f", "wb", buffering=0) as file:
    file.write(b"12345678")
    os.pwrite(file.fileno(), b"9", 0)
    os.writev(file.fileno(), [b"a", b"b"])
    os.fsync(file.fileno())
    os.fdatasync(file.fileno())
    os.truncate(file.fileno(), 4)
    os.fchmod(file.fileno(), 0o600)
os.truncate("d/f", 2)
os.chmod("d/f", 0o644)
os.utime("d/f")
os.link("d/f", "d/g")
os.symlink("f", "d/h")
os.rename("d/f", "d/f-1234")
os.replace("d/g", "d/.run.json.55-abc.tmp")
folder = os.open("d", os.O_RDONLY)
os.unlink("h", dir_fd=folder)
os.close(os.open("i", os.O_RDWR | os.O_CREAT, dir_fd=folder))
os.fsync(folder)
os.unlink("d/i")
os.unlink("d/f-1234")
os.unlink("d/.run.json.55-abc.tmp")
os.rmdir("d")
"""

WRITE = """
import os, sys
for name in sys.argv[1:]:
    file = os.open(name, os.O_WRONLY | os.O_CREAT)
    for _ in range(3):
        try:
            print(os.write(file, b"12345678"))
        except OSError as error:
            print(error.strerror)
"""


def do(guard: Guard, script: str, *arguments: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", script, *arguments],
        env={**os.environ, **guard.variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_call_that_changes_something_is_seen(library: Path, disk: Path, tmp_path: Path) -> None:
    guard = Guard(library, disk, tmp_path)
    done = do(guard, EVERY_CALL, disk)
    assert done.returncode == 0, done.stderr
    assert [(call, name) for _, call, name, _ in guard.lines()] == [
        ("mkdir", "d"),
        ("create", "d/f"),
        *[("write", "d/f")] * 3,
        *[("fsync", "d/f")] * 2,
        ("truncate", "d/f"),
        ("chmod", "d/f"),
        ("truncate", "d/f"),
        ("chmod", "d/f"),
        ("utime", "d/f"),
        ("link", "d/g"),
        ("link", "d/h"),
        ("rename", "d/f-N"),
        ("rename", "d/.run.json.tmp"),
        ("unlink", "d/h"),
        ("create", "d/i"),
        ("fsync", "d"),
        ("unlink", "d/i"),
        ("unlink", "d/f-N"),
        ("unlink", "d/.run.json.tmp"),
        ("rmdir", "d"),
    ]
    assert not list(disk.iterdir())


def fault(mode: str, *, onward: bool = False) -> Fault:
    return Fault(Call("program", "write", "a", 2), mode, onward)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("which", "said", "size"),
    [
        (fault("eio"), ["8", "Input/output error", "8", "8", "8", "8"], 16),
        (fault("enospc"), ["8", "No space left on device", "8", "8", "8", "8"], 16),
        (fault("erofs", onward=True), ["8", *["Read-only file system"] * 2, "8", "8", "8"], 8),
        (fault("short"), ["8", "4", "8", "8", "8", "8"], 20),
        (fault("short", onward=True), ["8", "4", "No space left on device", "8", "8", "8"], 12),
        (fault("torn"), [], 12),
        (fault("kill"), [], 8),
        (fault("killall"), [], 8),
        (fault("power"), [], 8),
    ],
)
def test_a_call_fails_and_what_lies_elsewhere_never_does(
    library: Path, disk: Path, tmp_path: Path, which: Fault, said: list[str], size: int
) -> None:
    guard = Guard(library, disk, tmp_path, which)
    done = do(guard, WRITE, disk / "a", tmp_path / "a")
    assert guard.happened
    assert done.returncode == (0 if said else -9)
    assert not said or done.stdout.split("\n")[:-1] == said
    assert (disk / "a").stat().st_size == size
    assert not said or (tmp_path / "a").stat().st_size == 24


def test_all_processes_are_killed(library: Path, disk: Path, tmp_path: Path) -> None:
    """One in a session of its own, too, as the worker is; no other."""
    bystander = subprocess.Popen(["sleep", "1000"])
    script = (
        "import subprocess, sys\n"
        "sleeping = ['sh', '-c', 'echo; exec sleep 1000']\n"
        "child = subprocess.Popen(sleeping, stdout=subprocess.PIPE, start_new_session=True)\n"
        "child.stdout.readline()  # it has the library by now\n"
        "print(child.pid, flush=True)\n" + WRITE
    )
    guard = Guard(library, disk, tmp_path, fault("killall"))
    try:
        done = do(guard, script, disk / "a")
        assert done.returncode == -9
        assert guard.wait_for_the_rest(60)
        assert not lives(int(done.stdout.split()[0]))
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_without_a_folder_nothing_is_done(library: Path, disk: Path, tmp_path: Path) -> None:
    guard = Guard(library, disk, tmp_path, fault("eio", onward=True))
    del guard.variables["FAULTS_BENEATH"]
    assert do(guard, WRITE, disk / "a").stdout.split() == ["8"] * 3
    assert not guard.happened


def test_a_full_disk_lets_go_of_what_it_has() -> None:
    faults = list(faults_at([Call("program", "unlink", "a", 1)]))
    assert {fault.mode for fault in faults} == {"eio", "erofs", "killall", "power"}
    written = list(faults_at([Call("program", "write", "a", 1), Call("worker", "write", "a", 1)]))
    assert len(written) == 2 * 12
