"""The queue that was left, as the next dashboard shows it: told of, moved, dropped, started."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast
from unittest.mock import Mock

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot

from fada_tui.config.settings import Settings
from fada_tui.core.errors import RunLockedError, StoreError
from fada_tui.core.records import ModelEntry
from fada_tui.models.registry import SHIPPED, load_registry
from fada_tui.runs.consent import Consent
from fada_tui.runs.planning import jobs
from fada_tui.runs.queued_run import write_down
from fada_tui.runs.run_queue import Extent
from fada_tui.store.folder import folders, read_run, write_run
from fada_tui.store.lock import RunLock
from fada_tui.store.queue_file import QueuedRun, QueueLock, change_queue, read_queue
from fada_tui.tui.actions import left_queue as actions
from fada_tui.tui.dialogs import running
from fada_tui.tui.present.queue import EMPTY, LEFT, LEFT_KEPT, detail, left_words, title
from fada_tui.tui.screens.confirm import ConfirmScreen
from fada_tui.tui.screens.queue import QueueScreen
from fada_tui.tui.state import left_queue
from fada_tui.tui.state.disk_index import DiskIndex, read_disk_index
from fada_tui.tui.state.left_queue import LeftQueue, LeftReader, LeftRun
from tests.tui.dashboard import main_of, make_app, save_run, screen_text, wait_for
from tests.tui.test_workspace import begun


class Left:
    """A results folder with runs that were left."""

    def __init__(self, folder: Path, runs: int) -> None:
        self.folder = folder
        self.results = folder / "results"
        registry = load_registry(folder / "models.toml", SHIPPED)
        (self.job,), _ = jobs(Settings(limit=2, questions="demo"), registry, None)
        self.names = [write_down(self.job, self.results) for _ in range(runs)]
        change_queue(self.results, lambda _: [QueuedRun(run=name) for name in self.names])
        for number, name in enumerate(self.names):
            self.call(name, f"model-{number}")

    def call(self, run_id: str, name: str, **plan: Any) -> None:
        """Give a run's model a name, and its plan other values."""
        run = read_run(self.results / run_id)
        planned = replace(run.plan, **plan)  # type: ignore[type-var]
        write_run(self.results / run_id, replace(run, model=replace(run.model, name=name), plan=planned))

    @property
    def queue(self) -> list[str]:
        """The names in the file, in their order."""
        return [one.run for one in read_queue(self.results)]

    def read(self) -> LeftQueue:
        """Return the queue as a dashboard reads it."""
        return LeftReader(self.results).read(DiskIndex())


@pytest.fixture
def left(tmp_path: Path) -> Left:
    return Left(tmp_path, 3)


@contextmanager
def worked(left: Left) -> Iterator[None]:
    lock = QueueLock(left.results)
    try:
        yield
    finally:
        lock.release()


def test_who_works_through_it_and_what_follows_what(left: Left) -> None:
    second = left.names[1]
    found = left.read()
    assert [one.label for one in found.runs] == ["model-0", "model-1", "model-2"]
    assert not found.worked and (found.waiting, found.idle) == (3, 3)
    assert found.runs[0].extent == Extent(2, 5, 10, None) and not found.runs[0].next

    change_queue(
        left.results,
        lambda queue: [replace(queue[0], problem="no host"), *queue[1:2], replace(queue[2], kept=True)],
    )
    with worked(left), RunLock(left.results / second):
        found = left.read()
    assert found.pid == os.getpid() and left_words(found) == f"Left running, by process {os.getpid()}"
    assert [(one.now, one.next, one.kept, one.problem) for one in found.runs] == [
        (False, False, False, "no host"), (True, False, False, ""), (False, False, True, ""),
    ]  # fmt: skip
    assert (found.waiting, found.idle) == (2, 2)
    assert title((), found) == "Queue · 2 runs wait · 20 answers"

    (left.results / "queue.json").write_text("{", encoding="utf-8")
    assert "queue.json is damaged" in left.read().problem
    (left.results / "queue.json").unlink()
    change_queue(left.results, lambda _: [QueuedRun(run="gone")])
    (gone,) = left.read().runs
    assert gone.label == "gone" and "No such file" in gone.problem


