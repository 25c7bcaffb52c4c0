"""Runs that were read stay, and cost nothing while they do."""

import gc
from pathlib import Path

from tests.tui.dashboard import save_run
from tests.tui.test_workspace import begun


async def test_results_that_stay_are_not_looked_through_for_garbage(tmp_path: Path) -> None:
    save_run(tmp_path, "20260101-000000_old", "old")
    save_run(tmp_path, "20260102-000000_new", "new")
    workspace, _ = await begun(tmp_path)
    gc.unfreeze()
    try:
        run = await workspace.load_run("20260101-000000_old")
        assert gc.get_freeze_count() > 0
        looked_at = {id(one) for one in gc.get_objects()}
        assert not looked_at & {id(result) for result in run.results}
    finally:
        gc.unfreeze()
