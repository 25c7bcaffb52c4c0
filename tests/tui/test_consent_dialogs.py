"""Going on with a run that somebody else may have written: the dashboard asks before it runs its code."""

from pathlib import Path

import pytest

from tests.conftest import Program, load
from tests.received import received, with_own_code
from tests.tui.dashboard import main_of, make_app, screen_text, wait_for

pytestmark = pytest.mark.worker


@pytest.mark.parametrize(
    "how", ["option", *(pytest.param(how, marks=pytest.mark.slow) for how in ("key", "list of runs"))]
)
async def test_code_of_a_received_run_runs_only_after_yes(
    how: str, program: Program, tiny: Path, images: Path, tmp_path: Path
) -> None:
    mark = tmp_path / "mark"
    own = with_own_code(tiny, tmp_path / "own", mark)
    folder = received(program, tiny, images, name="own", source=str(own), trust_remote_code=True)
    app = make_app(program.cwd, images=str(images))
    if how == "option":
        app = make_app(program.cwd, resume=folder.name, images=str(images))
    async with app.run_test(size=(120, 36)) as pilot:
        main = main_of(app)

        async def resume() -> None:
            match how:
                case "option":
                    main.resume(folder.name)
                case "key":
                    await pilot.press("w")
                case _:
                    await pilot.press("R")
                    await wait_for(pilot, lambda: folder.name in screen_text(app) and app.screen is not main)
                    await pilot.press("w")

        if how == "option":
            await wait_for(pilot, lambda: "Let own run its own code?" in screen_text(app))
        else:
            await wait_for(pilot, lambda: main.workspace.review.run)
            await resume()
            await wait_for(pilot, lambda: "Let own run its own code?" in screen_text(app))
        text = " ".join(screen_text(app).replace("│", " ").split())
        assert "configuration_own.py, modeling_own.py of" in text and "sees HF_TOKEN" in text
        await pilot.press("enter")  # stands on no
        await wait_for(pilot, lambda: "nothing of own was run" in screen_text(app))
        assert not main.workspace.run_control.queue.busy and not mark.exists()
        assert load(folder)["status"] == "interrupted"

        await wait_for(pilot, lambda: app.screen is main)
        await resume()
        await wait_for(pilot, lambda: "Let own run its own code?" in screen_text(app))
        await pilot.press("y")
        await wait_for(pilot, lambda: mark.exists() and not main.workspace.run_control.queue.busy)
        await wait_for(pilot, lambda: load(folder)["status"] == "complete")


async def test_pickles_of_a_received_run_are_asked_for(program: Program, tiny: Path, images: Path) -> None:
    folder = received(program, tiny, images, allow_pickle=True)
    app = make_app(program.cwd, images=str(images))
    async with app.run_test(size=(80, 24)) as pilot:
        main = main_of(app)
        await wait_for(pilot, lambda: main.workspace.review.run)
        await pilot.press("w")
        await wait_for(pilot, lambda: "Read pickled weights of" in screen_text(app))
        await pilot.press("n")
        await wait_for(
            pilot, lambda: "was read" in screen_text(app) and not main.workspace.run_control.queue.busy
        )
        assert load(folder)["status"] == "interrupted"
