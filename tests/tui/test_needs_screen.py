"""The screen that tells what a model needs, and the setup screen's warning."""

from pathlib import Path

import pytest

from fada_tui.config.settings import Settings
from fada_tui.core.records import ModelEntry
from fada_tui.runs.preflight.describe import Room
from fada_tui.runs.preflight.memory_fit import Free
from fada_tui.tui.screens.needs import NeedsScreen
from tests import refused
from tests.runs.test_preflight import smol  # noqa: F401
from tests.tui.dashboard import main_of, make_app, screen_text, wait_for
from tests.tui.stage import Stage, lines_of

GB = 10**9
TWO_GPUS = Room(
    (Free("GPU 0", True, int(1.2 * GB)), Free("GPU 1", True, GB // 4)), Free("main memory", False, GB // 4)
)


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_shows_memory_verdicts_and_advice(smol: Path, size: tuple[int, int]) -> None:  # noqa: F811
    screen = NeedsScreen(ModelEntry(name="Smol", source=str(smol)), Settings(), TWO_GPUS)
    stage = Stage(screen=screen)
    async with stage.shown(*size) as pilot:
        await wait_for(pilot, lambda: "Advice" in "\n".join(lines_of(stage)))
        lines = [line.strip() for line in lines_of(stage)]
        assert "Parameters  507.5M (0.51B), by the files' headers" in lines
        assert any(line.startswith("bfloat16") and line.endswith("as set") for line in lines)
        assert "GPU 0       1.20 GB free: fits at 8bit, 4bit; not at float32, bfloat16" in lines
        assert "GPU 1       250.0 MB free: does not fit" in lines
        assert any(line.startswith("Advice      fits GPU 0 at 8bit: --quantization 8bit") for line in lines)
        assert all(len(line) <= size[0] for line in lines)
        await pilot.press("i")
        await wait_for(pilot, lambda: stage.returned is None)


async def test_says_why_a_model_cannot_be_run_with_the_text_as_text(tiny: Path, tmp_path: Path) -> None:
    folder = refused.damaged(tiny, tmp_path / "own", refused.own_code)
    refused.change(folder / "config.json", architectures=["[bold]\x1b]0;x\x07Own"])
    stage = Stage(screen=NeedsScreen(ModelEntry(name="own", source=str(folder)), Settings(), TWO_GPUS))
    async with stage.shown(80, 24) as pilot:
        await wait_for(pilot, lambda: "Cannot run" in "\n".join(lines_of(stage)))
        text = "\n".join(lines_of(stage))
        assert "runs code of its own repository" in text and "--trust-remote-code own" in text
        assert "[bold]\\x1b]0;x\\x07Own" in text and "\x1b" not in text
        await pilot.press("j", "k", "space", "pageup", "escape")
        await wait_for(pilot, lambda: stage.returned is None)


async def test_i_on_the_models_pane_opens_it_for_the_model_under_the_cursor(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with app.run_test(size=(120, 36)) as pilot:
        main = main_of(app)
        await wait_for(pilot, lambda: main.workspace.review.disk_index.rows)
        await pilot.press("shift+tab")
        await wait_for(pilot, lambda: type(app.focused).__name__ == "ModelList")
        await pilot.press("i")
        await wait_for(pilot, lambda: isinstance(app.screen, NeedsScreen))
        await wait_for(pilot, lambda: "Idefics3ForConditionalGeneration" in screen_text(app))
        assert "fada-demo" in screen_text(app)
        await pilot.press("q")
        await wait_for(pilot, lambda: app.screen is main)
        await pilot.press("j", "i")
        await wait_for(pilot, lambda: "Cannot run" in screen_text(app))
        assert "blip2-opt-2.7b is not in the cache and HF_HUB_OFFLINE is set" in screen_text(app)
