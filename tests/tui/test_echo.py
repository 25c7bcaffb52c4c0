"""What a key did is said with the answer that it did it to, and nothing that comes at once hides it."""

from datetime import datetime, tzinfo
from pathlib import Path

import pytest

from fada_tui.core.records import Assessment, Question
from fada_tui.evaluation.assessment import edit
from fada_tui.evaluation.assessment.edit import with_flag, with_next_context, with_note, with_tag_toggled
from fada_tui.evaluation.assessment.history import Change
from fada_tui.store.folder import read_run
from fada_tui.tui.actions import judging, loading
from fada_tui.tui.present.echo import answer_name, echo_text
from fada_tui.tui.state.open_runs import OpenRun, OpenRuns
from fada_tui.tui.widgets.notice import Notice
from tests import examples
from tests.tui.dashboard import save_run, wait_for
from tests.tui.stage import Stage
from tests.tui.test_notice import Heard
from tests.tui.test_workspace import begun

TWO = (Question(id="q1", text="What do you see?"), Question(id="q2", text="Is it fetal?"))


def opened(path: str, questions: tuple[Question, ...] = TWO) -> OpenRun:
    run = examples.run((path,), questions=questions, results=(examples.result(path),))
    return OpenRuns("ada").open(Path("/nowhere"), run)


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (Assessment(verdict="correct"), "✓ correct"),
        (Assessment(verdict="partial"), "◐ partial"),
        (Assessment(verdict="incorrect"), "✗ incorrect"),
        (Assessment(context=False), "context no"),
        (Assessment(tags=("hallucination",)), "tags hallucination"),
        (Assessment(note="odd"), "note “odd”"),
        (Assessment(flagged=True), "flagged for a second look"),
    ],
)
def test_each_change_is_echoed_with_its_answer(after: Assessment, said: str) -> None:
    run = opened("A/a.png")
    step = (Change(run.id, "A/a.png", "q1", Assessment(), after),)
    assert echo_text(step, {run.id: run}) == f"{said} · a 1/2 · u undoes"
    assert echo_text(step, {run.id: run}, ends=True) == f"{said} · a 1/2"


def test_long_names_lose_their_middle_and_one_question_has_no_number() -> None:
    path = f"A/{'x' * 40}_0123.png"
    run = opened(path, TWO[:1])
    name = answer_name(run, path, "q1")
    assert len(name) == 28 and "…" in name and name.endswith("_0123")
    step = (Change(run.id, path, "q1", Assessment(), Assessment(verdict="incorrect")),)
    assert len(echo_text(step, {run.id: run})) < 58, "at 60 columns the way back is there"


def test_one_verdict_for_equal_answers_is_one_line() -> None:
    runs = [opened("A/a.png"), opened("A/a.png")]
    step = tuple(Change(run.id, "A/a.png", "q1", Assessment(), Assessment(verdict="correct")) for run in runs)
    assert echo_text(step, {run.id: run for run in runs}) == "✓ correct · a 1/2 · 2 answers · u undoes"


async def test_keys_that_assess_say_so_and_blind_mode_names_no_model(tmp_path: Path) -> None:
    save_run(tmp_path, model="secret", questions=TWO)
    workspace, view = await begun(tmp_path)
    await loading.blind(workspace)
    slot = workspace.review.slot
    assert slot is not None
    name = slot.image.image.removesuffix(".png")
    await judging.assess(workspace, with_next_context)
    await judging.assess(workspace, lambda before: with_tag_toggled(before, "generic"))
    await judging.assess(workspace, lambda before: with_note(before, "odd"))
    await judging.assess(workspace, lambda before: with_flag(before, True))
    await judging.judge(workspace, "partial")
    said = ("context yes", "tags generic", "note “odd”", "flagged for a second look", "◐ partial")
    assert view.said[-5:] == [f"{one} · {name} 1/2 · u undoes" for one in said]
    await judging.undo(workspace)
    assert view.said[-1] == f"undone: {slot.image.path} 1/2: no verdict"
    await judging.judge(workspace, None)
    assert view.said[-1] == f"no verdict, as before · {name} 1/2"
    await judging.redo(workspace)
    assert view.said[-1] == f"done again: {slot.image.path} 1/2: ◐ partial"
    assert not any("secret" in one for one in view.said[-8:])


@pytest.mark.long
async def test_what_comes_right_after_an_echo_waits_beneath_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Notice, "ECHO_SECONDS", 600.0)
    notice = Heard()
    app = Stage(notice)
    async with app.shown(60, 5) as pilot:
        notice.tell("✓ correct · a", "echo")
        notice.tell("another run has begun")
        notice.tell("the disk is slow", "warning")
        assert set(notice.heard) == {"✓ correct · a"}
        monkeypatch.setattr(Notice, "ECHO_SECONDS", 0.0)
        notice.tell("◐ partial · b", "echo")
        notice.tell("another run has begun")
        assert notice.heard[-2:] == ["◐ partial · b", "another run has begun"]
        monkeypatch.setattr(Notice, "ECHO_SECONDS", 0.2)
        notice.tell("✗ incorrect · c", "echo")
        notice.tell("the disk is full", "warning")
        await wait_for(pilot, lambda: notice.heard[-1] == "! the disk is full")
        notice.tell("it cannot be written", "error")
        assert notice.heard[-1] == "!! it cannot be written"


async def test_an_echo_makes_way_for_what_still_holds_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Notice, "ECHO_SECONDS", 600.0)
    notice, true = Heard(), {"one runs", "two runs"}
    app = Stage(notice)
    async with app.shown(60, 5) as pilot:
        notice.tell("✓ correct · a", "echo")
        notice.tell("one runs", "warning", holds=lambda: "one runs" in true)
        notice.tell("two runs", "warning", holds=lambda: "two runs" in true)
        assert notice.heard[-1] == "✓ correct · a"
        monkeypatch.setattr(Notice, "ECHO_SECONDS", 0.0)
        true.remove("one runs")
        notice.check()
        await wait_for(pilot, lambda: notice.heard[-1] == "! two runs")

        monkeypatch.setattr(Notice, "ECHO_SECONDS", 600.0)
        notice.tell("◐ partial · b", "echo")
        true.clear()
        notice.check()
        notice.tell("another has begun", holds=lambda: False)
        monkeypatch.setattr(Notice, "ECHO_SECONDS", 0.0)
        notice.check()
        await pilot.pause(0.2)
        assert notice.heard[-1] == "◐ partial · b"


class Still(datetime):
    """A clock that stands."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        return datetime(2026, 1, 1, tzinfo=tz)


async def test_what_is_changed_within_a_millisecond_keeps_its_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edit, "datetime", Still)
    folder = save_run(tmp_path, model="quick", questions=TWO)
    workspace, _ = await begun(tmp_path)
    run, key = workspace.review.run, workspace.review.key
    assert run is not None and key is not None
    await judging.assess(workspace, lambda before: with_flag(before, True))
    await judging.judge(workspace, "partial")
    await judging.undo(workspace)
    written = next(result for result in read_run(folder).results if result.key == key)
    assert run.assessment(*key).verdict is None and run.assessment(*key).flagged
    assert [one.verdict for one in written.assessments] == [None, "partial", None]
