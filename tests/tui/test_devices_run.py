"""A run on two workers in the dashboard, from its first key to its page; one worker is killed meanwhile."""

import os
import signal
from pathlib import Path

import pytest

from fada_tui.report.summary import render_summary
from fada_tui.store.folder import read_run
from fada_tui.tui.widgets.runbar import figures
from tests.conftest import run_folders
from tests.tui.dashboard import main_of, make_app, screen_text, wait_for

pytestmark = [pytest.mark.worker, pytest.mark.slow]

QUESTIONS = tuple(f"What is it, said in {number} words?" for number in range(1, 4))
IMAGES = 5


async def test_both_workers_are_seen_and_the_loss_of_one_is_said(tmp_path: Path) -> None:
    app = make_app(tmp_path, devices="cpu*2", question=QUESTIONS, limit=IMAGES)
    async with app.run_test(size=(160, 48)) as pilot:
        await wait_for(pilot, lambda: "Press r to ask" in screen_text(app))
        await pilot.press("r")
        await wait_for(pilot, lambda: "in main memory for each of 2" in screen_text(app))
        await pilot.press("ctrl+s")
        workspace = main_of(app).workspace
        control = workspace.run_control

        def pid(name: str) -> int | None:
            return next((one.pid for one in control.queue.watched if one.name == name), None)

        def at(name: str) -> str:
            return next((one.at for one in workspace.run_view().devices if one.name == name), "")

        await wait_for(pilot, lambda: at("cpu:0"))
        first = pid("cpu:0")
        assert first is not None
        os.kill(first, signal.SIGSTOP)  # it must not have done all before the other is loaded
        try:
            await wait_for(pilot, lambda: at("cpu:1"))
            assert "2 workers" in figures(workspace.run_view())
            assert f"cpu:0  {at('cpu:0')}" in figures(workspace.run_view())
            assert [one.name for one in control.gauges().devices] == ["cpu:0", "cpu:1"]
            run = workspace.open_runs.at_work
            assert run is not None
            await wait_for(pilot, lambda: any(result.device == "cpu:1" for result in run.results))
            second = pid("cpu:1")
            assert second is not None
            os.kill(second, signal.SIGKILL)
            await wait_for(pilot, lambda: "cpu:1: " in screen_text(app))
            assert "another worker takes over" in screen_text(app)
            assert pid("cpu:0") == first, "whose answers go on"
        finally:
            os.kill(first, signal.SIGCONT)
        await wait_for(pilot, lambda: workspace.run_view().state == "ended" and not control.queue.busy)
    (folder,) = run_folders(tmp_path)
    made = read_run(folder)
    assert made.status == "complete"
    assert len(made.results) == IMAGES * len(QUESTIONS) == len({result.key for result in made.results})
    assert {result.device for result in made.results} == {"cpu:0", "cpu:1"}
    page = render_summary(made, [], (), None)
    assert "2 workers on the CPU" in page and "| cpu:0 |" in page and "| cpu:1 |" in page
