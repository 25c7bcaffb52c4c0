"""Twenty SIGKILLs of a dashboard, of the process that it left running, and of its worker: nothing is lost."""

import json
import os
import random
import re
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from fada_tui.store.folder import read_run
from fada_tui.store.queue_file import queue_worker, read_queue
from tests.conftest import run_folders, wait_for
from tests.detached import ended_at_last, worker_pids
from tests.tui.program import OnPty

Start = Callable[..., OnPty]

QUESTIONS = 30
ANSWERS = 24 * QUESTIONS
RUN = [f"--question=Question {number}?" for number in range(QUESTIONS)]
KILLS = 20
RUNS = 3


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_twenty_kills_of_either_side_lose_nothing_and_make_nothing_twice(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dice = random.Random(int(os.environ.get("KILLS_SEED", "21")))
    results = tmp_path / "results"
    with ended_at_last(results):
        program = start(*RUN)
        begin_three(program)
        program.press("q")
        program.wait_for("Leave them running?")
        program.press("g")
        wait_for(lambda: queue_worker(results))
        killed: Counter[str] = Counter()
        told = 0
        while sum(killed.values()) < KILLS and read_queue(results):
            side = dice.choice(("dashboard", "process", "worker", "both"))
            if program.process.poll() is not None:
                program = start(*RUN)
                program.wait_for(is_main)
            if queue_worker(results) is None:
                start_again(program, results)
            if dice.random() < 0.7:
                wait_for_another(results)
            told = max(told, judge(program, dice))
            time.sleep(dice.uniform(0, 2.5))
            kill(side, program, results)
            killed[side] += 1
        assert sum(killed.values()) == KILLS, "the runs were over too soon"
        if queue_worker(results) is None and read_queue(results):
            if program.process.poll() is not None:
                program = start(*RUN)
            start_again(program, results)
        wait_until_over(results)
    folders = run_folders(tmp_path)
    assert len(folders) == RUNS
    standing = 0
    for folder in folders:
        run = json.loads((folder / "run.json").read_bytes())
        assert run["status"] == "complete", folder
        made = Counter((one["path"], one["question_id"]) for one in run["results"])
        assert len(made) == ANSWERS and set(made.values()) == {1}
        # What was judged after a run's end is in its journal, until a dashboard that is not killed leaves.
        standing += sum(bool(one.assessments) for one in read_run(folder).results)
    assert standing >= told > 0


def begin_three(program: OnPty) -> None:
    """Set three runs up, and wait until the first one answers."""
    program.wait_for("Press r to ask")
    for _ in range(RUNS):
        program.press("r")
        program.wait_for(f"{ANSWERS} answers")
        program.press("r")
        program.wait_for(lambda text: f"{ANSWERS} answers" not in text)
    program.wait_for(lambda text: re.search(rf"[1-9]\d*/{ANSWERS}", text))


def wait_for_another(results: Path) -> None:
    """Wait until another answer is on disk, or the queue is over."""
    before = on_disk(results)
    wait_for(lambda: on_disk(results) > before or not read_queue(results) or queue_worker(results) is None)


def wait_until_over(results: Path) -> None:
    """Wait until the queue is empty, for as long as it goes on: a busy machine takes its time."""
    while left := read_queue(results):
        before = on_disk(results)
        wait_for(lambda: on_disk(results) > before or read_queue(results) != left)  # noqa: B023
        time.sleep(1)


def on_disk(results: Path) -> int:
    return sum(len(read_run(file.parent).results) for file in results.glob("*/run.json"))


def start_again(program: OnPty, results: Path) -> None:
    """Start what was left from the queue's screen."""
    program.wait_for(is_main)
    program.press("Q")
    program.wait_for("Queue ·")

    def started() -> bool:
        program.press("w")  # again and again: who was killed is noticed within two seconds
        time.sleep(1)
        return queue_worker(results) is not None or not read_queue(results)

    wait_for(started)
    program.press("escape")
    program.wait_for(is_main)


def is_main(text: str) -> bool:
    """Whether the main screen is there, with a run on it."""
    return "judged" in text and "Queue ·" not in text


def judge(program: OnPty, dice: random.Random) -> int:
    """Judge some answers, if any is there; return how many the screen says are judged."""
    for _ in range(dice.randrange(4)):
        program.press(dice.choice("123"))
        time.sleep(dice.uniform(0.3, 0.6))
    return judged(program.text())


def judged(text: str) -> int:
    found = re.search(r"(\d+) of \d+ judged", text)
    return int(found[1]) if found else 0


def kill(side: str, program: OnPty, results: Path) -> None:
    """Kill the dashboard, or the process that was left running, its worker, or both."""
    if side == "dashboard":
        program.signal(signal.SIGKILL)
        program.wait_end()
        return
    holder = queue_worker(results)
    if holder is None or holder.program is None:
        return
    pids = worker_pids(holder.program.pid) if side in ("worker", "both") else []
    for pid in [*pids, *([holder.program.pid] if side in ("process", "both") else [])]:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
