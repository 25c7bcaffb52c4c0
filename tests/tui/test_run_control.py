"""What the dashboard hands to a run that it begins or goes on with."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from fada_tui.config.engines import EngineSettings
from fada_tui.config.settings import Settings
from fada_tui.core.errors import StoreError
from fada_tui.runs.planning import jobs
from fada_tui.tui.state import run_control
from fada_tui.tui.state.disk_index import DiskIndex
from fada_tui.tui.state.run_control import RunControl
from tests.conftest import LONG_ENOUGH
from tests.tui.dashboard import save_run
from tests.tui.test_workspace import begun

OWN = {"vllm": EngineSettings(command=("/opt/vllm",))}


async def test_new_runs_and_resumed_ones_have_the_engines_of_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[Any] = []

    class Refusing:
        @staticmethod
        def new(*of: object) -> None:
            given.append(of[-1])
            raise StoreError("the disk is full")

        resume = new

    monkeypatch.setattr(run_control, "Session", Refusing)
    folder = save_run(tmp_path)
    workspace, _ = await begun(tmp_path)
    context = workspace.app_context
    own = replace(context, settings=replace(context.settings, engines=OWN))
    said: list[str] = []
    control = RunControl(own, workspace.open_runs, lambda _: None, said.append)
    (job,), _ = jobs(Settings(limit=1), context.registry, None)
    control.start([job], DiskIndex())
    control.resume(await workspace.load_run(folder.name), DiskIndex())
    async with asyncio.timeout(LONG_ENOUGH):
        while len(said) < 2:
            await asyncio.sleep(0.01)
    assert given == [OWN, OWN]
    await control.queue.close(1.0)
    await workspace.leave()