def test_it_is_read_again_only_where_a_run_was_written(left: Left, monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[Path] = []
    real = left_queue.store.read_unmerged
    monkeypatch.setattr(
        left_queue.store, "read_unmerged", lambda folder: (reads.append(folder), real(folder))[1]
    )
    reader = LeftReader(left.results)
    assert reader.read(DiskIndex()) == reader.read(DiskIndex()) and len(reads) == 3
    left.call(left.names[1], "another")
    assert reader.read(DiskIndex()).runs[1].label == "another" and len(reads) == 4
    known = read_disk_index(left.results, load_registry(left.folder / "models.toml", SHIPPED))
    assert LeftReader(left.results).read(known).runs[1].label == "another" and len(reads) == 4


def test_moves_and_starts_change_the_queue_as_it_is_now(left: Left) -> None:
    queue = read_queue(left.results)
    first, second, third = left.names
    assert [one.run for one in left_queue.moved(queue, third, -1)] == [first, third, second]
    assert [one.run for one in left_queue.moved(queue, first, -1)] == [first, second, third]
    assert left_queue.moved(queue, "gone", 1) == queue
    # What runs now stays where it is, and nothing comes before it.
    now = frozenset({first})
    assert left_queue.moved(queue, second, -1, now) == left_queue.moved(queue, first, 1, now) == queue
    assert [one.run for one in left_queue.moved(queue, third, -1, now)] == [first, third, second]
    waits = [replace(one, kept=True, problem="no") for one in queue]
    assert [(one.kept, one.is_ready) for one in left_queue.started(waits, frozenset({second}))] == [
        (False, True), (True, False), (False, True),
    ]  # fmt: skip


def test_a_dropped_run_takes_its_folder_with_it_unless_there_is_something_in_it(left: Left) -> None:
    first, second, third = left.names
    assert left_queue.drop(left.results, first) and not (left.results / first).exists()
    run = read_run(left.results / second)
    write_run(left.results / second, replace(run, finished="2026-01-01T00:00:00Z"))
    assert not left_queue.drop(left.results, second) and (left.results / second).exists()
    with RunLock(left.results / third), pytest.raises(RunLockedError):
        left_queue.drop(left.results, third)
    assert (left.results / third).exists() and left.queue == []
    assert not left_queue.drop(left.results, "gone")


async def test_those_behind_one_that_is_stopped_are_kept_or_dropped(left: Left) -> None:
    first, second, third = left.names
    workspace, _ = await begun(left.folder)
    assert await actions.keep_others(workspace, left.results / first)
    assert [one.kept for one in read_queue(left.results)] == [False, True, True]
    assert [one.kept for one in workspace.left_queue.runs] == [False, True, True]
    assert await actions.drop_others(workspace, left.results / first)
    assert left.queue == [first] and [one.name for one in folders(left.results)] == [first]
    assert not (left.results / second).exists() and not (left.results / third).exists()


def test_the_run_under_the_cursor_says_when_it_starts() -> None:
    run = LeftRun(run="one", label="model", problem="model: needs a host")
    assert detail(run, (), LeftQueue(runs=(run,)), blind=False) == "model: needs a host"
    assert "model" not in detail(run, (), LeftQueue(runs=(run,)), blind=True)
    kept = LeftRun(run="one", label="model", kept=True)
    assert detail(kept, (), LeftQueue(runs=(kept,)), blind=False) == LEFT
    assert detail(kept, (), LeftQueue(runs=(kept,), pid=1), blind=False) == LEFT_KEPT
    assert detail(None, (), LeftQueue(), blind=False) == EMPTY
    assert detail(None, (), LeftQueue(problem="damaged"), blind=False) == "damaged"


@pytest.mark.long
async def test_what_was_left_is_told_shown_moved_and_dropped(
    left: Left, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_run(left.folder)
    app = make_app(left.folder)
    first, second, third = left.names
    async with app.run_test(size=(80, 24)) as running_app:
        pilot = cast("Pilot[object]", running_app)
        await wait_for(
            pilot, lambda: "3 runs wait that were left: Q shows and starts them" in screen_text(app)
        )
        await wait_for(pilot, lambda: "3 wait (Q)" in screen_text(app))
        await pilot.press("Q")
        await wait_for(pilot, lambda: isinstance(app.screen, QueueScreen))
        await wait_for(pilot, lambda: "Queue · 3 runs wait · 30 answers" in screen_text(app))
        assert "Left, and nobody works through it" in screen_text(app) and "model-1" in screen_text(app)
        await pilot.press("J")
        await wait_for(pilot, lambda: left.queue == [second, first, third])
        await pilot.press("d")
        await wait_for(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        assert "Drop model-0 from the queue?" in screen_text(app), "the cursor went with its run"
        await pilot.press("y")
        await wait_for(pilot, lambda: "model-0: dropped, with its folder" in screen_text(app))
        assert left.queue == [second, third] and not (left.results / first).exists()
        with monkeypatch.context() as full:
            full.setattr(left_queue, "drop", Mock(side_effect=StoreError("no room for the queue")))
            await pilot.press("d")
            await wait_for(pilot, lambda: isinstance(app.screen, ConfirmScreen))
            await pilot.press("y")
            await wait_for(pilot, lambda: isinstance(app.screen, QueueScreen))
            await wait_for(pilot, lambda: "no room for the queue" in screen_text(app))
            await pilot.pause(0.2)
            assert "no room for the queue" in screen_text(app)

        await pilot.press("escape", "b")
        await wait_for(pilot, lambda: main_of(app).workspace.open_runs.blind)
        await pilot.press("Q")
        await wait_for(pilot, lambda: screen_text(app).count("(hidden)") == 2)
        assert "model-" not in screen_text(app)


@pytest.mark.long
async def test_what_was_left_is_started_with_what_it_needs_and_a_person_allows(
    left: Left, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, third = left.names
    far = ModelEntry(name="far", source="http://far.example:8000/v1#model")
    away = ModelEntry(name="away", source="http://away.example:8000/v1#model")
    left.call(first, "far", model=far)
    left.call(second, "away", model=away)
    launched: list[tuple[list[tuple[str, bool]], Consent]] = []

    def launch(results: Path, _: Settings, consent: Consent) -> int:
        launched.append(([(one.run, one.kept) for one in read_queue(results)], consent))
        return 4711

    monkeypatch.setattr(running, "launch", launch)
    save_run(left.folder)
    app = make_app(left.folder)
    async with app.run_test(size=(120, 36)) as running_app:
        pilot = cast("Pilot[object]", running_app)
        await wait_for(pilot, lambda: "Q shows and starts them" in screen_text(app))
        await wait_for(pilot, lambda: main_of(app).workspace.review.run)
        await pilot.press("b")
        await wait_for(pilot, lambda: main_of(app).workspace.open_runs.blind)
        await pilot.press("Q")
        await wait_for(pilot, lambda: "3 runs wait" in screen_text(app))
        await pilot.press("w")
        await wait_for(pilot, lambda: "asked for by name; b ends blind mode" in screen_text(app))
        await pilot.press("escape", "b", "Q")
        await wait_for(pilot, lambda: "3 runs wait" in screen_text(app))
        await pilot.press("w")
        await wait_for(pilot, lambda: "Send the images to far.example" in screen_text(app))
        await pilot.press("y")
        await wait_for(pilot, lambda: "Send the images to away.example" in screen_text(app))
        await pilot.press("n")
        await wait_for(pilot, lambda: "2 runs go on without a screen, in process 4711" in screen_text(app))
    ((queue, consent),) = launched
    assert queue == [(first, False), (second, True), (third, False)]
    assert consent.hosts == ("far.example:8000",) or consent.hosts == ("far.example",)
    assert len(list(folders(left.results))) == 4
