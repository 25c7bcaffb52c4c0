"""The real dashboard on a pty, left with runs going on: they are complete afterwards, each made once."""

import json
import re
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fada_tui.store.journal import JOURNAL_NAME
from fada_tui.store.queue_file import LOG_NAME, queue_worker, read_queue
from tests.conftest import wait_for
from tests.detached import ended_at_last, wait_for_end
from tests.held import held_worker, holding
from tests.tui.program import OnPty, slowed

pytestmark = pytest.mark.long

Start = Callable[..., OnPty]
RUN = ["--limit=12", *(f"--question=Question {number}?" for number in range(5))]
ANSWERS = 60


@pytest.fixture
def results(tmp_path: Path) -> Iterator[Path]:
    """The program's results folder, which nothing works through after the test."""
    folder = tmp_path / "results"
    with ended_at_last(folder):
        yield folder


def begin(program: OnPty, times: int = 1) -> None:
    """Set up runs, and wait until the first one answers, and its worker stands still."""
    program.wait_for("Press r to ask")
    for _ in range(times):
        program.press("r")
        program.wait_for(f"{ANSWERS} answers")
        program.press("r")
        program.wait_for(lambda text: f"{ANSWERS} answers" not in text)
    program.wait_for(lambda text: re.search(rf"[1-9]\d*/{ANSWERS}", text))
    held_worker(program.process)


def check_complete(results: Path, runs: int) -> None:
    """All runs are complete, and nothing was made twice."""
    folders = sorted(results.glob("*/run.json"))
    assert len(folders) == runs
    for file in folders:
        run: dict[str, Any] = json.loads(file.read_bytes())
        assert run["status"] == "complete", (file, run["status"])
        made = Counter((one["path"], one["question_id"]) for one in run["results"])
        assert len(made) == ANSWERS and set(made.values()) == {1}
        assert not (file.parent / "journal.jsonl").exists() and (file.parent / "summary.md").exists()
    assert read_queue(results) == ()


def goes_on(results: Path) -> int:
    """Return the process that works through the queue: it may only begin once we look, or be done."""

    def begun() -> re.Match[str] | None:
        log = results / LOG_NAME
        return re.search(r"process (\d+) works through the queue", log.read_text() if log.exists() else "")

    return int(wait_for(begun)[1])


def test_runs_that_are_left_are_complete_an_hour_later(start: Start, tmp_path: Path, results: Path) -> None:
    program = start(*RUN, size=(80, 24), environ=holding(tmp_path, JOURNAL_NAME, ANSWERS // 2))
    begin(program, times=2)
    program.press("q")
    program.wait_for("A run goes on, and 1 waits. Leave them running?")
    with slowed(program.process.pid):
        program.press("enter")
        assert program.wait_end() == 0
    assert program.restored, program.left_on()
    assert b"2 runs go on without a screen, in process " in program.written
    log = wait_for_end(results, goes_on(results))
    check_complete(results, 2)
    assert log.count(": begins, ") == 2


@pytest.mark.slow
def test_a_dashboard_that_is_killed_while_it_is_left_loses_nothing(
    start: Start, tmp_path: Path, results: Path
) -> None:
    program = start(*RUN, environ=holding(tmp_path, JOURNAL_NAME, ANSWERS // 2))
    begin(program, times=2)
    program.press("q")
    program.wait_for("Leave them running?")
    with slowed(program.process.pid):
        program.press("g")
        wait_for(lambda: queue_worker(results))
        program.signal(signal.SIGKILL)
        program.wait_end()
    wait_for_end(results, goes_on(results))
    check_complete(results, 2)


@pytest.mark.parametrize(
    "way", [pytest.param("closed", marks=pytest.mark.slow), "signal while it takes no bytes"]
)
def test_runs_go_on_when_the_terminal_hangs_up(way: str, start: Start, tmp_path: Path, results: Path) -> None:
    program = start(*RUN, "--hang-up", "go_on", environ=holding(tmp_path, JOURNAL_NAME, ANSWERS // 2))
    begin(program, times=2)
    if way == "closed":
        with slowed(program.process.pid):
            program.hang_up()
            assert program.wait_end() == 128 + signal.SIGHUP
    else:
        with program.stalled():
            # Keys are echoed and frames drawn until nothing more fits: then the event loop is blocked.
            for _ in range(200):
                program.press("D")
            with slowed(program.process.pid):
                program.signal(signal.SIGHUP)
                assert program.wait_end() == 128 + signal.SIGHUP
    log = wait_for_end(results, goes_on(results))
    check_complete(results, 2)
    assert log.count(": begins, ") == 2, (results / LOG_NAME).read_text()
