"""Several assessments changed at once: one step back and forth, each on disk before it is told."""

import asyncio
from functools import partial
from pathlib import Path

import pytest
from msgspec import UNSET

from fada_tui.core.errors import StoreError
from fada_tui.core.records import Assessment
from fada_tui.evaluation.assessment.edit import with_tag_toggled, with_verdict
from fada_tui.runs.assessment_writer import AssessmentWriter
from fada_tui.store import folder as store
from fada_tui.store import journal
from fada_tui.store.journal import JOURNAL_NAME
from fada_tui.tui.state.assessments import Assessments
from fada_tui.tui.state.image_checks import ImageChangedError, ImageChecks
from fada_tui.tui.state.open_runs import Key, OpenRun, OpenRuns
from tests import examples

KEY = ("A/a.png", "q1")


class Desk:
    """Open runs with an answer each, and their assessments."""

    def __init__(self, results: Path) -> None:
        open_runs = OpenRuns("ada")
        self.runs = [open_runs.open(*self._saved(results, f"20260101-00000{n}_m{n}")) for n in range(3)]
        writer = AssessmentWriter()
        self.image_checks = ImageChecks(writer)
        self.missed: list[Exception] = []
        self.assessments = Assessments(open_runs, writer, self.image_checks, missed=self.missed.append)

    def _saved(self, results: Path, name: str) -> tuple[Path, object]:
        run = examples.run((KEY[0],), id=name, results=(examples.result(KEY[0]),))
        (results / name).mkdir()
        store.write_run(results / name, run)
        return results / name, run

    def judged(self, verdict: str | None) -> list[tuple[OpenRun, Key, Assessment]]:
        return [(run, KEY, with_verdict(run.assessment(*KEY), verdict)) for run in self.runs]  # type: ignore[arg-type]

    def told(self) -> list[str | None]:
        return [run.assessment(*KEY).verdict for run in self.runs]

    def on_disk(self) -> list[Assessment]:
        said = [store.read_run(run.folder).results[0].assessments for run in self.runs]
        return [of_run[-1] if of_run else Assessment() for of_run in said]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


async def test_one_act_is_written_to_each_and_undone_at_once(desk: Desk) -> None:
    assert await desk.assessments.change_all(desk.judged("correct"), "beef")
    assert [(one.verdict, one.act) for one in desk.on_disk()] == [("correct", "beef")] * 3
    assert not await desk.assessments.change_all(desk.judged("correct"), "f00d"), "the same again"
    step = await desk.assessments.undo()
    assert step is not None and len(step) == 3
    assert desk.told() == [None] * 3
    assert [(one.verdict, one.act) for one in desk.on_disk()] == [(None, UNSET)] * 3
    assert await desk.assessments.undo() is None
    await desk.assessments.redo()
    assert desk.told() == ["correct"] * 3
    assert [one.act for one in desk.on_disk()] == ["beef"] * 3


async def test_a_verdict_on_all_is_one_act_also_where_one_had_it_before(desk: Desk) -> None:
    first = desk.runs[0]
    await desk.assessments.change(first, KEY, with_verdict(first.assessment(*KEY), "correct"))
    assert first.assessment(*KEY).act is UNSET
    await desk.assessments.change_all(desk.judged("correct"), "beef")
    assert [one.act for one in desk.on_disk()] == ["beef"] * 3
    await desk.assessments.undo()
    assert desk.told() == ["correct", None, None]


async def test_what_is_no_verdict_leaves_the_acts_as_they_were(desk: Desk) -> None:
    await desk.assessments.change_all(desk.judged("correct")[:2], "beef")
    tagged = [(run, KEY, with_tag_toggled(run.assessment(*KEY), "generic")) for run in desk.runs]
    await desk.assessments.change_all(tagged, "f00d")
    assert [(one.tags, one.act) for one in desk.on_disk()] == [
        (("generic",), "beef"),
        (("generic",), "beef"),
        (("generic",), UNSET),
    ]
    last = desk.runs[1]
    await desk.assessments.change(last, KEY, with_verdict(last.assessment(*KEY), "partial"))
    assert last.assessment(*KEY).act is UNSET, "judged on its own"


