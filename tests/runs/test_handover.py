"""Runs handed over to a process without a screen: on disk and in the queue, or nothing has changed."""

import os
import signal
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pytest
from msgspec import UNSET

from fada_tui.config.settings import Settings
from fada_tui.core.errors import StoreError
from fada_tui.models.registry import SHIPPED, load_registry
from fada_tui.runs import handover
from fada_tui.runs.handover import HandedOver, HandoverError, hand_over
from fada_tui.runs.job import Job
from fada_tui.runs.planning import jobs
from fada_tui.runs.queued_run import write_down
from fada_tui.runs.run_queue import UNKNOWN, BegunRun, Held, WaitingRun, Written
from fada_tui.runs.session import Session
from fada_tui.store.folder import folders, read_run
from fada_tui.store.queue_file import QUEUE_NAME, QueuedRun, QueueLock, change_queue, queue_worker, read_queue


class Bench:
    """A results folder with a run that goes on, and two that wait."""

    def __init__(self, folder: Path) -> None:
        self.results = folder / "results"
        registry = load_registry(folder / "models.toml", SHIPPED)
        (self.job,), _ = jobs(Settings(limit=2, questions="demo"), registry, None)
        self.begun = write_down(self.job, self.results)
        self.launched: list[tuple[QueuedRun, ...]] = []

    def held(self, *kept: bool) -> Held:
        """Return what a queue holds: the run that goes on, and others that wait."""
        running = WaitingRun(0, _never, "running", UNKNOWN, folder=self.results / self.begun)
        waiting = (
            WaitingRun(number, _never, str(number), UNKNOWN, keeps, write=partial(self.write, self.job))
            for number, keeps in enumerate(kept, start=1)
        )
        return Held(BegunRun(running), tuple(waiting))

    def write(self, job: Job) -> Written:
        """Write a run down."""
        return Written(self.results / write_down(job, self.results), _never)

    def launch(self) -> int:
        """Note what there is to do."""
        self.launched.append(self.queue)
        return 4711

    @property
    def queue(self) -> tuple[QueuedRun, ...]:
        """The queue as it is in the file."""
        return read_queue(self.results)

    @property
    def runs(self) -> list[str]:
        """The runs there are, oldest first."""
        return [folder.name for folder in folders(self.results)]

    def put(self, *runs: QueuedRun) -> None:
        """Have these in the file."""
        change_queue(self.results, lambda queue: runs)


def _never() -> Session:
    raise AssertionError


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_what_runs_comes_first_and_what_waits_behind_it(bench: Bench) -> None:
    given = hand_over(bench.held(False, True), bench.results, bench.launch)
    running, second, third = bench.runs
    assert running == bench.begun
    assert given == HandedOver(runs=(running, second), kept=(third,), pid=4711)
    assert bench.queue == (QueuedRun(run=running), QueuedRun(run=second), QueuedRun(run=third, kept=True))
    assert bench.launched == [bench.queue], "it has it all before it is launched"
    for name in (second, third):
        run = read_run(bench.results / name)
        assert run.plan is not UNSET and not run.results, "it can be resumed, and has not begun"


def test_what_is_kept_is_kept_and_starts_no_process(bench: Bench) -> None:
    given = hand_over(bench.held(False, True), bench.results, bench.launch, begun=False, kept=True)
    assert (given.runs, given.kept, given.pid) == ((), tuple(bench.runs[1:]), None)
    assert [one.kept for one in bench.queue] == [True, True] and not bench.launched


def test_what_waits_for_a_person_is_started_by_one(bench: Bench) -> None:
    given = hand_over(Held(None, bench.held(True).waiting), bench.results, bench.launch, kept=False)
    assert given.runs == tuple(bench.runs[1:]) and not bench.queue[0].kept and bench.launched


def test_nothing_is_written_of_nothing(bench: Bench) -> None:
    assert hand_over(Held(None, ()), bench.results, bench.launch) == HandedOver()
    assert not bench.queue and not bench.launched


def test_it_comes_behind_what_is_worked_through_and_before_what_nobody_does(bench: Bench) -> None:
    left = (QueuedRun(run="left"), QueuedRun(run="kept", kept=True))
    bench.put(*left)
    lock = QueueLock(bench.results)
    hand_over(bench.held(), bench.results, bench.launch)
    assert bench.queue == (*left, QueuedRun(run=bench.begun))
    lock.release()
    bench.put(*left)
    hand_over(bench.held(), bench.results, bench.launch)
    assert bench.queue == (
        QueuedRun(run=bench.begun),
        QueuedRun(run="left", kept=True),  # nobody has said that this is to start
        QueuedRun(run="kept", kept=True),
    )


