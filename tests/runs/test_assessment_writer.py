"""Durable writing, and changes, undo and redo over a disk that fails or is slow."""

import asyncio
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fada_tui.core.errors import StoreError
from fada_tui.core.records import Assessment, Run
from fada_tui.evaluation.assessment.edit import with_note, with_verdict
from fada_tui.models.registry import Registry
from fada_tui.runs.assessment_writer import AssessmentWriter, settle_and_publish
from fada_tui.store import folder as store
from fada_tui.store import journal
from fada_tui.store.lock import RunLock
from fada_tui.tui.state.assessments import Assessments
from fada_tui.tui.state.image_checks import ImageChecks
from fada_tui.tui.state.open_runs import OpenRun, OpenRuns
from tests import examples
from tests.conftest import LONG_ENOUGH

KEY = ("A/a.png", "q1")
NAME = journal.JOURNAL_NAME


def line(note: str) -> journal.AssessmentLine:
    return journal.AssessmentLine(path=KEY[0], question_id=KEY[1], assessment=Assessment(note=note))


def save(results: Path, name: str = "20260101-000000_tiny") -> tuple[Path, Run]:
    run = examples.run(("A/a.png",), id=name, results=(examples.result("A/a.png"),))
    folder = results / name
    folder.mkdir(parents=True)
    store.write_run(folder, run)
    return folder, run


def notes(folder: Path) -> list[str | None]:
    return [said.note for said in store.read_run(folder).results[0].assessments]


def verdicts(folder: Path) -> list[str | None]:
    return [said.verdict for said in store.read_run(folder).results[0].assessments]


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """The disk takes a line only once this is set."""
    opened, append = threading.Event(), journal.append

    def slowly(path: Path, said: journal.JournalLine) -> None:
        assert opened.wait(LONG_ENOUGH)
        append(path, said)

    monkeypatch.setattr(journal, "append", slowly)
    yield opened
    opened.set()


async def test_lines_are_written_in_the_order_of_the_calls(tmp_path: Path) -> None:
    folder, _ = save(tmp_path)
    writer = AssessmentWriter()
    await asyncio.gather(*(writer.write(folder, line(str(number))) for number in range(100)))
    assert notes(folder) == [str(number) for number in range(100)]


async def test_a_line_is_on_disk_when_the_call_returns_and_the_loop_goes_on_meanwhile(
    tmp_path: Path, gate: threading.Event
) -> None:
    folder, _ = save(tmp_path)
    writing = asyncio.create_task(AssessmentWriter().write(folder, line("one")))
    await asyncio.sleep(0.05)
    assert not writing.done() and notes(folder) == []
    gate.set()
    await writing
    assert notes(folder) == ["one"]


async def test_what_cannot_be_written_is_raised_and_the_next_line_is_tried(tmp_path: Path) -> None:
    folder, _ = save(tmp_path)
    (folder / NAME).mkdir()
    writer = AssessmentWriter()
    with pytest.raises(StoreError, match="cannot write"):
        await writer.write(folder, line("one"))
    (folder / NAME).rmdir()
    await writer.write(folder, line("two"))
    assert notes(folder) == ["two"]


async def test_draining_waits_for_what_is_under_way_though_a_later_line_was_given_up(
    tmp_path: Path, gate: threading.Event
) -> None:
    folder, _ = save(tmp_path)
    writer = AssessmentWriter()
    first = asyncio.create_task(writer.write(folder, line("first")))
    second = asyncio.create_task(writer.write(folder, line("second")))
    await asyncio.sleep(0)
    second.cancel()
    await asyncio.wait([second])
    draining = asyncio.create_task(writer.drain(30))
    await asyncio.sleep(0.05)
    assert not draining.done()
    gate.set()
    await draining
    assert notes(folder) == ["first"]
    await first


async def test_draining_gives_up_in_time(tmp_path: Path, gate: threading.Event) -> None:
    folder, _ = save(tmp_path)
    writer = AssessmentWriter()
    writing = asyncio.create_task(writer.write(folder, line("one")))
    await asyncio.sleep(0)
    began = time.monotonic()
    await writer.drain(0.1)
    assert time.monotonic() - began < 30
    assert not writing.done()
    gate.set()
    await writing


async def test_draining_with_nothing_to_do_returns() -> None:
    await asyncio.wait_for(AssessmentWriter().drain(10 * LONG_ENOUGH), LONG_ENOUGH)


