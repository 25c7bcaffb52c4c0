"""Runs with several workers to which all sorts of things happen, in a time that is made up."""

import os
from pathlib import Path

import pytest

from fada_tui.runs import session
from fada_tui.runs.worker_client import client
from tests.runs.asking import simulated
from tests.runs.asking.made_up_time import inline, run_in_made_up_time

FEW = (63, 776, 877)
"""Seeds; with each of them somebody stood still once."""


@pytest.fixture(autouse=True)
def made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "WorkerProcess", simulated.Process)
    monkeypatch.setattr(session, "Telemetry", simulated.Silent)
    monkeypatch.setattr("asyncio.to_thread", inline)
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


@pytest.mark.parametrize("seed", FEW)
def test_nobody_is_idle_while_there_is_work_and_nothing_is_lost_or_made_twice(
    seed: int, tmp_path: Path
) -> None:
    assert run_in_made_up_time(simulated.play(seed, tmp_path))


@pytest.mark.slow
@pytest.mark.parametrize("first", range(1000, 1600, 100))
def test_nor_in_hundreds_of_other_runs(first: int, tmp_path: Path) -> None:
    ends: set[str] = set()
    for seed in range(first, first + 100):
        # Each in a folder of its own: a run that ends reads all others beside it.
        played = run_in_made_up_time(simulated.play(seed, tmp_path / str(seed)))
        ends.update(one.status for one in played)
    assert ends == {"complete", "interrupted", "failed", "cut off"}
