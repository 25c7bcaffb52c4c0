"""`fada-tui rescore`, from the command line."""

import json
from pathlib import Path

import pytest

from fada_tui.cli import main
from fada_tui.store import folder as store
from tests.examples import result, run


@pytest.fixture
def made(tmp_path: Path) -> Path:
    one = run(results=(result("A/a.png"), result("A/b.png")))
    folder = tmp_path / "results" / one.id
    folder.mkdir(parents=True)
    store.write_run(folder, one)
    return folder


def called(*arguments: str) -> int:
    return main(["rescore", *arguments])


def test_all_that_is_given_is_recorded(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "r.csv").write_text("image,q1\nA/a.png,yes\n")
    (tmp_path / "q.toml").write_text('[[question]]\nid = "other"\ntext = "Text of Q1?"\nscore = "yes_no"\n')
    options = ("--references", str(tmp_path / "r.csv"), "--questions", str(tmp_path / "q.toml"), "--json")
    code = called(made.name, "--results", str(made.parent), "--alias", "A=Brain", *options)
    (row,) = json.loads(capsys.readouterr().out)["runs"]
    assert code == 0 and row["run"] == made.name and row["answers"] == 2
    written = store.read_run(made)
    assert written.questions[0].kind == "yes_no" and written.dataset.aliases == {"A": "Brain"}
    assert written.results[0].reference == "yes"
    assert Path(row["page"]).exists()


def test_settings_of_the_environment_are_for_new_runs(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FADA_TUI_REFERENCES", str(tmp_path / "none.csv"))
    monkeypatch.setenv("FADA_TUI_ALIAS", "A=nothing")
    assert called(made.name, "--results", str(made.parent)) == 0


def test_a_file_of_other_images_is_refused(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (made / store.RUN_NAME).read_bytes()
    (tmp_path / "r.csv").write_text("image,q1\nZ/z.png,yes\n")
    assert called(made.name, "--results", str(made.parent), "--references", str(tmp_path / "r.csv")) == 2
    told = capsys.readouterr().err
    assert "r.csv" in told and "Traceback" not in told
    assert (made / store.RUN_NAME).read_bytes() == before


def test_what_of_references_matched_is_told(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "r.csv").write_text("image,q1\nA/a.png,yes\nZ/z.png,no\n")
    code = called(made.name, "--results", str(made.parent), "--references", str(tmp_path / "r.csv"))
    told = capsys.readouterr()
    assert code == 0 and told.out.splitlines() == [str(made / store.SUMMARY_NAME)]
    line = "r.csv: 1 of 3 answers, 1 of 1 questions; 1 image of the file is not in this run"
    assert f"{made.name}: {line}" in told.err
    assert called(made.name, "--results", str(made.parent)) == 0
    assert capsys.readouterr().err == ""


def test_questions_with_one_answer_are_told(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    alike = run(results=tuple(result(f"A/{number}.png") for number in range(10)), id=made.name)
    store.write_run(made, alike)
    assert called(made.name, "--results", str(made.parent), "--json") == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["runs"][0]["constant_answers"] == ["q1"]
    assert f"{made.name}: 1 of 1 question: one answer for every image (q1)" in err
    assert main(["runs", "show", made.name, "--results", str(made.parent), "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["constant_answers"] == ["q1"] and shown["looking"][0]["finding"] == "one_answer"
    assert store.read_run(made).looking
