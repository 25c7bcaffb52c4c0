import json
from argparse import Namespace
from pathlib import Path

import pytest

from fada_tui.cli import main
from fada_tui.cli.commands import runs
from fada_tui.core.records import Assessment, Question
from fada_tui.store import folder as store
from tests.examples import result, run


def test_data_for_programs_say_on_stderr_which_questions_were_reworded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FADA_TUI_CONFIG_DIR", str(tmp_path / "config"))
    results = tmp_path / "results"
    for name, text in (("one", "Why?"), ("two", "Why, then?")):
        (results / name).mkdir(parents=True)
        asked = (Question(id="q1", text=text),)
        store.write_run(results / name, run(id=name, questions=asked, results=(result(),)))
    assert runs.compare(Namespace(runs=[], paired=False, format="json", results=str(results))) == 0
    said = capsys.readouterr()
    assert len(json.loads(said.out)) == 2
    assert said.err == "warning: Asked in several wordings, so not the same questions: q1 (2).\n"
    assert runs.compare(Namespace(runs=[], paired=False, format="md", results=str(results))) == 0
    said = capsys.readouterr()
    assert "**q1** is asked in 2 wordings" in said.out and not said.err


def test_paired_takes_the_runs_that_are_named_and_two_at_least(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FADA_TUI_CONFIG_DIR", str(tmp_path / "config"))
    results = tmp_path / "results"
    judged = tuple(
        result(path, assessments=(Assessment(verdict="correct"),)) for path in ("A/a.png", "A/b.png")
    )
    told_names = ("one", "two", "three")
    for name in told_names:
        (results / name).mkdir(parents=True)
        store.write_run(results / name, run(id=name, results=judged))
    arguments = ["compare", "two", "one", "--paired", "--format", "json", "--results", str(results)]
    assert main(arguments) == 0
    told = json.loads(capsys.readouterr().out)
    assert [one["run"] for one in told["runs"]] == ["two", "one"]
    assert [one["outcome"] for one in told["questions"]] == ["correct", "correct_or_partial"]
    monkeypatch.setattr(runs, "MOST_PAIRED", 2)
    assert main(["compare", "--paired", *told_names, "--results", str(results)]) == 2
    assert "compares 2 runs at most, and these are 3" in capsys.readouterr().err
    assert main(["compare", "one", "one", "--paired", "--results", str(results)]) == 2
    assert "name two at least" in capsys.readouterr().err
    assert main(["compare", "one", "--results", str(results)]) == 0
    assert capsys.readouterr().out.startswith("# Comparison of Models")


def test_questions_that_are_not_paired_since_they_were_reworded_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FADA_TUI_CONFIG_DIR", str(tmp_path / "config"))
    results = tmp_path / "results"
    judged = (result("A/a.png", assessments=(Assessment(verdict="correct"),)),)
    for name, text in (("one", "Why?"), ("two", " why?"), ("three", "Why, then?"), ("four", "WHY, THEN?")):
        (results / name).mkdir(parents=True)
        asked = (Question(id="q1", text=text),)
        store.write_run(results / name, run(id=name, questions=asked, results=judged))
    arguments = ["compare", "--paired", "--results", str(results), "one", "two"]
    assert main(arguments) == 0
    assert "wordings" not in capsys.readouterr().out
    assert main([*arguments, "three", "four"]) == 0
    assert "**q1** is asked in 2 wordings" in capsys.readouterr().out
    for format in ("csv", "json"):
        assert main([*arguments, "three", "--format", format]) == 0
        assert "several wordings, so not the same questions: q1 (2)" in capsys.readouterr().err


def test_json_is_one_object_on_the_last_line_of_either_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FADA_TUI_CONFIG_DIR", str(tmp_path / "config"))
    results = tmp_path / "results"
    judged = (result("A/a.png", assessments=(Assessment(verdict="correct"),)),)
    for name in ("one", "two"):
        (results / name).mkdir(parents=True)
        store.write_run(results / name, run(id=name, results=judged))
    where = ["one", "two", "--results", str(results)]
    for paired in ([], ["--paired"]):
        assert main(["compare", *where, *paired, "--format", "json"]) == 0
        told = json.loads(capsys.readouterr().out)
        assert main(["compare", *where, *paired, "--json"]) == 0
        (line,) = capsys.readouterr().out.splitlines()
        assert json.loads(line) == (told if paired else {"runs": told})
    assert main(["compare", "--paired", "--results", str(results)]) == 2
    assert "only complete ones are taken, one for each model" in capsys.readouterr().err
