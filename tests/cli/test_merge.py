"""`fada-tui runs merge`: what it prints, and what it says where it cannot."""

import json
from pathlib import Path

import pytest

from fada_tui.cli.entry import main
from fada_tui.store import folder as store
from tests.sharded import shards


def test_it_prints_the_page_of_the_new_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folders = shards(tmp_path)
    named = [folder.name for folder in folders]
    assert main(["runs", "merge", *named, "--results", str(tmp_path), "--name", "all"]) == 0
    said = capsys.readouterr()
    page = Path(said.out.rstrip("\n"))
    assert page.name == store.SUMMARY_NAME and page.parent.name.endswith("_fada-demo_all") and page.exists()
    assert said.err == ""


def test_with_json_what_was_made_is_an_object(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folders = shards(tmp_path)
    assert main(["runs", "merge", *map(str, folders), "--results", str(tmp_path), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["images"], said["results"], said["errors"], said["warnings"]) == (14, 70, 0, [])
    assert said["shards"] == [folder.name for folder in folders]
    assert said["run"] == Path(said["path"]).name == Path(said["summary"]).parent.name


def test_a_refusal_is_one_line_and_an_object(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folders = shards(tmp_path)
    assert main(["runs", "merge", str(folders[0]), str(folders[1]), "--json"]) == 2
    said = capsys.readouterr()
    assert said.err.startswith("fada-tui: shard 3/3 of this plan is missing") and said.err.count("\n") == 1
    assert json.loads(said.out) == {"run": None, "error": said.err.removeprefix("fada-tui: ").rstrip("\n")}
