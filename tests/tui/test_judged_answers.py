"""The way back through what was judged, and flags for a second look."""

from pathlib import Path

import pytest

from fada_tui.core.records import Question
from fada_tui.tui.actions import judging
from tests.tui.dashboard import assessments_of, main_of, make_app, save_run, screen_text, wait_for
from tests.tui.test_workspace import FIRST, SECOND, begun

THIRD, FOURTH = "Abdomen/Abdomen_003.png", "Abdomen/Abdomen_004.png"


async def test_back_goes_from_the_last_judged_to_the_one_before_and_on_leads_on(tmp_path: Path) -> None:
    save_run(tmp_path)
    workspace, view = await begun(tmp_path)
    for verdict in ("correct", "partial", "incorrect"):
        await judging.judge(workspace, verdict)  # type: ignore[arg-type]
    view.highlighted.clear()
    for _ in range(4):
        judging.back(workspace)
    assert view.highlighted == [THIRD, SECOND, FIRST]
    assert view.said[-2:] == [
        "judged before: Abdomen_001 · ] goes on",
        "no answer was judged before this one; ] goes on",
    ]
    judging.step(workspace, 1)
    assert view.highlighted[-1] == FOURTH
    judging.back(workspace)
    assert view.highlighted[-1] == THIRD, "from elsewhere it begins at the last one again"


async def test_what_is_judged_again_is_the_last_and_what_is_taken_back_is_passed_over(tmp_path: Path) -> None:
    save_run(tmp_path)
    workspace, view = await begun(tmp_path)
    for _ in range(3):
        await judging.judge(workspace, "correct")
    for _ in range(3):
        judging.back(workspace)
    await judging.judge(workspace, "partial")  # the first one, and on to the fourth
    judging.back(workspace)
    judging.back(workspace)
    assert view.highlighted[-2:] == [FIRST, THIRD]
    await judging.judge(workspace, None)
    judging.step(workspace, 1)
    judging.back(workspace)
    judging.back(workspace)
    assert view.highlighted[-2:] == [FIRST, SECOND], "the third has no verdict any more"


async def test_back_without_going_on_leads_to_the_one_before(tmp_path: Path) -> None:
    save_run(tmp_path)
    app = make_app(tmp_path, auto_advance=False)
    async with app.run_test(size=(120, 36)) as pilot:
        workspace = main_of(app).workspace
        await wait_for(pilot, lambda: workspace.review.run)
        await pilot.press("1", "right_square_bracket", "2", "F")
        await wait_for(
            pilot, lambda: "flagged for a second look · Abdomen_002 · u undoes" in screen_text(app)
        )
        await pilot.press("backspace")
        await wait_for(pilot, lambda: workspace.review.key == (FIRST, "q1"))
        await wait_for(pilot, lambda: "judged before: Abdomen_001" in screen_text(app))


async def test_yesterday_s_verdicts_are_on_the_way_back_and_hidden_ones_are_told(tmp_path: Path) -> None:
    save_run(tmp_path)
    before, _ = await begun(tmp_path)
    for _ in range(3):
        await judging.judge(before, "correct")
    await before.leave()
    workspace, view = await begun(tmp_path)
    workspace.review.filter_by("-Abdomen_002")
    workspace.refilter(keep=False)
    judging.back(workspace)
    assert view.highlighted[-1] == THIRD
    judging.back(workspace)
    assert (
        view.said[-1]
        == "Abdomen_002, judged before, is hidden by the filter; backspace again goes to the one before it"
    )
    assert workspace.review.slot is not None and workspace.review.slot.image.path == THIRD
    judging.back(workspace)
    assert view.highlighted[-1] == FIRST


async def test_a_flag_is_on_disk_before_it_is_told_and_undone(tmp_path: Path) -> None:
    place = save_run(tmp_path, questions=(Question(id="q1", text="?"), Question(id="q2", text="!")))
    workspace, view = await begun(tmp_path)
    written: list[bool] = []
    say = view.say
    view.say = lambda *a, **k: (written.append(bool(assessments_of(place))), say(*a, **k))[1]  # type: ignore[method-assign]
    await judging.assess(workspace, judging.with_flag_toggled)
    assert written == [True]
    said = assessments_of(place)[FIRST][-1]
    assert (said.flagged, said.verdict, said.assessor) == (True, None, "ada")
    assert workspace.review.progress().judged == 0 and workspace.review.key == (FIRST, "q1"), (
        "it moves nowhere"
    )
    await judging.judge(workspace, "correct")
    assert assessments_of(place)[FIRST][-1].flagged is True, "a verdict leaves the flag"
    await judging.undo(workspace)
    await judging.undo(workspace)
    assert view.said[-1] == f"undone: {FIRST} 1/2: no flag"
    await judging.redo(workspace)
    await judging.assess(workspace, judging.with_flag_toggled)
    assert view.said[-1] == "no flag · Abdomen_001 1/2 · u undoes"


@pytest.mark.parametrize("gone", [True, False])
async def test_answers_of_runs_that_are_not_shown_are_named(tmp_path: Path, gone: bool) -> None:
    save_run(tmp_path, "20260101-000000_tiny", "tiny")
    save_run(tmp_path, "20260102-000000_huge", "huge")
    workspace, view = await begun(tmp_path)
    await judging.judge(workspace, "correct")
    other = await workspace.load_run("20260101-000000_tiny")
    workspace.review.choose_run(other)
    if gone:
        del workspace.open_runs.runs["20260102-000000_huge"]
    judging.back(workspace)
    told = "no answer was judged before this one" if gone else "is in a run of huge that is not shown here"
    assert told in view.said[-1]
