"""A screen above the main one that shows the workspace, too."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tui.dashboard import main_of, make_app, save_run, wait_for


class Noted:
    """A companion that notes what it is asked."""

    def __init__(self) -> None:
        self.drawn = self.grown = 0
        self.said: list[str] = []

    def draw(self) -> None:
        self.drawn += 1

    def draw_answer(self) -> None:
        self.grown += 1

    def say(
        self,
        text: str,
        kind: str = "info",
        *,
        keep: bool = False,
        holds: Callable[[], bool] | None = None,
    ) -> None:
        self.said.append(text)


@pytest.mark.long
async def test_a_companion_is_drawn_with_the_main_screen_until_it_parts(tmp_path: Path) -> None:
    save_run(tmp_path)
    app = make_app(tmp_path)
    async with app.run_test(size=(120, 36)) as pilot:
        main, companion = main_of(app), Noted()
        await wait_for(pilot, lambda: main.workspace.review.run)
        main.join(companion)
        await pilot.press("1")
        await wait_for(pilot, lambda: main.workspace.review.progress().judged == 1 and companion.drawn)
        main.draw_answer_soon()
        await wait_for(pilot, lambda: companion.grown)
        main.say("seen by both")
        assert companion.said[-1] == "seen by both"
        main.part(companion)
        drawn = companion.drawn
        main.draw()
        main.say("seen by one")
        assert (companion.drawn, companion.said[-1]) == (drawn, "seen by both")
