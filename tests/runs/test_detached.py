"""The process that works through a queue with nobody looking, on real files."""

import contextlib
import os
import resource
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from fada_tui.config.servers import ServerSettings
from fada_tui.config.settings import Settings
from fada_tui.core.errors import FadaError, StoreError
from fada_tui.core.secrets import remember
from fada_tui.runs.consent import NOTHING, Consent
from fada_tui.runs.detached import orders
from fada_tui.runs.detached.launch import launch
from fada_tui.runs.detached.log import LARGEST, Log, open_log
from fada_tui.store import folder as store
from fada_tui.store.lock import RunLock
from fada_tui.store.queue_file import (
    LOG_NAME,
    QUEUE_NAME,
    WORKER_LOCK_NAME,
    QueuedRun,
    change_queue,
    read_queue,
)
from tests.conftest import LONG_ENOUGH, load, wait_for
from tests.detached import ended_at_last, launched, wait_for_end, worker_pids, write_runs
from tests.endpoint_server import Asked, Behaviour, serving, stream


@pytest.fixture
def results(tmp_path: Path) -> Iterator[Path]:
    """A results folder, which nothing works through after the test."""
    folder = tmp_path / "results"
    with ended_at_last(folder):
        yield folder


def test_orders_are_what_was_told_also_with_names_that_are_no_text() -> None:
    settings = Settings(
        token_timeout=7.5,
        servers={"here": ServerSettings(headers={"X-Key": "$SECRET"}, extra={"n": {"a": [1, None]}})},
    )
    consent = Consent(
        code=frozenset({("/data/\udcff", None), ("hub/one", "abc")}),
        any_revision=frozenset({"hub/two"}),
        pickled=frozenset({"hub/three"}),
        hosts=("remote", "other:8000"),
    )
    given = orders.from_bytes(orders.to_bytes(orders.orders_of(settings, consent)))
    assert given == orders.orders_of(settings, consent)
    assert given.deadlines.token == 7.5 and given.consent == consent


