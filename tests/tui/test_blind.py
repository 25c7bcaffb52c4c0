"""Blind mode: what joins its list later, and what must not tell which model is which."""

from pathlib import Path

import pytest
from msgspec.structs import replace
from textual.widgets import Static

from fada_tui.core.protocol import Item
from fada_tui.core.records import Notes, Question
from fada_tui.runs.events import AnswerFinished, RunEnded, RunStarted
from fada_tui.store.folder import read_run, write_run
from fada_tui.store.journal import JOURNAL_NAME
from fada_tui.tui.actions import loading, run_events
from fada_tui.tui.actions.workspace import Workspace
from fada_tui.tui.app import FadaApp
from fada_tui.tui.screens.answers import AnswersScreen
from fada_tui.tui.state.open_runs import OpenRun, OpenRuns, Streaming
from tests.endpoint_server import serving
from tests.tui.dashboard import main_of, make_app, save_run, screen_text, wait_for
from tests.tui.test_assessing import opened
from tests.tui.test_endpoint_dashboard import NAMES, Stage
from tests.tui.test_runs_from_keys import begin
from tests.tui.test_workspace import begun

ONE, OTHER = "20260101-000000_tiny", "20260102-000000_huge"


def started(workspace: Workspace, place: Path) -> OpenRun:
    """Let a run begin that has no answer yet, as its events tell it."""
    run = replace(read_run(place), results=())
    started = workspace.open_runs.open(place, run)
    started.running = True
    run_events.take(workspace, RunStarted(run, place, 24, 24))
    return started


def finish(workspace: Workspace, run: OpenRun, number: int) -> str:
    """Let the run's next result come, and return the path of its image."""
    result = read_run(run.folder).results[number]
    run.put(result)
    run_events.take(workspace, AnswerFinished(result, number + 1, 0, 24))
    return result.path


def slots(workspace: Workspace) -> list[tuple[str, str | None]]:
    return [(slot.image.path, slot.run) for slot in workspace.review.shown.slots]


async def test_answers_and_runs_that_come_later_are_shuffled_in(tmp_path: Path) -> None:
    save_run(tmp_path, ONE, "tiny")
    workspace, view = await begun(tmp_path)
    await loading.blind(workspace)
    before, here = slots(workspace), workspace.review.slot
    assert len(before) == 24 and view.said[-1].startswith("blind mode: 1 run")

    later = started(workspace, save_run(tmp_path, OTHER, "huge"))
    assert "huge" not in view.said[-1] and "shuffled in" in view.said[-1]
    workspace.review.slot = here
    paths = {finish(workspace, later, number) for number in range(3)}
    assert workspace.review.list_changes
    workspace.refilter(keep=True)
    after = slots(workspace)
    assert {path for path, run in after if run == OTHER} == paths and len(after) == 27
    assert [slot for slot in after if slot[1] == ONE] == before, "the others keep their order"
    assert workspace.review.slot == here and not workspace.review.list_changes
    assert str(workspace.review.progress()) == "0 of 48 judged"

    for slot in workspace.review.shown.slots:
        workspace.review.look(slot)
        names = {workspace.review.model_name(run) for run in workspace.open_runs.runs.values()}
        assert names == {"Model A", "Model B"}

    later.running = False
    whole = read_run(later.folder)
    later.replace_run(whole)
    run_events.take(workspace, RunEnded(whole, later.folder))
    workspace.refilter(keep=True)
    assert len(slots(workspace)) == 48


async def test_the_first_answer_comes_up_where_there_was_none(tmp_path: Path) -> None:
    workspace, _ = await begun(tmp_path)
    later = started(workspace, save_run(tmp_path, OTHER, "huge"))
    await loading.read_runs(workspace)
    await loading.blind(workspace)
    assert slots(workspace) == [] and workspace.review.slot is None
    path = finish(workspace, later, 5)
    workspace.refilter(keep=True)
    assert workspace.review.slot and workspace.review.slot.image.path == path


async def test_a_run_of_another_program_joins_once_it_is_seen_and_leaves_once_it_is_deleted(
    tmp_path: Path,
) -> None:
    save_run(tmp_path, ONE, "tiny")
    workspace, _ = await begun(tmp_path)
    await loading.blind(workspace)
    place = save_run(tmp_path, OTHER, "huge")
    await loading.read_runs(workspace)
    workspace.refilter(keep=True)
    assert len(slots(workspace)) == 48
    place.rename(tmp_path / "gone")
    await loading.forget_deleted(workspace)
    workspace.refilter(keep=True)
    assert {run for _, run in slots(workspace)} == {ONE}