async def test_where_one_cannot_be_written_what_was_stands_and_can_be_taken_back(desk: Desk) -> None:
    blocked = desk.runs[1].folder / JOURNAL_NAME
    blocked.mkdir()
    with pytest.raises(StoreError):
        await desk.assessments.change_all(desk.judged("partial"), "beef")
    assert desk.told() == ["partial", None, None]
    blocked.rmdir()
    assert [one.verdict for one in desk.on_disk()] == desk.told()
    step = await desk.assessments.undo()
    assert step is not None and [one.run_id for one in step] == [desk.runs[0].id]
    assert desk.told() == [None] * 3


async def test_what_cannot_be_written_is_told_although_nobody_waits_for_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where the screen that asked for it is left meanwhile."""
    (desk.runs[1].folder / JOURNAL_NAME).mkdir()
    written = asyncio.Event()
    monkeypatch.setattr(desk.image_checks, "check", partial(_once, written))
    asking = asyncio.create_task(desk.assessments.change_all(desk.judged("partial"), "beef"))
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert not desk.missed and desk.told() == [None] * 3
    written.set()
    await desk.assessments.once_written(lambda: None)
    await asyncio.sleep(0)
    assert [type(error) for error in desk.missed] == [StoreError]
    assert desk.told() == ["partial", None, None]


async def _once(written: asyncio.Event, run: OpenRun, key: Key) -> bool:
    await written.wait()
    return False


async def test_what_could_not_be_taken_back_of_a_step_is_taken_back_later(desk: Desk) -> None:
    await desk.assessments.change_all(desk.judged("incorrect"), "beef")
    store.settle(desk.runs[1].folder)
    blocked = desk.runs[1].folder / JOURNAL_NAME
    blocked.mkdir()
    with pytest.raises(StoreError):
        await desk.assessments.undo()
    assert desk.told() == ["incorrect", "incorrect", None]
    blocked.rmdir()
    assert [one.verdict for one in desk.on_disk()] == desk.told()
    await desk.assessments.undo()
    assert desk.told() == [None] * 3 == [one.verdict for one in desk.on_disk()]
    await desk.assessments.redo()
    await desk.assessments.redo()
    assert desk.told() == ["incorrect"] * 3 == [one.verdict for one in desk.on_disk()]


async def test_a_changed_image_of_one_refuses_all(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def check(run: OpenRun, key: Key) -> bool:
        if run is desk.runs[2]:
            raise ImageChangedError("not judged: it has changed")
        return False

    monkeypatch.setattr(desk.image_checks, "check", check)
    with pytest.raises(ImageChangedError):
        await desk.assessments.change_all(desk.judged("correct"), "beef")
    assert desk.told() == [None] * 3
    assert await desk.assessments.undo() is None


async def test_of_one_run_those_before_the_disk_was_full_stand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its lines are written together, and what is told is what is on disk of them."""
    paths = tuple(f"A/{number}.png" for number in range(4))
    made = examples.run(paths, results=tuple(examples.result(path) for path in paths))
    (tmp_path / made.id).mkdir()
    store.write_run(tmp_path / made.id, made)
    open_runs = OpenRuns("ada")
    run = open_runs.open(tmp_path / made.id, made)
    writer = AssessmentWriter()
    assessments = Assessments(open_runs, writer, ImageChecks(writer))

    def told() -> list[str | None]:
        return [run.assessment(path, "q1").verdict for path in paths]

    def on_disk() -> list[str | None]:
        found = {one.path: one.assessments for one in store.read_run(run.folder).results}
        return [found[path][-1].verdict if found[path] else None for path in paths]

    append_all = journal.append_all
    full = StoreError("the disk is full")
    monkeypatch.setattr(journal, "append_all", lambda file, lines: (append_all(file, lines[:3])[0], full))
    changes = [(run, (path, "q1"), Assessment(verdict="correct")) for path in paths]
    with pytest.raises(StoreError):
        await assessments.change_all(changes)
    assert told() == on_disk() == ["correct"] * 3 + [None]
    monkeypatch.setattr(journal, "append_all", lambda file, lines: (append_all(file, lines[:2])[0], full))
    with pytest.raises(StoreError):
        await assessments.undo()
    assert told() == on_disk() == ["correct", None, None, None]
    monkeypatch.undo()
    await assessments.undo()
    assert told() == on_disk() == [None] * 4
    await assessments.redo()
    await assessments.redo()
    assert told() == on_disk() == ["correct"] * 3 + [None]
