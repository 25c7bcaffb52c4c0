"""The places of the dashboard, wherever it was started."""

from pathlib import Path

import pytest

from fada_tui.config.rubrics import load_rubric
from fada_tui.config.settings import Settings
from fada_tui.models.registry import Registry
from fada_tui.tui.present.lines import shown_path
from fada_tui.tui.state.context import AppContext
from fada_tui.tui.terminal.graphics.detect import Detected


def context(results: str) -> AppContext:
    settings = Settings(results=results)
    return AppContext(
        settings=settings,
        registry=Registry(entries=()),
        rubric=load_rubric(settings.rubric),
        graphics=Detected("half", "asked for"),
    )


def test_the_results_folder_stays_where_it_is_when_the_folder_of_the_start_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    (tmp_path / "results").mkdir()
    monkeypatch.chdir(here)
    opened = context("../results")
    assert opened.results.is_dir()
    here.rmdir()
    assert opened.results == tmp_path.resolve() / "results" and opened.results.is_dir()
    assert shown_path(opened.results) == str(opened.results)
