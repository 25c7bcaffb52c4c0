"""Files written whole, by many at once; what killed programs leave beside them."""

import os
import subprocess
import sys
import threading
from pathlib import Path

from fada_tui.core import temporary
from fada_tui.core.atomic import write_whole
from fada_tui.core.process import Process, identify

WRITERS = 8
TIMES = 40


def test_threads_that_write_one_file_never_share_a_temporary(tmp_path: Path) -> None:
    file = tmp_path / "run.json"
    failed: list[BaseException] = []
    contents = [bytes([65 + number]) * 20_000 for number in range(WRITERS)]

    def write(content: bytes) -> None:
        try:
            for _ in range(TIMES):
                write_whole(file, content)
                assert file.read_bytes() in contents
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=write, args=(content,)) for content in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert [path.name for path in tmp_path.iterdir()] == ["run.json"]


def test_a_temporary_of_a_long_name_can_be_made(tmp_path: Path) -> None:
    file = tmp_path / ("ä" * 120 + ".json")
    write_whole(file, b"{}")
    assert file.read_bytes() == b"{}"


def test_a_killed_programs_temporary_is_removed_and_a_living_ones_is_not(tmp_path: Path) -> None:
    script = """
import os, signal, sys
from pathlib import Path
from fada_tui.core.temporary import beside
beside(Path(sys.argv[1])).write_bytes(b"half")
os.kill(os.getpid(), signal.SIGKILL)
"""
    subprocess.run([sys.executable, "-c", script, str(tmp_path / "run.json")], check=False)
    (left,) = tmp_path.iterdir()
    ours = temporary.beside(tmp_path / "run.json")
    ours.write_bytes(b"half")
    for name in ("notes.tmp", ".notes.12.tmp"):
        (tmp_path / name).write_bytes(b"a person's own")
        os.utime(tmp_path / name, (0, 0))
    temporary.clean(tmp_path)
    assert not left.exists()
    assert {path.name for path in tmp_path.iterdir()} == {ours.name, "notes.tmp", ".notes.12.tmp"}


def test_a_temporary_of_another_machine_or_version_is_removed_after_a_day(tmp_path: Path) -> None:
    named = (".run.json.1234-99-deadbeef-01234567.tmp", ".run.json.4194304999.tmp")
    for name in named:
        (tmp_path / name).write_bytes(b"half")
    temporary.clean(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == set(named)
    for name in named:
        os.utime(tmp_path / name, (0, 0))
    temporary.clean(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_process_is_told_from_a_later_one_of_its_id() -> None:
    ours = identify(os.getpid())
    assert ours.lives
    assert not Process(ours.pid, ours.started + 1).lives
    ended = subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.DEVNULL)
    known = identify(ended.pid)
    os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
    assert not known.lives  # it ended, though its parent has not noticed
    ended.wait()
    assert not known.lives
