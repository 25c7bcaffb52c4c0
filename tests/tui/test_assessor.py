"""Who judges: asked before the first verdict, shown always, changed at any time."""

import asyncio
from pathlib import Path
from typing import Any, cast

import pytest

from fada_tui.config.assessor import login_name, remember_assessor, remembered_assessor
from fada_tui.core.paths import state_file
from fada_tui.core.records import Assessment, Question
from fada_tui.store.folder import read_run
from fada_tui.tui.actions import judging, loading
from fada_tui.tui.dialogs.assessor import change
from fada_tui.tui.present.lines import title_text
from fada_tui.tui.screens.assessor import AssessorScreen
from fada_tui.tui.state.assessments import WRITTEN_AT_ONCE
from tests.tui.dashboard import assessments_of, main_of, make_app, save_run, screen_text, wait_for
from tests.tui.test_workspace import FIRST, SECOND, begun


@pytest.mark.long
async def test_the_first_verdict_asks_for_a_name_and_is_then_given(tmp_path: Path) -> None:
    place = save_run(tmp_path)
    app = make_app(tmp_path, assessor=None)
    async with app.run_test(size=(80, 24)) as pilot:
        main = main_of(app)
        await wait_for(pilot, lambda: main.workspace.review.run)
        await pilot.press("2", "1", "3", "escape")  # typed ahead: they go to the dialog
        await wait_for(pilot, lambda: app.screen is main)
        await wait_for(pilot, lambda: "nothing was judged: that needs an assessor's name" in screen_text(app))
        assert assessments_of(place) == {} and state_file().exists() is False

        await pilot.press("2")
        await wait_for(pilot, lambda: isinstance(app.screen, AssessorScreen))
        await wait_for(pilot, lambda: "Fetal ultrasound: structures seen" in screen_text(app))
        shown = screen_text(app)
        assert login_name() in shown and "◐ partial  Some of it is right" in shown and "✗ incorrect" in shown
        await pilot.press(*"1x3", "enter")
        await wait_for(pilot, lambda: "◐ partial · Abdomen_001 · u undoes" in screen_text(app))
        said = assessments_of(place)
        assert [(one.assessor, one.verdict) for one in said[FIRST]] == [("1x3", "partial")]
        assert list(said) == [FIRST] and remembered_assessor(state_file()) == "1x3"
        assert "│  1x3" in screen_text(app).splitlines()[0]
        await pilot.press("1")
        await wait_for(pilot, lambda: "✓ correct · Abdomen_002" in screen_text(app))


@pytest.mark.long
async def test_enter_takes_the_login_name_and_the_name_is_there_next_time(tmp_path: Path) -> None:
    place = save_run(tmp_path)
    app = make_app(tmp_path, assessor=None, auto_advance=False)
    async with app.run_test(size=(60, 15)) as pilot:
        await wait_for(pilot, lambda: main_of(app).workspace.review.run)
        await pilot.press("t", "enter")
        await wait_for(pilot, lambda: "h · hallucination" in screen_text(app))
        await pilot.press("h", "escape", "N", *"ben", "enter")
        await wait_for(pilot, lambda: f"ben judges: 0 of 24 judged; what {login_name()}" in screen_text(app))
        await pilot.press("F")
        await wait_for(pilot, lambda: len(assessments_of(place).get(FIRST, ())) == 2)
    mine, his = assessments_of(place)[FIRST]
    assert (mine.assessor, mine.tags, his.assessor, his.tags, his.flagged) == (
        login_name(),
        ("hallucination",),
        "ben",
        (),
        True,
    )
    assert make_app(tmp_path, assessor=None)._app_context.assessor == "ben"
    assert make_app(tmp_path, assessor="ada")._app_context.assessor == "ada", "the setting wins"


