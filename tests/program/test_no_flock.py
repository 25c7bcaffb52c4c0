"""The whole program where no file system has `flock`: run, killed, resumed, unlocked, and on a screen."""

import json
import signal
from pathlib import Path

import pytest

from fada_tui.store.journal import JOURNAL_NAME
from fada_tui.store.lock import LOCK_NAME
from tests.conftest import (
    LONG_ENOUGH,
    Program,
    kill_everything,
    load,
    run_folders,
)
from tests.held import held_worker, hold
from tests.noflock.preload import without_flock

pytestmark = pytest.mark.worker

WARNING = "this file system has no flock"


@pytest.fixture(autouse=True)
def no_flock(program: Program, tmp_path: Path) -> None:
    """Take `flock` away from the program and its worker."""
    program.env["LD_PRELOAD"] = without_flock(tmp_path)["LD_PRELOAD"]


def arguments(model: Path, images: Path, tokens: int = 60) -> list[str]:
    return [
        "--batch", "--json", "--model", str(model), "--images", str(images), "--max-new-tokens", str(tokens),
        "--question", "What?",
    ]  # fmt: skip


def test_two_runs_are_made_with_one_warning(program: Program, tiny: Path, images: Path) -> None:
    done = program.run(*arguments(tiny, images, 3), "--model", str(tiny))
    assert done.returncode == 0, done.stderr
    assert done.stderr.count(WARNING) == 1
    (warning,) = (line for line in done.stderr.splitlines() if WARNING in line)
    assert warning.startswith("warning: ")
    folders = run_folders(program.cwd)
    assert len(folders) == 2
    for folder in folders:
        assert load(folder)["status"] == "complete"
        assert not [path.name for path in folder.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize(
    "killed", [pytest.param(who, marks=pytest.mark.slow) for who in ("program", "worker", "both")]
)
def test_what_is_killed_is_resumed(program: Program, tiny: Path, many: Path, killed: str) -> None:
    hold(program, JOURNAL_NAME, 1)
    process = program.start(*arguments(tiny, many))
    worker = held_worker(process)
    (folder,) = run_folders(program.cwd)
    said = json.loads((folder / LOCK_NAME).read_bytes())
    assert (said["by"], said["program"]["pid"], said["worker"]["pid"]) == ("file", process.pid, worker.pid)
    second = program.run("--batch", "--resume", folder.name)
    assert second.returncode == 2 and f"process {process.pid}" in second.stderr
    if killed == "worker":
        worker.kill()
        _, err = process.communicate(timeout=LONG_ENOUGH)
        assert process.returncode == 0, err
    else:
        if killed == "both":
            kill_everything(process)
        else:
            process.send_signal(signal.SIGKILL)
            process.communicate()
            worker.resume()
        done = program.run("--batch", "--resume", folder.name, timeout=LONG_ENOUGH)
        assert done.returncode == 0, done.stderr
        assert done.stderr.count(WARNING) == 1
        assert not worker.is_running()
    run = load(folder)
    assert run["status"] == "complete"
    assert len({result["path"] for result in run["results"]}) == len(run["results"]) == 12
    assert not [path.name for path in folder.iterdir() if path.name.startswith(".")]


def test_another_machine_s_run_is_refused_until_it_is_unlocked(
    program: Program, tiny: Path, many: Path
) -> None:
    hold(program, JOURNAL_NAME, 1)
    process = program.start(*arguments(tiny, many))
    held_worker(process)
    (folder,) = run_folders(program.cwd)
    refused = program.run("runs", "unlock", folder.name)
    assert refused.returncode == 2 and f"kill {process.pid}" in refused.stderr
    kill_everything(process)
    record = json.loads((folder / LOCK_NAME).read_bytes())
    record["machine"]["host"] = "workstation-7"
    (folder / LOCK_NAME).write_bytes(json.dumps(record).encode())
    refused = program.run("--batch", "--resume", folder.name)
    assert refused.returncode == 2
    assert "workstation-7" in refused.stderr and "runs unlock" in refused.stderr
    assert len(refused.stderr.strip().splitlines()) == 1
    unlocked = program.run("runs", "unlock", folder.name)
    assert unlocked.returncode == 0 and "workstation-7" in unlocked.stdout
    again = program.run("runs", "unlock", folder.name, "--json")
    assert json.loads(again.stdout) == {"run": folder.name, "unlocked": False, "holder": None}
    done = program.run("--batch", "--resume", folder.name)
    assert done.returncode == 0, done.stderr
    assert load(folder)["status"] == "complete"


def test_a_run_whose_lock_was_broken_is_left_to_whoever_has_it(
    program: Program, tiny: Path, many: Path
) -> None:
    hold(program, JOURNAL_NAME, 1)
    process = program.start(*arguments(tiny, many))
    worker = held_worker(process)
    (folder,) = run_folders(program.cwd)
    (folder / LOCK_NAME).unlink()
    worker.resume()
    _, err = process.communicate(timeout=LONG_ENOUGH)
    assert process.returncode != 0
    assert "unlocked by hand" in err and "Traceback" not in err
    done = program.run("--batch", "--resume", folder.name)
    assert done.returncode == 0, done.stderr
    assert len(load(folder)["results"]) == 12
