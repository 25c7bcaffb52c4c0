"""The reference's five systems through the dashboard: queued, run, side by side on one image."""

from pathlib import Path

import pytest

from fada_tui.tui.main_screen import MainScreen
from tests.conftest import write_image
from tests.reference_systems import NAMES, build
from tests.tui.dashboard import main_of, make_app, screen_text, wait_for
from tests.tui.test_runs_from_keys import answered_by, begin, runs_in


@pytest.mark.slow
async def test_the_reference_s_systems_answer_one_image(tmp_path: Path) -> None:
    build(tmp_path / "checkpoints", tmp_path / "models.toml")
    write_image(tmp_path / "images" / "Brain" / "b.png")
    app = make_app(tmp_path, model=NAMES, images=str(tmp_path / "images"), max_new_tokens=6, dtype="float32")
    async with app.run_test(size=(300, 45)) as pilot:
        main: MainScreen = main_of(app)
        await wait_for(pilot, lambda: "Press r to ask" in screen_text(app))
        await begin(pilot, main)
        await wait_for(
            pilot, lambda: len(runs_in(tmp_path)) == len(NAMES) and not main.workspace.run_control.queue.busy
        )
        assert sorted(run["model"]["name"] for run in runs_in(tmp_path)) == sorted(
            NAMES
        )  # some in one second
        assert [run["status"] for run in runs_in(tmp_path)] == ["complete"] * len(NAMES)
        # The runs are read when one begins, too: the last one has its answer only once it is read again.
        await wait_for(pilot, lambda: answered_by(main) == len(NAMES))
        await pilot.press("m")
        await wait_for(pilot, lambda: app.screen is not main)
        await wait_for(pilot, lambda: all(name in screen_text(app) for name in NAMES))
    comparison = (tmp_path / "results" / "comparison.md").read_text()
    assert all(f"| {name} |" in comparison for name in NAMES)
