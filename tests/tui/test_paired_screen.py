from pathlib import Path

import pytest
from msgspec.structs import replace

from fada_tui.core.records import Question, Score, Verdict
from fada_tui.tui.screens.comparison import ComparisonScreen
from fada_tui.tui.screens.paired import PairedScreen
from tests.examples import error_result, result
from tests.tui.shelves import OneScreen, broken, judged, settled, stored, text_of, whole

IMAGES = tuple(f"A/{place}.png" for place in range(6))


def shelf(results: Path) -> tuple[Path, ...]:
    """A model that is right, one that is wrong, and one that is partly right."""
    verdicts: dict[str, Verdict] = {"good": "correct", "bad[b]": "incorrect", "so-so": "partial"}
    return tuple(
        stored(results, whole(day, name, *(judged(path, verdict) for path in IMAGES)))
        for day, (name, verdict) in enumerate(verdicts.items(), 1)
    )


async def test_two_marked_runs_are_tested_by_question(tmp_path: Path) -> None:
    shelf(tmp_path)
    app = OneScreen(ComparisonScreen(tmp_path, blind=False))
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.press("m", "G", "m", "p")
        await settled(pilot)
        assert isinstance(app.screen, PairedScreen)
        shown = text_of(app.screen)
        assert "Paired comparison · good – bad[b]" in shown
        assert "+100.0 (+44.8 to +100.0)" in shown and "0.03125" in shown and "good better" in shown
        assert "verdict: correct: text of q1" in shown
        assert "exact McNemar" in shown and "Holm over 1 pair of this question" in shown
        await pilot.press("j")
        await settled(pilot)
        assert "verdict: correct or partial" in text_of(app.screen)
        await pilot.press("escape")
        await settled(pilot)
        assert isinstance(app.screen, ComparisonScreen) and "● good" in text_of(app.screen)


async def test_a_marked_run_is_tested_with_that_under_the_cursor(tmp_path: Path) -> None:
    shelf(tmp_path)
    app = OneScreen(ComparisonScreen(tmp_path, blind=False))
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        await pilot.press("p")
        await settled(pilot)
        assert "Mark a run with m" in text_of(app.screen)
        await pilot.press("m", "j", "p")
        await settled(pilot)
        assert "Paired comparison · good – so-so" in text_of(app.screen)
        assert "not told apart" in text_of(app.screen)
        await pilot.press("G")
        await settled(pilot)
        assert "cannot be told apart" in text_of(app.screen)


async def test_of_three_runs_each_pair_has_a_row(tmp_path: Path) -> None:
    app = OneScreen(PairedScreen(shelf(tmp_path)))
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        shown = text_of(app.screen)
        assert "bad[b] – so-so" in shown and "0.09375" in shown and "not told apart" in shown
        assert "Holm over 3 pairs of this question" in shown and "images for 80% power: 7" in shown


@pytest.mark.long
async def test_what_cannot_be_compared_says_so(tmp_path: Path) -> None:
    good, *_ = shelf(tmp_path)
    other = whole(9, "other", *(judged(path, None) for path in IMAGES))
    for folder, words in (
        (stored(tmp_path, replace(other, id="9")), "no score and no verdict of the same"),
        (broken(tmp_path, "bad"), "bad cannot be read"),
    ):
        app = OneScreen(PairedScreen((good, folder)))
        async with app.run_test(size=(60, 15)) as pilot:
            await settled(pilot)
            assert words in " ".join(text_of(app.screen).split())
            await pilot.press("j", "G", "pagedown", "q")
            await settled(pilot)
        assert app.ended == [None]


async def test_blind_there_is_nothing_to_mark(tmp_path: Path) -> None:
    shelf(tmp_path)
    app = OneScreen(ComparisonScreen(tmp_path, blind=True))
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.press("m", "j", "m", "p")
        await settled(pilot)
        assert isinstance(app.screen, ComparisonScreen) and "end blind mode" in text_of(app.screen)


async def test_runs_that_errors_keep_from_being_compared_say_so(tmp_path: Path) -> None:
    asked = Question(id="q1", text="text of q1", score="choice", values=("left", "right"))
    score = Score(kind="choice", value=1.0, matched=("left",))
    runs = (
        whole(1, "good", *(result(path, reference="left", score=score) for path in IMAGES)),
        whole(2, "failed", *(replace(error_result(path), reference="left") for path in IMAGES)),
    )
    folders = [stored(tmp_path, replace(one, questions=(asked,))) for one in runs]
    app = OneScreen(PairedScreen(folders))
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert "for errors; with errors counted as wrong" in " ".join(text_of(app.screen).split())
