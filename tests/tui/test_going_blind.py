"""Runs that take long to read for blind mode: no other key ends that unsaid, or judges what is in sight."""

import asyncio
from pathlib import Path

import pytest
from textual.pilot import Pilot

from fada_tui.core.errors import StoreError
from fada_tui.tui.actions.workspace import Workspace
from fada_tui.tui.state.open_runs import OpenRun
from fada_tui.tui.terminal import key_queue
from tests.tui.dashboard import assessments_of, main_of, make_app, save_run, screen_text, wait_for

OTHER = "20260102-000000_huge"


class Reading:
    """Holds up the reading of runs."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.may_end = asyncio.Event()
        self.error: StoreError | None = None
        self._load = Workspace.load_run
        reading = self

        async def load_run(workspace: Workspace, run_id: str) -> OpenRun:
            return await reading.load(workspace, run_id)

        monkeypatch.setattr(Workspace, "load_run", load_run)
        monkeypatch.setattr(key_queue, "OPENING_SECONDS", 0.05)

    async def load(self, workspace: Workspace, run_id: str) -> OpenRun:
        if workspace.open_runs.going_blind:
            await self.may_end.wait()
            if self.error:
                raise self.error
        return await self._load(workspace, run_id)


async def asked(pilot: Pilot[int], workspace: Workspace, key: str) -> None:
    """Press a key while the runs are being read."""
    await pilot.press(key)
    await wait_for(pilot, lambda: "give it up with b" in screen_text(pilot.app))
    assert len(pilot.app.screen_stack) == 1
    workspace.view.say("")


@pytest.mark.long
async def test_no_other_key_ends_it_or_judges_before_it_has_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = [save_run(tmp_path), save_run(tmp_path, OTHER, "huge")]
    app, reading = make_app(tmp_path), Reading(monkeypatch)
    async with app.run_test(size=(120, 36)) as pilot:
        await wait_for(pilot, lambda: "1 Correct" in screen_text(app))
        workspace = main_of(app).workspace
        await pilot.press("b")
        await wait_for(pilot, lambda: "reading run 1 of 2" in screen_text(app))
        for key in ("1", "a", "w", "F"):
            await asked(pilot, workspace, key)
        reading.may_end.set()
        await wait_for(pilot, lambda: "BLIND" in screen_text(app) and "2 runs shuffled" in screen_text(app))
    assert [assessments_of(place) for place in places] == [{}, {}]


@pytest.mark.long
async def test_it_is_given_up_by_its_key_or_for_a_run_that_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_run(tmp_path)
    save_run(tmp_path, OTHER, "huge")
    app, reading = make_app(tmp_path), Reading(monkeypatch)
    async with app.run_test(size=(120, 36)) as pilot:
        await wait_for(pilot, lambda: "1 Correct" in screen_text(app))
        workspace = main_of(app).workspace
        await pilot.press("b")
        await wait_for(pilot, lambda: workspace.open_runs.going_blind)
        await pilot.press("b")
        await wait_for(pilot, lambda: "blind mode was not begun" in screen_text(app))
        assert not workspace.open_runs.going_blind
        reading.error = StoreError("that is damaged")
        reading.may_end.set()
        await pilot.press("b")
        await wait_for(pilot, lambda: "blind mode was not begun: that is damaged" in screen_text(app))
        await pilot.press("1")
        await wait_for(pilot, lambda: workspace.review.progress().judged == 1)
    assert not workspace.open_runs.blind