def test_the_log_is_bounded_and_keeps_its_latest_lines(tmp_path: Path) -> None:
    line = b"x" * 99 + b"\n"
    (tmp_path / LOG_NAME).write_bytes(line * (LARGEST // 100 + 100) + b"the last\n")
    with open_log(tmp_path) as file:
        file.write(b"more\n")
    kept = (tmp_path / LOG_NAME).read_bytes()
    assert len(kept) <= LARGEST // 2 + 10
    assert kept.startswith(line) and kept.endswith(line + b"the last\nmore\n")


def test_what_is_said_goes_into_the_log_of_that_name_on_a_line_without_keys(tmp_path: Path) -> None:
    with open_log(tmp_path) as file:
        if (child := os.fork()) == 0:
            os.dup2(file.fileno(), sys.stderr.fileno())
            (tmp_path / LOG_NAME).unlink()  # as where its older half was dropped
            remember(["a-key-of-ours"])
            log = Log(tmp_path)
            log.renew()
            log.say("no leave for a-key-of-ours\n\x1b[2J")
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    (line,) = (tmp_path / LOG_NAME).read_text().splitlines()
    assert "no leave for [key]" in line and "\x1b" not in line


def test_a_log_that_leads_elsewhere_is_written_by_nobody(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(b"of somebody\n" * LARGEST)
    for make in (lambda log: log.symlink_to(elsewhere), lambda log: log.symlink_to("nowhere"), os.mkfifo):
        make(tmp_path / LOG_NAME)
        with pytest.raises(StoreError, match=r"queue\.log is a link, or no file: remove it"):
            open_log(tmp_path)
        (tmp_path / LOG_NAME).unlink()
    assert elsewhere.read_bytes() == b"of somebody\n" * LARGEST
    assert not (tmp_path / "nowhere").exists()


def test_what_cannot_be_launched_is_told_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FadaError, match="cannot write"):
        launch(tmp_path / "nowhere", Settings(), NOTHING)
    (tmp_path / QUEUE_NAME).write_text("{")
    with pytest.raises(FadaError, match=r"queue\.json is damaged") as told:
        launch(tmp_path, Settings(), NOTHING)
    assert "\n" not in str(told.value)
    (tmp_path / QUEUE_NAME).unlink()
    monkeypatch.setenv("PYTHONHOME", str(tmp_path))
    with pytest.raises(FadaError, match=r"did not begin; .*queue\.log may say why"):
        launch(tmp_path, Settings(), NOTHING)
    assert (tmp_path / LOG_NAME).read_text()


@pytest.mark.long
def test_what_cannot_begin_stays_with_its_problem_and_the_others_have_their_turn(
    results: Path, images: Path
) -> None:
    remote = Settings(
        model=("http://remote.example/v1#m",), images=str(images), allow_host=("remote.example",)
    )
    ours = Settings(images=str(images))
    (unallowed,) = write_runs(results, remote)
    damaged, gone, kept, own = (write_runs(results, ours)[0] for _ in range(4))
    (damaged / store.RUN_NAME).write_text("{")
    shutil.rmtree(gone)
    change_queue(
        results,
        lambda queue: [
            QueuedRun(run=one.run, kept=one.run == kept.name, problem="what was wrong earlier")
            for one in queue
            if one.run != own.name
        ],
    )
    said = wait_for_end(results, launched(results, ours))
    left = {one.run: one for one in read_queue(results)}
    assert list(left) == [unallowed.name, damaged.name, kept.name]
    assert "--allow-host remote.example" in str(left[unallowed.name].problem)
    assert "is damaged" in str(left[damaged.name].problem)
    assert left[kept.name] == QueuedRun(run=kept.name, kept=True)
    assert f"{gone.name}: its folder is gone" in said
    assert "Traceback" not in said and "no run is left to begin" in said
    assert {path.name for path in results.iterdir() if not path.is_dir()} == {QUEUE_NAME, LOG_NAME}


@pytest.mark.long
def test_a_run_that_is_being_written_is_waited_for_and_a_second_launch_adds_nobody(
    results: Path, images: Path
) -> None:
    settings = Settings(images=str(images))
    (first,) = write_runs(results, settings)
    with RunLock(first):
        pid = launched(results, settings)
        assert launched(results, settings) == pid
        wait_for(lambda: f"waits for process {os.getpid()}" in (results / LOG_NAME).read_text())
        os.kill(pid, signal.SIGHUP)
        os.kill(pid, signal.SIGTERM)
        said = wait_for_end(results, pid)
    assert said.count("waits for") == 1 and "told to stop" in said
    assert [one.run for one in read_queue(results)] == [first.name]


@pytest.mark.long
@pytest.mark.parametrize("happens", ["damaged", "removed", "folder", "lock"])
def test_a_queue_that_is_changed_by_hand_ends_it_in_one_line(
    results: Path, images: Path, happens: str
) -> None:
    settings = Settings(images=str(images))
    (first,) = write_runs(results, settings)
    with RunLock(first):
        pid = launched(results, settings)
        match happens:
            case "damaged":
                (results / QUEUE_NAME).write_text("{")
            case "removed":
                (results / QUEUE_NAME).unlink()
            case "folder":
                results.rename(results.with_name("elsewhere"))  # others may be at work in it
                results.mkdir()
                (results / LOG_NAME).write_text("")
            case "lock":
                (results / WORKER_LOCK_NAME).unlink()
        said = wait_for_end(results, pid)
    assert "Traceback" not in said
    assert happens != "damaged" or "queue.json is damaged" in said
    assert happens != "removed" or "no run is left" in said
    assert happens != "lock" or "the lock of the queue is gone" in said


IN_A_FOLDER = """
import os, sys
from pathlib import Path
from fada_tui.config.settings import Settings
from tests.detached import launched
print(launched(Path("../results"), Settings(server_patience=0)), flush=True)
"""


@pytest.mark.worker
def test_a_queue_left_running_is_worked_through_with_nobody_looking(
    results: Path, images: Path, tmp_path: Path
) -> None:
    """The last is of a server that is down; the folder in which it was launched goes meanwhile."""
    settings = Settings(
        model=("fada-demo", "fada-demo", "http://127.0.0.1:1/v1#down"), images=str(images), server_patience=0
    )
    first, second, down = write_runs(results, settings)
    first.chmod(0o755)
    cwd = tmp_path / "cwd"
    cwd.mkdir()
    with RunLock(first):  # nothing begins before the folder is gone
        told = subprocess.run(
            [sys.executable, "-c", IN_A_FOLDER],
            cwd=cwd,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        )
        shutil.rmtree(cwd)
        pid = int(told.stdout)
        assert psutil.Process(pid).terminal() is None and os.getsid(pid) == pid
        for entry in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(FileNotFoundError):  # closed just now
                assert not str(entry.readlink()).startswith("/dev/pts")
    workers: set[int] = set()
    wait_for(lambda: workers.update(worker_pids(pid)) or not read_queue(results))
    said = wait_for_end(results, pid)
    for folder in (first, second):
        run = load(folder)
        assert run["status"] == "complete" and len(run["results"]) == 4
        assert (folder / store.SUMMARY_NAME).exists()
    failed = load(down)
    assert failed["status"] == "failed" and failed["error"]["kind"] == "endpoint_unreachable"
    assert load(first)["model"]["load_time"] == load(second)["model"]["load_time"]
    assert said.count("complete, 4 answers, 0 errors") == 2 and "Traceback" not in said
    left = {path.name for path in results.iterdir() if not path.is_dir()}
    assert left == {store.COMPARISON_NAME, LOG_NAME}
    assert (results / LOG_NAME).stat().st_mode & 0o777 == 0o644


@pytest.mark.worker
@pytest.mark.slow
def test_one_that_is_told_to_end_finishes_the_image_and_leaves_the_rest_in_the_queue(
    results: Path, many: Path
) -> None:
    settings = Settings(model=("fada-demo", "fada-demo"), images=str(many))
    first, second = write_runs(results, settings)
    pid = launched(results, settings)
    wait_for(lambda: store.read_run(first).results)
    os.kill(pid, signal.SIGTERM)
    said = wait_for_end(results, pid)
    assert "told to stop" in said
    run = store.read_run(first)
    assert [one.run for one in read_queue(results)][-1] == second.name
    assert run.status == "complete" or read_queue(results)[0].run == first.name
    assert not (first / "journal.jsonl").exists()
    assert store.read_run(second).results == ()


@pytest.mark.worker
def test_a_full_disk_ends_the_queue_as_it_was_and_the_next_launch_goes_on(results: Path, many: Path) -> None:
    go_on = threading.Event()

    def answered(_: Asked) -> Behaviour:
        assert len(server.asked) < 3 or go_on.wait(LONG_ENOUGH)
        return stream()

    with serving(answered) as server:
        settings = Settings(model=(server.source, server.source), images=str(many), concurrency=1)
        folders = write_runs(results, settings)
        before = read_queue(results)
        pid = launched(results, settings)
        wait_for(lambda: store.read_run(folders[0]).results)
        for one in (pid, *worker_pids(pid)):
            resource.prlimit(one, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
        go_on.set()
        wait_for_end(results, pid)
        assert read_queue(results) == before
        had = store.read_run(folders[0]).results
        assert had and store.read_run(folders[1]).results == ()
        said = wait_for_end(results, launched(results, settings))
    for folder in folders:
        run = store.read_run(folder)
        assert run.status == "complete" and len(run.results) == 12
    kept = {(one.key, one.timing) for one in store.read_run(folders[0]).results}
    assert kept >= {(one.key, one.timing) for one in had}
    assert "Traceback" not in said