@pytest.mark.long
@pytest.mark.parametrize("word", ["model:tiny", "-model:tiny", "disagree"])
async def test_a_filter_does_not_tell_which_model_is_which(word: str, tmp_path: Path) -> None:
    save_run(tmp_path, ONE, "tiny")
    save_run(tmp_path, OTHER, "huge")
    async with opened(tmp_path) as (pilot, main):
        review = main.workspace.review
        await pilot.press("b")
        await wait_for(pilot, lambda: len(review.shown.slots) == 48)
        await pilot.press("slash")
        await wait_for(pilot, lambda: "unassessed" in screen_text(pilot.app))
        assert "model:" not in screen_text(pilot.app) and "disagree" not in screen_text(pilot.app)
        await pilot.press(*word)
        told = f"blind mode hides what '{word.removeprefix('-').partition(':')[0]}"
        said = main.query_one("FilterBox .said", Static)
        await wait_for(pilot, lambda: str(said.content).startswith(told))
        await wait_for(pilot, lambda: len(review.shown.slots) == 48)
        await pilot.press("enter", "b")
        await wait_for(pilot, lambda: not review.open_runs.blind)
        assert review.filter.words == (word,), "it holds again"
        await pilot.press("b")
        await wait_for(pilot, lambda: f"filter: {told}" in screen_text(pilot.app))
        # A filter from before tells nothing either.
        await wait_for(pilot, lambda: len(review.shown.slots) == 48)


async def test_what_was_said_of_blind_mode_goes_with_it(tmp_path: Path) -> None:
    save_run(tmp_path, ONE, "tiny")
    workspace, view = await begun(tmp_path)
    await loading.blind(workspace)
    holds = view.holds
    assert view.said[-1].startswith("blind mode: 1 run") and holds and holds()
    await loading.blind(workspace)
    assert not holds() and view.said[-1] == "blind mode ended"
    assert view.holds and view.holds()


async def test_nothing_is_exported_as_that_would_name_the_model(tmp_path: Path) -> None:
    save_run(tmp_path, ONE, "tiny")
    async with opened(tmp_path) as (pilot, main):
        await pilot.press("b", "e")
        await wait_for(pilot, lambda: "an export names the model" in screen_text(pilot.app))
        assert pilot.app.screen is main


@pytest.mark.worker
async def test_a_run_that_begins_in_blind_mode_is_mixed_in_and_told_of_without_its_name(
    tmp_path: Path,
) -> None:
    save_run(tmp_path, ONE, "tiny")
    stage = Stage()
    with serving(stage) as server:
        app = make_app(
            tmp_path, model=(server.source,), category=("Abdomen",), question=("What do you see?",)
        )
        async with app.run_test(size=(140, 40)) as pilot:
            main = main_of(app)
            await wait_for(pilot, lambda: main.workspace.review.run)
            await pilot.press("b")
            await wait_for(pilot, lambda: "blind mode: 1 run" in screen_text(app))
            await begin(pilot, main)
            await wait_for(pilot, lambda: server.asked)
            for name in NAMES:
                stage.say(name, 3)
            await wait_for(pilot, lambda: len(main.workspace.review.shown.slots) == 28)
            await wait_for(pilot, lambda: "a run has ended" in screen_text(app))
            later = next(slot for slot in main.workspace.review.shown.slots if slot.run != ONE)
            main.workspace.go((later, 0))
            await pilot.press("m")
            await wait_for(
                pilot,
                lambda: (
                    all(f"Model {letter}" in screen_text(app) for letter in "AB") and app.screen is not main
                ),
            )