def test_settling_writes_run_json_and_the_pages(tmp_path: Path) -> None:
    folder, _ = save(tmp_path)
    said = Assessment(assessor="ada", verdict="correct", note="well seen")
    journal.append(folder / NAME, journal.AssessmentLine(path=KEY[0], question_id=KEY[1], assessment=said))
    assert settle_and_publish(folder, Registry(entries=()))
    assert not (folder / NAME).exists()
    assert store._read_json(folder).results[0].assessments == (said,)
    assert "well seen" in (folder / store.SUMMARY_NAME).read_text()
    assert (tmp_path / store.COMPARISON_NAME).exists()


def test_a_run_that_another_writes_is_left_to_it(tmp_path: Path) -> None:
    folder, _ = save(tmp_path)
    journal.append(folder / NAME, line("one"))
    with RunLock(folder):
        before = (folder / store.RUN_NAME).read_bytes()
        began = time.monotonic()
        assert not settle_and_publish(folder, Registry(entries=()))
        assert time.monotonic() - began < 30
        assert (folder / store.RUN_NAME).read_bytes() == before
        assert (folder / NAME).exists() and not (folder / store.SUMMARY_NAME).exists()
    assert settle_and_publish(folder, Registry(entries=()))
    assert notes(folder) == ["one"] and not (folder / NAME).exists()


def with_open_runs(results: Path, *names: str) -> tuple[Assessments, OpenRuns, list[OpenRun]]:
    open_runs = OpenRuns("ada")
    opened = [open_runs.open(*save(results, name)) for name in names or ("20260101-000000_tiny",)]
    writer = AssessmentWriter()
    return Assessments(open_runs, writer, ImageChecks(writer)), open_runs, opened


async def judge(assessments: Assessments, run: OpenRun, verdict: str) -> bool:
    return await assessments.change(run, KEY, with_verdict(run.assessment(*KEY), verdict))  # type: ignore[arg-type]


async def test_what_could_not_be_taken_back_can_be_taken_back_later(tmp_path: Path) -> None:
    assessments, _, [run] = with_open_runs(tmp_path)
    await judge(assessments, run, "correct")
    store.settle(run.folder)
    (run.folder / NAME).mkdir()
    with pytest.raises(StoreError):
        await assessments.undo()
    assert run.assessment(*KEY).verdict == "correct"
    (run.folder / NAME).rmdir()
    assert (done := await assessments.undo()) and done[0].after.verdict is None
    store.settle(run.folder)
    (run.folder / NAME).mkdir()
    with pytest.raises(StoreError):
        await assessments.redo()
    assert run.assessment(*KEY).verdict is None
    (run.folder / NAME).rmdir()
    assert (done := await assessments.redo()) and done[0].after.verdict == "correct"
    assert await assessments.redo() is None
    assert verdicts(run.folder) == ["correct", None, "correct"]


async def test_a_change_that_could_not_be_written_is_nothing_to_undo(tmp_path: Path) -> None:
    assessments, _, [run] = with_open_runs(tmp_path)
    (run.folder / NAME).mkdir()
    with pytest.raises(StoreError):
        await judge(assessments, run, "correct")
    (run.folder / NAME).rmdir()
    assert run.assessment(*KEY).verdict is None
    assert await assessments.undo() is None
    assert not await assessments.change(run, KEY, run.assessment(*KEY)), "the same again is no change"
    assert verdicts(run.folder) == []


async def test_a_change_whose_caller_is_cancelled_is_shown_and_can_be_undone(
    tmp_path: Path, gate: threading.Event
) -> None:
    assessments, _, [run] = with_open_runs(tmp_path)
    asked = asyncio.create_task(assessments.change(run, KEY, with_note(Assessment(), "seen")))
    await asyncio.sleep(0.05)
    asked.cancel()
    await asyncio.wait([asked])
    gate.set()
    assert (done := await assessments.undo()) and done[0].before.note == "seen"
    assert notes(run.folder) == ["seen", None]
    assert run.assessment(*KEY).note is None


async def test_undo_passes_over_runs_that_are_gone(tmp_path: Path) -> None:
    assessments, open_runs, [one, other] = with_open_runs(
        tmp_path, "20260101-000000_one", "20260102-000000_other"
    )
    await judge(assessments, one, "correct")
    await judge(assessments, other, "partial")
    del open_runs.runs[other.id]
    assert (done := await assessments.undo()) and done[0].run_id == one.id
    assert await assessments.undo() is None
    assert (done := await assessments.redo()) and done[0].run_id == one.id
    assert await assessments.redo() is None
    assert verdicts(other.folder) == ["partial"]
