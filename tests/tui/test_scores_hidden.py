"""Scores and references show once the answer is judged, and never in blind mode."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot

from fada_tui.core.records import AutoScore, Question, Score
from fada_tui.store import folder as store
from fada_tui.tui.main_screen import MainScreen
from fada_tui.tui.screens.comparison import ComparisonScreen
from fada_tui.tui.screens.models_on_image import ModelsOnImage
from fada_tui.tui.screens.summary import SummaryScreen
from tests.tui.dashboard import main_of, make_app, save_run, screen_text, wait_for

ASKED = Question(id="q1", text="What do you see?", score="text")
TELLING = ("zebrafish", "score (", "auto score:", "0.25", "reference:", "zeugma")


def save_scored(folder: Path, name: str, model: str) -> None:
    """A run whose answers have scores and references."""
    auto = AutoScore(
        rubric="fada",
        context=True,
        context_terms=("fetal",),
        maternal_terms=(),
        category_terms=(),
        other_categories=(),
        score=0.25,
    )
    place = save_run(folder, name, model, questions=(ASKED,), auto=auto)
    run = store.read_run(place)
    score = Score(kind="text", value=0.25, matched=("abdomen",), missed=("zebrafish",), extra=("zeugma",))
    results = tuple(replace(one, score=score, reference="zebrafish abdomen") for one in run.results)
    store.write_run(place, replace(run, results=results))


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[tuple[Pilot[Any], MainScreen]]:
    """The dashboard with the later of two scored runs open."""
    save_scored(folder, "20260101-000000_old", "old")
    save_scored(folder, "20260102-000000_new", "new")
    app = make_app(folder, auto_advance=False)
    async with app.run_test(size=(160, 48)) as pilot:
        main = main_of(app)
        await wait_for(pilot, lambda: main.workspace.review.run)
        await wait_for(pilot, lambda: "sees the" in screen_text(app))
        yield pilot, main


def told(pilot: Pilot[Any]) -> list[str]:
    return [word for word in TELLING if word in screen_text(pilot.app)]


@pytest.mark.long
async def test_scores_and_references_come_with_ones_own_verdict_and_go_with_it(tmp_path: Path) -> None:
    async with opened(tmp_path) as (pilot, _):
        assert told(pilot) == []
        await pilot.press("3")
        await wait_for(pilot, lambda: told(pilot))
        assert {"zebrafish", "score (", "0.25", "reference:"} <= {*told(pilot)}
        await pilot.press("u")
        await wait_for(pilot, lambda: not told(pilot))
        await pilot.press("m")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, ModelsOnImage))
        await wait_for(pilot, lambda: "old sees the Abdomen" in screen_text(pilot.app))
        assert told(pilot) == []


@pytest.mark.long
async def test_blind_mode_shows_none_after_a_verdict_either(tmp_path: Path) -> None:
    async with opened(tmp_path) as (pilot, main):
        await pilot.press("b")
        await wait_for(pilot, lambda: main.workspace.review.open_runs.blind)
        await pilot.press("3")
        await wait_for(pilot, lambda: "1 of 48 judged" in screen_text(pilot.app))
        assert told(pilot) == []
        for key, screen, says in (
            ("m", ModelsOnImage, "sees the"),
            ("s", SummaryScreen, "hidden in blind mode"),
            ("C", ComparisonScreen, "end blind mode first"),
        ):
            await pilot.press(key)
            await wait_for(pilot, lambda screen=screen: isinstance(pilot.app.screen, screen))
            await wait_for(pilot, lambda says=says: says in screen_text(pilot.app))
            assert told(pilot) == []
            await pilot.press("escape")
            await wait_for(pilot, lambda: pilot.app.screen is main)
