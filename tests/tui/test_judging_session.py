"""A session's goal, pace and what is left; and a second look at what is partly right or flagged."""

from pathlib import Path

import pytest

from fada_tui.core.records import Assessment, Question
from fada_tui.evaluation.assessment.edit import with_flag
from fada_tui.evaluation.assessment.history import Change
from fada_tui.evaluation.assessment.order import Progress
from fada_tui.tui.actions import judging, loading, second_look
from fada_tui.tui.actions.workspace import Workspace
from fada_tui.tui.present.pace import pace_text
from fada_tui.tui.state.judged_answers import AnswerId
from fada_tui.tui.state.judging_session import JudgingSession
from fada_tui.tui.state.second_look import SecondLook
from tests.tui.dashboard import main_of, make_app, save_run, screen_text, wait_for
from tests.tui.test_workspace import FIRST, SECOND, Shown, begun

THIRD = "Abdomen/Abdomen_003.png"


class Sitting:
    """A session whose time is given."""

    def __init__(self, goal: int = 0) -> None:
        self.now = 0.0
        self.session = JudgingSession(goal, lambda: self.now)
        self.number = 0

    def judge(self, after: float, verdict: str | None = "correct", number: int | None = None) -> bool:
        """Judge the next answer, so many seconds later; return whether that reaches the goal."""
        self.now += after
        self.number += number is None
        which = self.number if number is None else number
        before = Assessment(verdict="partial" if verdict is None else None)
        change = Change("run", f"{which}.png", "q1", before, Assessment(verdict=verdict))  # type: ignore[arg-type]
        return self.session.hear((change,), "made")

    def undo(self, number: int) -> None:
        change = Change("run", f"{number}.png", "q1", Assessment(verdict="correct"), Assessment())
        self.session.hear((change,), "undone")

    def text(self, judged: int, total: int) -> str:
        return pace_text(self.session, Progress(judged=judged, answered=total, total=total))


def test_the_pace_is_known_from_the_fifth_verdict_and_leaves_pauses_out() -> None:
    one = Sitting()
    for after in (0, 4, 6, 500):
        one.judge(after)
    assert one.session.pace is None and one.text(4, 60) == ""
    one.judge(8)
    assert one.session.pace == 6 and one.text(14, 60) == "6 s an answer · about 5 min"
    for _ in range(9):
        one.judge(0.5)
    assert one.text(59, 60) == "0.5 s an answer · under a minute"
    assert one.text(60, 60) == "0.5 s an answer"


def test_notes_flags_and_what_is_undone_have_no_pace() -> None:
    one = Sitting()
    for _ in range(5):
        one.judge(6)
    one.now += 1
    one.session.hear((Change("run", "1.png", "q1", Assessment(), Assessment(note="x")),), "made")
    one.undo(5)
    assert one.session.pace == 6 and one.session.judged == 4


def test_the_goal_is_counted_told_once_and_shortens_what_is_left() -> None:
    one = Sitting(goal=6)
    assert one.text(0, 60) == "goal 0 of 6"
    reached = [one.judge(10) for _ in range(5)]
    assert one.text(5, 60) == "goal 5 of 6 · 10 s an answer · under a minute"
    assert one.judge(10) and not any(reached)
    assert one.text(6, 60) == "goal 6 of 6 · 10 s an answer"
    assert not one.judge(10) and one.session.judged == 7
    assert not one.judge(1, "partial", number=3) and one.session.judged == 7, "judged again is judged once"
    one.judge(1, None, number=3)
    assert one.session.judged == 6


def test_equal_answers_judged_by_one_key_are_one_verdict_in_the_pace() -> None:
    one = Sitting()
    for number in range(5):
        one.now += 5
        step = tuple(
            Change(run, f"{number}.png", "q1", Assessment(), Assessment(verdict="correct")) for run in "ab"
        )
        one.session.hear(step, "made")
    assert one.session.judged == 10 and one.session.pace == 5


