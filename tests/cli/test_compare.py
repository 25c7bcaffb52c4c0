import json
from argparse import Namespace
from pathlib import Path

import pytest

from fada_tui.cli.commands import runs
from fada_tui.core.records import Question
from fada_tui.store import folder as store
from tests.examples import run


def test_data_for_programs_say_on_stderr_which_questions_were_reworded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FADA_TUI_CONFIG_DIR", str(tmp_path / "config"))
    results = tmp_path / "results"
    for name, text in (("one", "Why?"), ("two", "Why, then?")):
        (results / name).mkdir(parents=True)
        store.write_run(results / name, run(id=name, questions=(Question(id="q1", text=text),)))
    assert runs.compare(Namespace(runs=[], format="json", results=str(results))) == 0
    said = capsys.readouterr()
    assert len(json.loads(said.out)) == 2
    assert said.err == "warning: Asked in several wordings, so not the same questions: q1 (2).\n"
    assert runs.compare(Namespace(runs=[], format="md", results=str(results))) == 0
    said = capsys.readouterr()
    assert "**q1** is asked in 2 wordings" in said.out and not said.err
