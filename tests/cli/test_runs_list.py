"""Runs that are made now, that wait in a queue, and that were never begun, where runs are listed."""

import json
import os
from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from fada_tui.cli.commands import runs
from fada_tui.core.process import this_machine
from fada_tui.core.records import Environment, Failure
from fada_tui.models.registry import Registry, statuses
from fada_tui.runs import opening
from fada_tui.runs.consent import NOTHING
from fada_tui.runs.publish import compared_runs
from fada_tui.store import folder as store
from fada_tui.store import journal, leftovers
from fada_tui.store.lock import RunLock
from fada_tui.store.queue_file import (
    LOCK_NAMES,
    QUEUE_NAME,
    WORKER_LOCK_NAME,
    QueuedRun,
    QueueLock,
    change_queue,
)
from fada_tui.tui.present.runs import run_row
from fada_tui.tui.state.run_scan import read_found, waiting_names
from tests import examples


def write(place: Path, name: str, **fields: Any) -> Path:
    folder = place / name
    folder.mkdir()
    store.write_run(folder, examples.run(id=name, started="2020-01-01T00:00:00Z", **fields))
    return folder


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """One run that was ended, one that is made, and two that wait, of which one is kept."""
    write(tmp_path, "20260101-000000_ended", results=(examples.result(),))
    made = write(tmp_path, "20260102-000000_made")
    line = journal.ResultLine(result=examples.result())
    journal.append(made / journal.JOURNAL_NAME, line)
    waiting = [write(tmp_path, f"2026010{day}-000000_waiting") for day in (3, 4)]
    change_queue(
        tmp_path, lambda _: [QueuedRun(run=one.name, kept="0104" in one.name) for one in (made, *waiting)]
    )
    return tmp_path


def listed(results: Path, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    assert runs.list_runs(Namespace(results=str(results), json=True)) == 0
    rows: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["runs"]
    return rows


def test_the_list_says_what_is_running_what_waits_and_who_writes_it(
    results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with RunLock(results / "20260102-000000_made"):
        assert runs.list_runs(Namespace(results=str(results))) == 0
        said = capsys.readouterr()
        lines = said.out.splitlines()[1:]
        assert "2 runs wait until they are started: w in the dashboard's queue" in said.err
        rows = listed(results, capsys)
        lock = QueueLock(results)
        assert runs.list_runs(Namespace(results=str(results))) == 0
        assert "1 run waits until it is started" in capsys.readouterr().err
        (left,) = [row for row in listed(results, capsys) if row["left_running"]]
        lock.release()
    assert [line.split()[1] for line in lines] == ["interrupted", "running", "waiting", "waiting"]
    assert lines[1].split()[3] == "1/3"
    assert [row["status"] for row in rows] == ["interrupted"] * 4
    assert [row["running"] for row in rows] == [False, True, False, False]
    assert [row["waiting"] for row in rows] == [False, False, True, True]
    assert [row["kept"] for row in rows] == [False, False, False, True]
    here = {"pid": os.getpid(), "host": this_machine().host}
    nobody = {"pid": None, "host": None}
    assert [{key: row[key] for key in here} for row in rows] == [nobody, here, nobody, nobody]
    assert not any(row["left_running"] for row in rows) and left["id"] == rows[1]["id"]


def test_what_was_completed_by_other_means_waits_no_more(
    results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = write(results, "20260105-000000_done", status="complete", plan=UNSET)
    change_queue(results, lambda queue: [*queue, QueuedRun(run=done.name)])
    assert [row["id"] for row in listed(results, capsys) if row["waiting"]] == [
        "20260102-000000_made",
        "20260103-000000_waiting",
        "20260104-000000_waiting",
    ]


def test_a_damaged_queue_hides_no_run(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (results / QUEUE_NAME).write_text("{")
    assert runs.list_runs(Namespace(results=str(results))) == 0
    said = capsys.readouterr()
    assert "queue.json is damaged" in said.err and "waiting" not in said.out.split()
    assert len(said.out.splitlines()) == 5


def test_a_run_that_was_never_begun_is_compared_with_none_and_says_nothing_of_its_model(
    results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [one.run.id for one in compared_runs(results, [])]
    assert names == ["20260101-000000_ended", "20260102-000000_made"]
    assert runs.compare(Namespace(runs=[], paired=False, format="json", results=str(results))) == 0
    assert len(json.loads(capsys.readouterr().out)) == 2
    named = Namespace(run="20260103-000000_waiting", results=str(results))
    assert runs.show_run(named) == 0
    assert capsys.readouterr().out == "20260103-000000_waiting: not begun yet\n"
    failed = examples.run(status="failed", error=Failure(kind="load", message="broken"), started="2020-01-01")
    waiting = examples.run(started="2030-01-01")
    (row,) = statuses(Registry(entries=(examples.ENTRY,)), [failed, waiting])
    assert row.status == "failed" and row.runs == 1
    assert not waiting.begun and failed.begun
    for change in ({"finished": "2020-01-01"}, {"environment": Environment(python="3")}):
        assert replace(waiting, **change).light().begun


def test_the_runs_screen_says_what_waits_and_what_was_never_begun(results: Path) -> None:
    waiting = waiting_names(results) - {"20260104-000000_waiting"}
    found = list(read_found(sorted(store.folders(results))))
    rows = [run_row(one, None, (), waiting) for one in found]
    assert [row.status for row in rows] == ["interrupted", "waiting", "waiting", "interrupted"]
    assert rows[2].state == "0 of 3" and rows[2].detail.startswith("waiting in the queue: Q")
    assert rows[3].detail.startswith("not begun yet: w begins it")
    assert rows[0].detail.startswith("interrupted after 1 of 3: w resumes it")


def test_a_run_that_waited_started_when_it_was_begun(results: Path) -> None:
    registry = Registry(entries=(examples.ENTRY,))
    for name, waited in (("20260101-000000_ended", False), ("20260103-000000_waiting", True)):
        folder = results / name
        opened = opening.again(folder, registry, NOTHING, {})
        opened.lock.release()
        assert (opened.run.started != "2020-01-01T00:00:00Z") == waited
        assert store.read_run(folder).started == opened.run.started


def test_locks_of_a_queue_are_removed_where_their_program_is_gone(results: Path) -> None:
    for name in LOCK_NAMES:
        (results / name).write_text("")
    lock = QueueLock(results)
    leftovers.clean(results)
    assert (results / WORKER_LOCK_NAME).exists()
    record = (results / WORKER_LOCK_NAME).read_bytes()
    lock.release()
    for name in LOCK_NAMES:
        (results / name).write_bytes(record.replace(str(os.getpid()).encode(), b"4194305"))
    leftovers.clean(results)
    assert not any((results / name).exists() for name in LOCK_NAMES)