def _fails(message: str) -> Callable[..., int]:
    def fail(*_: object) -> int:
        raise StoreError(message)

    return fail


def test_two_that_are_left_at_once_both_go_on(bench: Bench) -> None:
    other = Held(None, bench.held(False).waiting)

    def launch() -> int:
        assert queue_worker(bench.results) is None, "its process is only starting"
        hand_over(other, bench.results, bench.launch)
        return 4711

    first = hand_over(bench.held(False), bench.results, launch)
    assert [one.run for one in bench.queue][:2] == list(first.runs)
    assert len(bench.queue) == 3 and not any(one.kept for one in bench.queue)
    assert not any(path.is_file() and path.name != QUEUE_NAME for path in bench.results.iterdir())


def test_a_launch_that_fails_changes_nothing(bench: Bench) -> None:
    left = (QueuedRun(run="left"), QueuedRun(run="kept", kept=True))
    bench.put(*left)
    with pytest.raises(HandoverError, match="no more processes") as failed:
        hand_over(bench.held(False, False), bench.results, _fails("no more processes"))
    assert (bench.queue, bench.runs, failed.value.written) == (left, [bench.begun], {})


def test_a_disk_that_is_full_changes_nothing(bench: Bench) -> None:
    held = bench.held(False)
    full = WaitingRun(2, _never, "2", UNKNOWN, write=_fails("No space left"))  # type: ignore[arg-type]
    with pytest.raises(HandoverError, match="No space left"):
        hand_over(Held(held.begun, (*held.waiting, full)), bench.results, bench.launch)
    assert not bench.queue and bench.runs == [bench.begun] and not bench.launched


def test_what_cannot_be_removed_again_is_resumed_instead_of_made_twice(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handover, "remove_run", _fails("No space left"))
    with pytest.raises(HandoverError) as failed:
        hand_over(bench.held(False), bench.results, _fails("no"))
    (written,) = failed.value.written.values()
    assert written.folder.name == bench.runs[1] and not bench.queue


def test_what_no_one_expected_is_told_on_one_line_too(bench: Bench) -> None:
    def launch() -> int:
        raise ValueError("two\nlines")

    with pytest.raises(HandoverError, match=r"^ValueError: two lines$"):
        hand_over(bench.held(False), bench.results, launch)
    assert not bench.queue and bench.runs == [bench.begun]


STEPS = ("write", "write again", "queue", "queue written", "launch", "launched")


def _killed(bench: Bench, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hand runs over in a process that is killed at a step."""

    def die(at: str) -> None:
        if at == step:
            os.kill(os.getpid(), signal.SIGKILL)

    names = iter(STEPS)

    def write() -> Written:
        die(next(names))
        return bench.write(bench.job)

    def change(results: Path, made: Callable[..., Sequence[QueuedRun]]) -> None:
        die("queue")
        change_queue(results, made)
        die("queue written")

    def launch() -> int:
        die("launch")
        return 4711

    if (child := os.fork()) == 0:
        with monkeypatch.context() as patch:
            patch.setattr(handover, "change_queue", change)
            held = bench.held()
            waiting = (WaitingRun(number, _never, "", UNKNOWN, write=write) for number in (1, 2))
            hand_over(Held(held.begun, tuple(waiting)), bench.results, launch)
            die("launched")
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


@pytest.mark.parametrize("step", STEPS)
def test_a_kill_at_any_step_loses_nothing_and_makes_nothing_twice(
    bench: Bench, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _killed(bench, step, monkeypatch)
    written = STEPS.index(step)
    assert len(bench.runs) == 1 + min(written, 2), "each is there once, or not yet"
    assert [one.run for one in bench.queue] == (bench.runs if written > 2 else [])
    assert all(read_run(bench.results / name).plan is not UNSET for name in bench.runs)
    # Who hands them over once more, or starts the queue that was left, has all that was written, once.
    waiting = (
        WaitingRun(n, _never, "", UNKNOWN, folder=bench.results / name) for n, name in enumerate(bench.runs)
    )
    given = hand_over(Held(None, tuple(waiting)), bench.results, bench.launch)
    assert [one.run for one in bench.queue] == bench.runs == list(given.runs)