def test_a_second_look_goes_along_its_answers_and_passes_over_what_is_hidden() -> None:
    answers = [AnswerId("run", f"{number}.png", "q1") for number in range(5)]
    look = SecondLook(answers, frozenset({"run"}))
    hidden = {answers[1], answers[3]}
    assert look.number(answers[0]) == 1
    assert look.along(answers[0], 1, lambda one: one not in hidden) == answers[2]
    assert look.along(answers[2], 1, lambda one: one not in hidden) == answers[4]
    assert look.along(answers[4], 1, lambda one: True) is None and look.number(answers[4]) == 5
    assert look.along(answers[4], -1, lambda one: one not in hidden) == answers[2]
    elsewhere = AnswerId("run", "x.png", "q1")
    assert look.number(elsewhere) == 3 and look.along(elsewhere, 1, lambda one: True) == answers[2], (
        "back to it"
    )


async def begun_with_partials(folder: Path) -> tuple[Workspace, Shown]:
    """Return a workspace of which all is judged: two answers partial, one flagged."""
    save_run(folder, questions=(Question(id="q1", text="?"), Question(id="q2", text="!")))
    workspace, view = await begun(folder)
    for number in range(48):
        if number == 2:
            await judging.assess(workspace, lambda before: with_flag(before, True))
        await judging.judge(workspace, "partial" if number in (0, 5) else "correct")
    return workspace, view


async def test_at_the_end_a_second_look_is_offered_and_taken(tmp_path: Path) -> None:
    workspace, view = await begun_with_partials(tmp_path)
    told = "✓ correct · Heart_004 2/2 · all judged: 48 of 48 judged · V: 3 partial or flagged once more"
    assert view.said[-1] == told

    second_look.toggle(workspace)
    assert workspace.here and workspace.here[1:] == (FIRST, "q1")
    assert workspace.mode_text == "second look 1 of 3"
    judging.step(workspace, 1)
    assert workspace.here[1:] == (SECOND, "q1") and workspace.mode_text == "second look 2 of 3"
    judging.step(workspace, -1)
    judging.step(workspace, -1)
    assert view.said[-1] == "this is the first of the second look; V or esc ends it"
    await judging.judge(workspace, "correct")
    assert workspace.here[1:] == (SECOND, "q1") and workspace.mode_text == "second look 2 of 3"
    await judging.assess(workspace, lambda before: with_flag(before, False))
    judging.step(workspace, 1)
    assert workspace.here[1:] == (THIRD, "q2")
    await judging.judge(workspace, "partial")
    assert view.said[-1] == "◐ partial, as before · Abdomen_003 2/2 · second look done: 3 of 3"
    assert workspace.second_look is None

    second_look.toggle(workspace)
    assert workspace.mode_text == "second look 1 of 1"
    second_look.toggle(workspace)
    assert view.said[-1] == "second look ended at 1 of 1" and not workspace.mode_text
    await judging.judge(workspace, "incorrect")
    second_look.toggle(workspace)
    assert view.said[-1] == "nothing to look at again: no answer is partial or flagged"


@pytest.mark.parametrize("blind", [True, False])
async def test_a_second_look_ends_with_what_it_is_about(tmp_path: Path, blind: bool) -> None:
    workspace, _ = await begun_with_partials(tmp_path)
    if blind:
        await loading.blind(workspace)
    second_look.toggle(workspace)
    assert workspace.mode_text == "second look 1 of 3"
    if not blind:
        workspace.assess_as("ben")
    else:
        workspace.review.choose_run(None)
    assert workspace.mode_text == "" and workspace.second_look is None


@pytest.mark.long
async def test_goal_pace_and_second_look_are_on_the_screen(tmp_path: Path) -> None:
    save_run(tmp_path)
    app = make_app(tmp_path, goal=6, auto_advance=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await wait_for(pilot, lambda: main_of(app).workspace.review.run)
        await pilot.press("F", "2", *"11111")
        await wait_for(pilot, lambda: "· goal reached: 6 answers" in screen_text(app))
        title = screen_text(app).splitlines()[0]
        assert "6 of 24 judged · goal 6 of 6 · 0." in title and "│  ada" in title
        await pilot.press("V")
        await wait_for(pilot, lambda: "second look 1 of 1" in screen_text(app).splitlines()[0])
        await pilot.press("z")
        await wait_for(pilot, lambda: "second look 1 of 1  │  ada  │" in screen_text(app).splitlines()[0])
        await pilot.press("z", "escape")
        await wait_for(pilot, lambda: "second look ended at 1 of 1" in screen_text(app))
        assert "second look" not in screen_text(app).splitlines()[0]
