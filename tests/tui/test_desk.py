"""The desk: which arrangement opens when, and what of it is kept; then its keys on the screen."""

from pathlib import Path
from shutil import rmtree

import pytest
from msgspec.structs import replace
from textual.css.stylesheet import Stylesheet

from fada_tui.config.state_tables import read_table
from fada_tui.core.paths import state_file
from fada_tui.core.records import Question
from fada_tui.store.folder import read_run, write_run
from fada_tui.tui.main_screen import MainScreen
from fada_tui.tui.state.desk import DeskState
from fada_tui.tui.widgets.answer_text import AnswerText
from fada_tui.tui.widgets.canvas import Canvas
from fada_tui.tui.widgets.images import ImageList
from fada_tui.tui.widgets.models import ModelList
from fada_tui.tui.widgets.panes import Panes
from tests.tui.dashboard import main_of, make_app, save_run, screen_text, wait_for

SIZE, ROOM = (120, 36), (120, 31)
QUESTIONS = (Question(id="q1", text="What do you see?"), Question(id="q2", text="Is it fetal?"))
FIRST, SECOND, THIRD = (f"Abdomen/Abdomen_00{number}.png" for number in (1, 2, 3))


def test_judging_opens_by_itself_unless_something_else_was_chosen_or_is_done() -> None:
    desk = DeskState()
    assert desk.arrangement == "running"
    assert not desk.opens(to_judge=False, elsewhere=False)
    assert not desk.opens(to_judge=True, elsewhere=True)
    assert desk.opens(to_judge=True, elsewhere=False) and desk.arrangement == "judging"
    assert not desk.opens(to_judge=True, elsewhere=False), "it is open"
    assert desk.choose() == "running"
    assert not desk.opens(to_judge=True, elsewhere=False), "a person chose"
    assert desk.choose() == "judging"


def test_panes_fold_and_unfold_in_each_arrangement_for_itself() -> None:
    desk = DeskState()
    assert desk.fold("models") and "models" in desk.desk("answer", SIZE).folded
    desk.choose()
    assert not desk.fold("images") and desk.desk("answer", SIZE).folded == {"models"}
    assert desk.to_table() == {"running": {"folded": ["models"]}, "judging": {"folded": ["models"]}}


def test_a_pane_grows_as_far_as_there_is_room_and_no_step_is_counted_in_vain() -> None:
    desk = DeskState()
    steps = 0
    while desk.resize("images", 1, SIZE, ROOM):
        steps += 1
    assert 0 < steps < 20
    assert desk.resize("images", -1, SIZE, ROOM)
    assert desk.to_table() == {"running": {"images": steps - 1}}


def test_what_was_kept_comes_back_and_what_is_damaged_says_nothing() -> None:
    desk, other = DeskState(), DeskState()
    desk.fold("models")
    desk.resize("answer", 1, SIZE, ROOM)
    other.take_table(desk.to_table())
    assert other.to_table() == desk.to_table() != {}
    odd = DeskState()
    odd.take_table(
        {
            "running": {"images": "wide", "models": True, "answer": 10**9, "folded": ["nowhere"], "new": 1},
            "judging": 3,
            "reading": {"images": 1},
        }
    )
    odd.take_table({"judging": {"folded": ["answer"]}})
    assert odd.to_table() == {}


# On the screen


def place_of(main: MainScreen) -> tuple[str, str] | None:
    return main.workspace.review.key