@pytest.mark.long
async def test_the_list_of_runs_tells_no_verdicts_and_exports_none(tmp_path: Path) -> None:
    save_run(tmp_path, ONE, "tiny")
    save_run(tmp_path, OTHER, "huge")
    async with opened(tmp_path) as (pilot, main):
        await pilot.press("b")
        await wait_for(pilot, lambda: main.workspace.open_runs.blind)
        await pilot.press("1", "R")
        await wait_for(pilot, lambda: "2 runs" in screen_text(pilot.app))
        text = screen_text(pilot.app)
        assert text.count("–/24") == 2 and "1/24" not in text and "0/24" not in text
        await pilot.press("e")
        await wait_for(pilot, lambda: "an export tells each model's verdicts" in screen_text(pilot.app))
        await pilot.press("d")
        await wait_for(pilot, lambda: "24 answers go for good" in screen_text(pilot.app))
        await pilot.press("n", "escape", "b")
        await wait_for(pilot, lambda: not main.workspace.open_runs.blind)
        await pilot.press("R")
        await wait_for(pilot, lambda: "1/24" in screen_text(pilot.app))


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ("so", "the page's path names the model"),
        ("sn", "the notes are on one model"),
        ("w", "blind mode tells of no answer whether its run can go on"),
    ],
)
async def test_what_is_of_the_answers_own_run_alone_is_refused(
    keys: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied: list[str] = []
    monkeypatch.setattr(FadaApp, "copy_to_clipboard", lambda app, text: copied.append(text))
    save_run(tmp_path, ONE, "tiny", notes=Notes(conclusion="tiny is wordy"))
    async with opened(tmp_path) as (pilot, main):
        await pilot.press("b")
        await wait_for(pilot, lambda: main.workspace.open_runs.blind)
        await pilot.press(*keys)
        await wait_for(pilot, lambda: told in screen_text(pilot.app))
        assert "wordy" not in screen_text(pilot.app) and not copied


@pytest.mark.long
@pytest.mark.parametrize("keys", ["1", "tg", "F", "as*F"])
async def test_a_disk_that_fails_names_no_run(keys: str, tmp_path: Path) -> None:
    save_run(tmp_path, ONE, "tiny")
    async with opened(tmp_path) as (pilot, main):
        await pilot.press("b")
        await wait_for(pilot, lambda: main.workspace.open_runs.blind)
        (tmp_path / "results" / ONE / JOURNAL_NAME).mkdir()
        for key in keys:
            await pilot.press(key)
            if key == "a":  # its rows are gathered while keys are heard
                await wait_for(pilot, lambda: isinstance(pilot.app.screen, AnswersScreen))
                await wait_for(pilot, lambda: "Abdomen_001" in screen_text(pilot.app))
        await wait_for(pilot, lambda: "cannot write the run's folder" in screen_text(pilot.app))
        assert ONE not in screen_text(pilot.app)


async def test_nothing_tells_whose_answers_are_being_made(tmp_path: Path) -> None:
    questions = (Question(id="q1", text="What do you see?"), Question(id="q2", text="Which plane?"))
    place = save_run(tmp_path, ONE, "tiny", questions=questions)
    whole = read_run(place)
    write_run(place, replace(whole, results=tuple(one for one in whole.results if one.question_id == "q1")))
    workspace, _ = await begun(tmp_path)
    await loading.blind(workspace)
    later = started(workspace, save_run(tmp_path, OTHER, "huge", questions=questions))
    path = finish(workspace, later, 0)
    item = Item(image="", category="", path=path, question_id="q2", question="Which plane?")
    later.in_flight[item.key] = Streaming(item)
    workspace.refilter(keep=True)
    review = workspace.review
    seen = {}
    for slot in review.shown.slots:
        if slot.image.path == path:
            review.look(slot, 1)
            view = review.answer_view()
            seen[slot.run] = (view.state, view.text, review.open_runs.mark(slot).kinds)
    assert seen[OTHER] == seen[ONE] == ("waiting", "no answer yet", ("unjudged", "waiting"))
    assert review.running_place() is None


def test_what_is_said_in_blind_mode_names_neither_runs_nor_models(tmp_path: Path) -> None:
    open_runs = OpenRuns("ada")
    for name, model in ((ONE, "tiny"), (OTHER, "tiny-a")):
        place = save_run(tmp_path, name, model)
        open_runs.open(place, read_run(place))
    place = tmp_path / "results" / ONE
    said = f"vllm ended: tiny-a and tiny.py of /nowhere/tiny/x in {place}/engine.log; {OTHER} destiny"
    assert open_runs.told(said) == said
    open_runs.blind = True
    assert open_runs.told(said) == (
        "vllm ended: a model and a model.py of a model/x in the run's folder/engine.log; a run destiny"
    )
