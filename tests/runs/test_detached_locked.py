"""A run that is locked for a moment when its turn comes, as by a dashboard that was left and writes it."""

from pathlib import Path
from typing import Any, cast

import pytest

from fada_tui.config.settings import Settings
from fada_tui.core.errors import RunLockedError, StoreError
from fada_tui.models.registry import SHIPPED, load_registry
from fada_tui.runs.consent import NOTHING
from fada_tui.runs.detached import work
from fada_tui.runs.detached.log import Log
from fada_tui.runs.detached.orders import orders_of
from fada_tui.store.queue_file import QueuedRun, QueueLock, change_queue, read_queue


class Quiet:
    """A log that nobody reads."""

    def renew(self) -> None:
        """Do nothing."""

    def say(self, text: str) -> None:
        """Do nothing."""


@pytest.mark.parametrize(("moments", "problem"), [(3, "reached"), (1000, "locked")])
async def test_it_is_tried_again_and_not_for_ever(
    moments: int, problem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "one").mkdir()
    change_queue(tmp_path, lambda _: [QueuedRun(run="one")])
    left = iter(range(moments))

    def resume(*_: object) -> Any:
        if next(left, None) is not None:
            raise RunLockedError("locked")
        raise StoreError("reached")

    monkeypatch.setattr(work.Session, "resume", resume)
    registry = load_registry(tmp_path / "models.toml", SHIPPED)
    lock = QueueLock(tmp_path)
    await work.QueueWork(tmp_path, orders_of(Settings(), NOTHING), registry, lock, cast("Log", Quiet())).run()
    assert [one.problem for one in read_queue(tmp_path)] == [problem]