async def test_another_assessor_has_their_own_verdicts_order_and_history(tmp_path: Path) -> None:
    place = save_run(tmp_path, model="tiny")
    other = save_run(tmp_path, "20260102-000000_huge", "huge")
    workspace, view = await begun(tmp_path)
    await judging.judge(workspace, "correct")
    workspace.assess_as("ben")
    assert workspace.review.progress().judged == 0
    await judging.undo(workspace)
    assert view.said[-1] == "nothing to be undone", "what ada said is not undone as ben"
    judging.back(workspace)
    assert view.said[-1].startswith("no answer was judged before")
    await loading.blind(workspace)
    bens = [slot.key for slot in workspace.review.shown.slots]
    slot = workspace.review.slot
    workspace.assess_as("ada")
    adas = [slot.key for slot in workspace.review.shown.slots]
    assert adas != bens and sorted(map(str, adas)) == sorted(map(str, bens))
    assert workspace.review.slot == slot, "what is looked at stays"
    assert workspace.review.progress().judged == 1
    late = await workspace.load_run(place.name)
    assert late.assessor == "ada" and other.exists()


async def test_a_name_counts_for_runs_that_are_read_while_it_changes(tmp_path: Path) -> None:
    save_run(tmp_path)
    workspace, _ = await begun(tmp_path)
    run, _ = workspace._read(tmp_path / "results" / "20260101-000000_tiny")
    workspace.open_runs.runs.clear()
    workspace.assess_as("ben")
    assert workspace.open_runs.add(run).assessor == "ben"


async def test_an_answer_that_has_changed_meanwhile_is_not_judged(tmp_path: Path) -> None:
    save_run(tmp_path)
    workspace, _ = await begun(tmp_path)
    places = judging.judged_here(workspace)
    ((run, key),) = places
    same = judging.unchanged(places)
    assert same()
    workspace.review.look(workspace.review.shown.slots[3])
    await judging.judge(workspace, "correct", places)
    assert run.assessment(FIRST, "q1").verdict == "correct"
    assert run.assessment(SECOND, "q1").verdict is None
    assert workspace.review.slot == workspace.review.shown.slots[3], "one who went on stays there"
    run._results.pop(key)
    assert not same()


async def test_the_name_is_in_the_title_at_any_width(tmp_path: Path) -> None:
    save_run(tmp_path, model="a-model-with-a-very-long-name-indeed")
    remember_assessor("ignored", state_file())
    workspace, _ = await begun(tmp_path)
    review = workspace.review
    review.filter_by("category:heart")
    for width in (58, 78, 118, 198):
        text = title_text(review, "Dr. Ada Lovelace-Byron of London", width, "6 s an answer · about 5 min")
        assert len(text) <= width and "0 of 24 judged" in text and "Dr. Ada" in text, text
        assert ("about 5 min" in text) == (width > 100)
    review.filter_by("")
    text = title_text(review, "ada", 78, "6 s an answer · about 5 min")
    assert "ada" in text and "about 5 min" in text


async def test_a_name_that_is_given_while_answers_are_changed_counts_from_then_on(tmp_path: Path) -> None:
    questions = tuple(Question(id=f"q{number}", text=f"{number}?") for number in range(25))
    place = save_run(tmp_path, questions=questions)
    workspace, _ = await begun(tmp_path)
    (run,) = workspace.open_runs.runs.values()
    answers = [(run, result.key, Assessment(flagged=True)) for result in run.results]
    assert len(answers) > 2 * WRITTEN_AT_ONCE

    class Ben:
        async def push_screen_wait(self, screen: object) -> str:
            while run.assessment(*answers[0][1]).flagged is not True:
                await asyncio.sleep(0)
            workspace.open_runs.blind = True
            return "ben"

    await asyncio.gather(workspace.assessments.change_all(answers), change(workspace, cast("Any", Ben())))
    said = [(one.assessor, one.blind) for result in read_run(place).results for one in result.assessments]
    assert said == [("ada", False)] * len(answers) and workspace.open_runs.assessor == "ben"
    assert run.assessment(*answers[0][1]).flagged is not True, "ben has flagged nothing"
    assert await workspace.assessments.undo() is None