@pytest.mark.long
async def test_the_desk_opens_by_itself_and_its_keys_arrange_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_run(tmp_path, questions=QUESTIONS)
    app = make_app(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        main = main_of(app)
        picture, answer = main.query_one("#picture"), main.query_one("#answer")
        await wait_for(pilot, lambda: main.workspace.review.run and main.query_one(AnswerText).has_focus)
        await wait_for(pilot, lambda: main.query_one(Canvas).size >= (58, 20))
        text = screen_text(app)
        assert "Question 1 of 2 · Abdomen" in text and "nothing of importance is wrong" in " ".join(
            piece for line in text.splitlines() for piece in line.split("││")[-1].strip(" │").split()
        )
        assert "t tags  hallucination  maternal anatomy" in text
        assert "Abdomen_001.png · 1 of 24 · Abdomen  [·]·" in text

        await pilot.press("right")
        assert place_of(main) == (FIRST, "q2")
        await pilot.press("l", "1", "left")  # A verdict moves on; left comes back to what is judged.
        await wait_for(pilot, lambda: place_of(main) == (SECOND, "q1"))
        await wait_for(pilot, lambda: "[✓ correct]" in screen_text(app))
        await pilot.press("left", "left", "left")
        await wait_for(pilot, lambda: "this is the first answer" in screen_text(app))

        size = picture.size
        await pilot.press("tab")
        await wait_for(pilot, lambda: main.query_one(ImageList).has_focus)
        await wait_for(
            pilot, lambda: "▾ Abdomen" in screen_text(app) and "Question 1 of 2" in screen_text(app)
        )
        assert picture.size.width == size.width, "the list takes its room from the answer"
        await pilot.press("tab")
        await wait_for(pilot, lambda: "fada-demo" in screen_text(app))
        await pilot.press("tab")
        await wait_for(pilot, lambda: "fada-demo" not in screen_text(app))

        await pilot.press("+", "+")
        await wait_for(pilot, lambda: picture.size.width == size.width - 8)
        await pilot.press("-", "Z")
        await wait_for(pilot, lambda: answer.outer_size.width == SIZE[0])
        await pilot.press("Z", "_")
        await wait_for(pilot, lambda: "v turns to running, where answer folds" in screen_text(app))
        styled: list[object] = []
        with monkeypatch.context() as patch:
            patch.setattr(Stylesheet, "apply", lambda _, node, **more: styled.append(node))
            await pilot.press("v")
            await wait_for(pilot, lambda: "▾ Abdomen" in screen_text(app) and "fada-demo" in screen_text(app))
        assert not styled, "another arrangement needs no other styles"
        await pilot.press("tab", "_")
        await wait_for(pilot, lambda: "fada-demo" not in screen_text(app))
        await pilot.press("q")
        await wait_for(pilot, lambda: app._exit)
    kept = read_table(state_file(), "desk")
    assert kept == {"running": {"folded": ["models"]}, "judging": {"answer": 1}}


@pytest.mark.long
async def test_whoever_comes_back_finds_the_run_and_the_answer(tmp_path: Path) -> None:
    save_run(tmp_path, questions=QUESTIONS)
    save_run(tmp_path, "20260102-000000_huge", "huge", questions=QUESTIONS)

    async def seen(*keys: str) -> tuple[str, object]:
        app = make_app(tmp_path)
        async with app.run_test(size=SIZE) as pilot:
            main = main_of(app)
            await wait_for(pilot, lambda: main.workspace.review.run)
            await pilot.pause()
            run = main.workspace.review.run
            assert run is not None
            found = (run.id, place_of(main))
            for key in keys:
                await pilot.press(key)
                if key == "R":  # its rows are read in a thread
                    await wait_for(pilot, lambda: "Runs · 2 runs" in screen_text(app))
            if "1" in keys:
                await wait_for(pilot, lambda: main.workspace.review.progress().judged)
            if "enter" in keys:
                await wait_for(pilot, lambda: main.workspace.review.run is not run)
            await pilot.press("q")
            await wait_for(pilot, lambda: app._exit)
        return found

    latest = "20260102-000000_huge"
    assert await seen("right", "right", "right") == (latest, (FIRST, "q1"))
    assert await seen("1") == (latest, (SECOND, "q2"))
    assert await seen("left", "left") == (latest, (THIRD, "q1")), "a verdict moves on"
    assert await seen("b") == (latest, (SECOND, "q1"))
    assert await seen("R", "j", "enter") == (latest, (SECOND, "q1")), "blind mode leaves no trace"
    assert (await seen())[0] == "20260101-000000_tiny"
    rmtree(tmp_path / "results" / "20260101-000000_tiny")
    assert await seen() == (latest, (FIRST, "q1")), "it is gone"


@pytest.mark.parametrize("size", [(60, 15), (80, 24)])
async def test_a_small_terminal_has_question_verdicts_and_the_answers_end(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    place = save_run(tmp_path, questions=QUESTIONS)
    run = read_run(place)
    long = "The stomach is seen, and more of it. " * 8 + "Here ends the answer."
    write_run(place, replace(run, results=tuple(replace(one, response=long) for one in run.results)))
    app = make_app(tmp_path)
    async with app.run_test(size=size) as pilot:
        main = main_of(app)
        await wait_for(pilot, lambda: main.workspace.review.run and main.query_one(AnswerText).has_focus)
        await wait_for(pilot, lambda: "What do you see?" in screen_text(app))
        if size == (60, 15):
            await wait_for(pilot, lambda: "ends the answer." in screen_text(app))
            assert "1 ✓  2 ◐  3 ✗" in screen_text(app)
        await wait_for(pilot, lambda: "001.png · 1 of 24" in screen_text(app))
        assert main.query_one(Canvas).size.width >= (42 if size[0] == 80 else 22)


async def test_a_pane_that_does_not_know_yet_that_it_lost_the_focus_is_not_shown(tmp_path: Path) -> None:
    save_run(tmp_path, questions=QUESTIONS)
    app = make_app(tmp_path)
    async with app.run_test(size=(60, 15)) as pilot:
        main = main_of(app)
        await wait_for(pilot, lambda: main.query_one(AnswerText).has_focus)
        await wait_for(pilot, lambda: "What do you see?" in screen_text(app))
        panes = main.query_one(Panes)
        main.query_one(ModelList).set_reactive(ModelList.has_focus, True)
        panes.on_descendant_focus()
        assert panes.focused_pane == "answer"
