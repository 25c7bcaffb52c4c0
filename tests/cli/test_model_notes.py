import json
from argparse import Namespace
from pathlib import Path

import pytest
from msgspec.structs import replace

from fada_tui.cli.commands import model_notes, runs
from fada_tui.cli.parser import parser
from fada_tui.core.errors import UsageError
from fada_tui.models.registry import load_registry
from fada_tui.runs.publish import publish
from fada_tui.store import folder as store
from fada_tui.store.model_notes import read_model_notes
from tests.examples import result, run


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FADA_TUI_CONFIG_DIR", str(tmp_path / "config"))
    place = tmp_path / "results" / "one"
    place.mkdir(parents=True)
    store.write_run(place, replace(run(id="one", status="complete", results=(result(),))))
    return place.parent


def call(results: Path, *words: str) -> int:
    options = parser().parse_args(["models", "note", "--results", str(results), *words])
    return model_notes.run(options)


def test_a_note_is_a_row_of_the_comparison(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(results, "fetalclip", "--size", "0.4B", "--quality", "40%", "--source", "a page") == 0
    assert capsys.readouterr().out == f"noted what is told of FetalCLIP ({results / 'notes.toml'})\n"
    assert "| FetalCLIP (told) | 0.4B |" in (results / "comparison.md").read_text()
    assert runs.compare(Namespace(runs=[], paired=False, format="csv", results=str(results))) == 0
    assert "FetalCLIP" in capsys.readouterr().out
    assert runs.compare(Namespace(runs=["one"], paired=False, format="md", results=str(results))) == 0
    assert "FetalCLIP" not in capsys.readouterr().out
    assert call(results, "FetalCLIP", "--remove", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"removed": "FetalCLIP"}
    assert "(told)" not in (results / "comparison.md").read_text()


@pytest.mark.parametrize("name", ["smolvlm_500m", "HuggingFaceTB/SmolVLM-500M-Instruct"])
def test_a_listed_model_has_the_list_s_name(results: Path, name: str) -> None:
    assert call(results, name, "--size", "0.51B") == 0
    assert [note.name for note in read_model_notes(results)] == ["SmolVLM-500M"]


def test_what_it_says_as_json(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(results, "Mine", "--speed", "4.5", "--json") == 0
    note = json.loads(capsys.readouterr().out)["note"]
    assert (note["name"], note["speed"], note["size"]) == ("Mine", "4.5", None)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["A\x1b[2J", "--size", "1B"], "a model's name: expected printable characters"),
        ([" ", "--size", "1B"], "a model's name"),
        (["A", "--size", "1\n2"], "--size: expected printable characters on one line"),
        (["A", "--size", ""], "--size: expected"),
        (["A", "--quality", "140%"], "--quality: expected a share from 0% to 100%, or words, got 140%"),
        (["A", "--quality=-1 %"], "--quality: expected a share from 0% to 100%, or words, got -1 %"),
        (["A", "--quality", "x" * 301], "--quality: expected at most 300 characters, got 301"),
        (["A"], "give what is told of A"),
        (["A", "--remove", "--size", "1B"], "--remove alone"),
        (["A", "--remove"], "nothing to remove"),
    ],
)
def test_what_cannot_be_told_is_refused(results: Path, words: list[str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        call(results, *words)
    assert read_model_notes(results) == ()


def test_the_page_of_a_run_has_it_and_a_damaged_file_is_told(results: Path) -> None:
    call(results, "Mine", "--speed", "4.5")
    registry = load_registry(results / "models.toml")
    folder = results / "one"
    _, warnings = publish(folder, store.read_run(folder), registry)
    assert warnings == () and "Mine (told)" in (folder / "summary.md").read_text()
    (results / "notes.toml").write_text("model = ")
    _, warnings = publish(folder, store.read_run(folder), registry)
    assert len(warnings) == 1 and "notes.toml, line 1: not valid TOML" in warnings[0]
    assert "Mine" not in (folder / "summary.md").read_text()
