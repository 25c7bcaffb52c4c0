from pathlib import Path
from typing import Any

import pytest

from fada_tui.config.settings import Settings
from fada_tui.core.records import Run
from fada_tui.models.registry import load_registry
from fada_tui.runs.job import first_run
from fada_tui.runs.planning import jobs


def planned(folder: Path, **settings: Any) -> Run:
    (job,), _ = jobs(Settings(limit=1, **settings), load_registry(folder / "models.toml"), None)
    return first_run("1", job)


@pytest.mark.parametrize(
    ("settings", "source"),
    [({}, "reference"), ({"questions": "demo"}, "demo"), ({"question": ("Why?",)}, None)],
)
def test_a_run_keeps_where_its_questions_are_from(
    tmp_path: Path, settings: dict[str, Any], source: str | None
) -> None:
    kept = planned(tmp_path, **settings).question_set
    assert (kept.source if kept else None) == source


def test_a_run_plans_control_pictures_only_where_they_are_asked_for(tmp_path: Path) -> None:
    asked = [planned(tmp_path, **settings).plan for settings in ({}, {"control": True})]
    assert [plan and plan.control for plan in asked] == [False, True]
