"""Assessing from the main screen: keys, what is on disk, and what the screen says."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot

from fada_tui.config.last_run import remember
from fada_tui.config.settings import Settings
from fada_tui.core.paths import state_file
from fada_tui.core.records import Failure, Question
from fada_tui.store import folder as store
from fada_tui.store import journal
from fada_tui.tui.actions.loading import read_runs
from fada_tui.tui.main_screen import MainScreen
from fada_tui.tui.widgets.answer_text import AnswerText
from fada_tui.tui.widgets.keybar import KeyBar
from tests.tui.dashboard import assessments_of, main_of, make_app, save_run, screen_text, wait_for

FIRST, SECOND, THIRD = (f"Abdomen/Abdomen_00{number}.png" for number in (1, 2, 3))


@asynccontextmanager
async def opened(folder: Path, **settings: object) -> AsyncIterator[tuple[Pilot[Any], MainScreen]]:
    """The dashboard with its latest run open."""
    app = make_app(folder, **settings)
    async with app.run_test(size=(120, 36)) as pilot:
        main = main_of(app)
        await wait_for(pilot, lambda: main.workspace.review.run and main.query_one(AnswerText).has_focus)
        await pilot.pause()
        yield pilot, main


async def test_a_verdict_is_on_disk_and_moves_on(tmp_path: Path) -> None:
    place = save_run(tmp_path)
    async with opened(tmp_path) as (pilot, main):
        await pilot.press("1")
        await wait_for(
            pilot, lambda: main.workspace.review.slot and main.workspace.review.slot.image.path == SECOND
        )
        lines = journal.read(place / journal.JOURNAL_NAME).lines
        assert [(line.path, line.assessment.verdict, line.assessment.assessor) for line in lines] == [  # type: ignore[union-attr]
            (FIRST, "correct", "ada")
        ]
        await pilot.press("3")
        await wait_for(pilot, lambda: "2 of 24 judged" in screen_text(pilot.app))
        await pilot.press("v")
        await wait_for(pilot, lambda: "✓ Abdomen_001.png" in screen_text(pilot.app))
        assert "✗ Abdomen_002.png" in screen_text(pilot.app)


async def test_without_auto_advance_a_verdict_stays(tmp_path: Path) -> None:
    save_run(tmp_path)
    async with opened(tmp_path, auto_advance=False) as (pilot, main):
        await pilot.press("2")
        await wait_for(pilot, lambda: "1 of 24 judged" in screen_text(pilot.app))
        assert main.workspace.review.slot and main.workspace.review.slot.image.path == FIRST
        assert "[◐ partial]" in screen_text(pilot.app)


@pytest.mark.long
async def test_undo_and_redo_go_all_the_way_and_show_where(tmp_path: Path) -> None:
    place = save_run(tmp_path)
    async with opened(tmp_path) as (pilot, main):
        await pilot.press("1", "2", "c", "y", "3")
        await wait_for(pilot, lambda: "3 of 24 judged" in screen_text(pilot.app))
        await pilot.press("u")
        await wait_for(
            pilot, lambda: main.workspace.review.slot and main.workspace.review.slot.image.path == THIRD
        )
        await pilot.press("u", "u", "u", "u")
        await wait_for(pilot, lambda: "nothing to be undone" in screen_text(pilot.app))
        said = assessments_of(place)
        assert {path: (all_[-1].verdict, all_[-1].context) for path, all_ in said.items()} == {
            FIRST: (None, None),
            SECOND: (None, None),
            THIRD: (None, None),
        }
        assert main.workspace.review.slot and main.workspace.review.slot.image.path == FIRST
        await pilot.press("U", "U", "U", "U")
        await wait_for(pilot, lambda: "3 of 24 judged" in screen_text(pilot.app))
        last = {path: (all_[-1].verdict, all_[-1].context) for path, all_ in assessments_of(place).items()}
        assert last == {FIRST: ("correct", None), SECOND: ("partial", None), THIRD: ("incorrect", True)}


@pytest.mark.long
async def test_clearing_takes_the_verdict_back_and_keeps_the_rest(tmp_path: Path) -> None:
    place = save_run(tmp_path)
    async with opened(tmp_path, auto_advance=False) as (pilot, _):
        await pilot.press("c", "y", "1", "0")
        await wait_for(pilot, lambda: len(assessments_of(place).get(FIRST, ())) == 3)
        last = assessments_of(place)[FIRST][-1]
        assert (last.verdict, last.context) == (None, True)


@pytest.mark.long
async def test_next_and_previous_unassessed_skip_what_is_judged(tmp_path: Path) -> None:
    save_run(tmp_path)
    async with opened(tmp_path, auto_advance=False) as (pilot, main):
        await pilot.press("right", "1")
        await wait_for(pilot, lambda: "1 of 24 judged" in screen_text(pilot.app))
        await pilot.press("left", "right_square_bracket")
        assert main.workspace.review.slot and main.workspace.review.slot.image.path == THIRD
        await pilot.press("left_square_bracket")
        assert main.workspace.review.slot.image.path == FIRST
        await pilot.press("left_square_bracket")
        assert main.workspace.review.slot.image.path == "Heart/Heart_004.png"


@pytest.mark.long
async def test_the_last_verdict_says_that_all_is_judged(tmp_path: Path) -> None:
    save_run(tmp_path)
    async with opened(tmp_path) as (pilot, _):
        await pilot.press(*("1" for _ in range(24)))
        await wait_for(pilot, lambda: "all judged: 24 of 24 judged" in screen_text(pilot.app))


async def test_several_questions_are_judged_one_by_one(tmp_path: Path) -> None:
    questions = (Question(id="q1", text="What do you see?"), Question(id="q2", text="Is it fetal?"))
    place = save_run(tmp_path, questions=questions)
    async with opened(tmp_path) as (pilot, main):
        await pilot.press("1")
        await wait_for(pilot, lambda: main.workspace.review.key == (FIRST, "q2"))
        assert "Question 2 of 2" in screen_text(pilot.app) and "Is it fetal?" in screen_text(pilot.app)
        await pilot.press("2")
        await wait_for(pilot, lambda: main.workspace.review.key == (SECOND, "q1"))
        await pilot.press("left", "left", "full_stop")
        assert main.workspace.review.key == (FIRST, "q2")
        await wait_for(pilot, lambda: "2 of 48 judged" in screen_text(pilot.app))
        assert [one.verdict for one in assessments_of(place)[FIRST]] == ["partial"]


@pytest.mark.long
async def test_filters_show_what_they_say_and_follow_verdicts(tmp_path: Path) -> None:
    save_run(tmp_path)
    async with opened(tmp_path, auto_advance=False) as (pilot, main):
        review = main.workspace.review
        await pilot.press("1", "slash", *"category:heart")
        await wait_for(pilot, lambda: {slot.image.category for slot in review.shown.slots} == {"Heart"})
        assert len(review.shown.slots) == 4
        await pilot.press("escape")
        await wait_for(pilot, lambda: len(main.workspace.review.shown.slots) == 24)
        await pilot.press("slash", *"unassessed", "enter")
        await wait_for(pilot, lambda: len(main.workspace.review.shown.slots) == 23)
        await pilot.press("g", "j", "2")
        await wait_for(pilot, lambda: len(main.workspace.review.shown.slots) == 22)
        assert (
            main.workspace.review.slot and main.workspace.review.slot.image.path == "Abdomen/Abdomen_003.png"
        )
        await wait_for(pilot, lambda: re.search("› · Abdomen_003.png", screen_text(pilot.app)))


@pytest.mark.long
async def test_a_wrong_filter_says_so_and_hides_nothing(tmp_path: Path) -> None:
    save_run(tmp_path)
    async with opened(tmp_path) as (pilot, main):
        await pilot.press("slash", *"colour:red")
        await wait_for(pilot, lambda: "no 'colour:'" in screen_text(pilot.app))
        await wait_for(pilot, lambda: len(main.workspace.review.shown.slots) == 24)


@pytest.mark.long
async def test_verdict_keys_in_the_filter_box_are_text(tmp_path: Path) -> None:
    place = save_run(tmp_path)
    async with opened(tmp_path) as (pilot, main):
        await pilot.press("slash", *"0012")
        await wait_for(pilot, lambda: len(main.workspace.review.shown.slots) == 0)
        assert assessments_of(place) == {}


async def test_blind_mode_hides_names_and_mixes_runs(tmp_path: Path) -> None:
    one = save_run(tmp_path, "20260101-000000_tiny", "tiny")
    other = save_run(tmp_path, "20260102-000000_huge", "huge")
    async with opened(tmp_path) as (pilot, main):
        await pilot.press("b")
        await wait_for(pilot, lambda: "blind mode: 2 runs" in screen_text(pilot.app))
        assert len(main.workspace.review.shown.slots) == 48
        first = [slot.run for slot in main.workspace.review.shown.slots[:12]]
        assert len(set(first)) == 2
        text = screen_text(pilot.app)
        assert "BLIND" in text and "0 of 48 judged" in text
        assert "0.50" not in text and "tokens" not in text
        assert not [line for line in text.splitlines() if "2026" in line or "auto score:" in line]
        await pilot.press("1")
        await wait_for(pilot, lambda: "1 of 48 judged" in screen_text(pilot.app))
        said = [*assessments_of(one).values(), *assessments_of(other).values()]
        assert [(one_.verdict, one_.blind) for all_ in said for one_ in all_] == [("correct", True)]
        await pilot.press("b")
        await wait_for(pilot, lambda: not main.workspace.review.open_runs.blind)
        assert len(main.workspace.review.shown.slots) == 24


@pytest.mark.long
async def test_a_run_that_cannot_be_read_is_told_of_once(tmp_path: Path) -> None:
    save_run(tmp_path)
    (tmp_path / "results" / "broken").mkdir()
    (tmp_path / "results" / "broken" / "run.json").write_text("{")
    async with opened(tmp_path) as (_, main):
        told: list[str] = []
        main.say = lambda text, *_, **__: told.append(text)  # type: ignore[method-assign]
        await read_runs(main.workspace)
        assert not told
        (tmp_path / "results" / "another").mkdir()
        (tmp_path / "results" / "another" / "run.json").write_text("{")
        await read_runs(main.workspace)
        assert len(told) == 1 and "another" in told[0]


async def test_leaving_writes_the_verdicts_into_run_json_and_the_page(tmp_path: Path) -> None:
    place = save_run(tmp_path)
    async with opened(tmp_path) as (pilot, _):
        await pilot.press("1", "2", "q")
        await wait_for(pilot, lambda: pilot.app._exit)
    assert not (place / journal.JOURNAL_NAME).exists()
    text = (place / "run.json").read_text()
    assert text.count('"verdict": "correct"') == 1 and text.count('"verdict": "partial"') == 1
    page = (place / "summary.md").read_text()
    assert "✅" in page and "🟡" in page


@pytest.mark.long
async def test_another_assessor_sees_the_others_words_beside_the_own_not_before(tmp_path: Path) -> None:
    save_run(tmp_path)
    async with opened(tmp_path, auto_advance=False) as (pilot, _):
        await pilot.press("3", "q")
        await wait_for(pilot, lambda: pilot.app._exit)
    async with opened(tmp_path, assessor="ben", auto_advance=False) as (pilot, main):
        assert "0 of 24 judged" in screen_text(pilot.app)
        assert "ada: incorrect" not in screen_text(pilot.app)
        assert "auto score" not in screen_text(pilot.app)
        await pilot.press("v")
        await wait_for(pilot, lambda: "once you have judged" in screen_text(pilot.app))
        await pilot.press("1")
        await wait_for(pilot, lambda: main.workspace.review.progress().judged == 1)
        await wait_for(pilot, lambda: "ada: incorrect" in screen_text(pilot.app))
        assert "auto score" in screen_text(pilot.app)
        assert "once you have judged" not in screen_text(pilot.app)


async def test_a_disk_that_takes_nothing_is_said_and_changes_nothing(tmp_path: Path) -> None:
    place = save_run(tmp_path)
    async with opened(tmp_path) as (pilot, main):
        (place / journal.JOURNAL_NAME).mkdir()
        await pilot.press("1")
        await wait_for(pilot, lambda: "cannot write" in screen_text(pilot.app))
        assert main.workspace.review.slot and main.workspace.review.slot.image.path == FIRST
        assert main.workspace.review.progress().judged == 0
        (place / journal.JOURNAL_NAME).rmdir()
        await pilot.press("1")
        await wait_for(pilot, lambda: main.workspace.review.progress().judged == 1)


async def test_nothing_to_judge_is_said(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with app.run_test(size=(120, 36)) as pilot:
        # It stands in the answer's place first, and above the keys once the runs have been read.
        await wait_for(pilot, lambda: screen_text(app).count("Press r to ask fada-demo") == 2)
        await pilot.press("1")
        await wait_for(pilot, lambda: "no answer to judge here yet" in screen_text(app))


@pytest.mark.long
async def test_h_and_l_walk_through_the_panes(tmp_path: Path) -> None:
    save_run(tmp_path)
    async with opened(tmp_path) as (pilot, _):
        await pilot.press("v")
        assert pilot.app.focused and pilot.app.focused.id == "answer-text"
        await pilot.press("h")
        assert type(pilot.app.focused).__name__ == "ImageList"
        await pilot.press("l")
        assert pilot.app.focused and pilot.app.focused.id == "answer-text"
        await pilot.press("shift+tab", "shift+tab")
        assert type(pilot.app.focused).__name__ == "ModelList"


@pytest.mark.long
async def test_a_click_on_a_key_at_the_bottom_does_what_the_key_does(tmp_path: Path) -> None:
    save_run(tmp_path)
    async with opened(tmp_path, auto_advance=False) as (pilot, main):
        bar = main.query_one(KeyBar)
        rows = screen_text(pilot.app).splitlines()[-bar.size.height :]
        column = rows[0].index("3 Incorrect")
        await pilot.click(KeyBar, offset=(column, 0))
        await wait_for(pilot, lambda: main.workspace.review.progress().judged == 1)
        assert (
            main.workspace.review.run
            and main.workspace.review.run.assessment(FIRST, "q1").verdict == "incorrect"
        )


async def test_a_saved_screenshot_is_told_of_on_the_screen_that_it_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    app = make_app(tmp_path)
    async with app.run_test(size=(120, 36), notifications=True) as pilot:
        await pilot.press("R")
        await wait_for(pilot, lambda: app.screen is not main_of(app))
        await pilot.press("P")
        await wait_for(pilot, lambda: "saved:" in screen_text(app))
        assert app.screen is not main_of(app) and list(tmp_path.glob("*.svg"))


@pytest.mark.long
async def test_what_is_typed_into_the_filter_can_be_read_and_nothing_found_is_said(tmp_path: Path) -> None:
    save_run(tmp_path)
    async with opened(tmp_path) as (pilot, main):
        await pilot.press("slash", *"brainn")
        await wait_for(pilot, lambda: not main.workspace.review.shown.slots)
        await wait_for(pilot, lambda: "nothing to show here" in screen_text(pilot.app))
        assert "│ brainn " in screen_text(pilot.app)


async def test_errors_are_not_waited_for(tmp_path: Path) -> None:
    place = save_run(tmp_path)
    run = store.read_run(place)
    failed = replace(
        run.results[0],
        response=None,
        error=Failure(kind="image_unreadable", message="no image"),
        finish="error",
    )
    store.write_run(place, replace(run, results=(failed, *run.results[1:])))
    async with opened(tmp_path) as (pilot, _):
        await pilot.press("1")
        await wait_for(pilot, lambda: "1 of 23 judged" in screen_text(pilot.app))
        assert [*assessments_of(place)] == [SECOND]


@pytest.mark.long
async def test_a_model_that_the_list_lacks_is_there_once_it_has_a_run(tmp_path: Path) -> None:
    save_run(tmp_path, "20260101-000000_own", "own")
    save_run(tmp_path, "20260102-000000_tiny", "tiny")
    async with opened(tmp_path) as (pilot, main):
        rows = main.workspace.review.disk_index.rows
        assert [row.entry.name for row in rows[-2:]] == ["own", "tiny"]
        await pilot.press("shift+tab", *["j"] * (len(rows) - 2), "enter")
        await wait_for(
            pilot, lambda: main.workspace.review.run and main.workspace.review.run.id == "20260101-000000_own"
        )


@pytest.mark.long
async def test_the_list_of_runs_and_the_comparison_open_without_writing_what_was_judged(
    tmp_path: Path,
) -> None:
    place = save_run(tmp_path)
    async with opened(tmp_path) as (pilot, main):
        await pilot.press("1")
        await wait_for(pilot, lambda: "1 of 24 judged" in screen_text(pilot.app))
        for key, told in (("R", "1/24"), ("C", "1")):
            await pilot.press(key)
            await wait_for(
                pilot, lambda told=told: pilot.app.screen is not main and told in screen_text(pilot.app)
            )
            assert (place / journal.JOURNAL_NAME).exists(), "it would keep a large run's reader waiting"
            await pilot.press("escape")
            await wait_for(pilot, lambda: pilot.app.screen is main)


@pytest.mark.long
async def test_the_keys_at_the_bottom_are_those_that_work_in_the_filter(tmp_path: Path) -> None:
    save_run(tmp_path)
    async with opened(tmp_path) as (pilot, _):
        await pilot.press("slash")
        await wait_for(pilot, lambda: "⏎ Keep  esc Clear" in screen_text(pilot.app))
        assert "Correct" not in screen_text(pilot.app)
        await pilot.press(*"Heart", "enter")
        await wait_for(pilot, lambda: "1 Correct" in screen_text(pilot.app))


@pytest.mark.long
async def test_the_first_screen_counts_what_a_new_run_would_ask(tmp_path: Path) -> None:
    remember(Settings(questions="fada", per_category=2), state_file())
    app = make_app(tmp_path, category=("HEART", "Brain", "Aorta"), limit=3)
    async with app.run_test(size=(140, 36)) as pilot:
        told = "Press r to ask fada-demo 7 questions about the sample images"
        await wait_for(pilot, lambda: f"{told} (3)" in screen_text(app))
        await pilot.press("r")
        await wait_for(pilot, lambda: "3 images × 7 questions" in screen_text(app))
        await pilot.press("escape")
        await wait_for(pilot, lambda: app.screen is main_of(app))
        await pilot.press("j", "space")
        await wait_for(pilot, lambda: f"{told} (1)" in screen_text(app))
        await pilot.press("r")
        await wait_for(pilot, lambda: "1 image × 7 questions" in screen_text(app))
