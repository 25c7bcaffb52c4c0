"""A run that is damaged costs itself: it is named and left out, and all others are read and shown."""

import json
import os
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fada_tui.core.errors import StoreError
from fada_tui.models.registry import load_registry
from fada_tui.report.comparison import render_comparison
from fada_tui.report.exports import export_run
from fada_tui.runs.publish import preview, publish
from fada_tui.store import folder as store
from fada_tui.store import journal
from fada_tui.tui.state.disk_index import read_disk_index
from fada_tui.tui.state.run_scan import read_found
from tests.conftest import Program
from tests.examples import result
from tests.hostile import FEW, altered
from tests.tui.dashboard import save_run

GOOD, BAD = "20260101-000000_good", "20260102-000000_bad"

DAMAGE = {
    "unknown and nested": b'"future": ' + b"[" * 100_000 + b"]" * 100_000,
    "known and nested": b'"questions": ' + b'[{"id":' * 100_000 + b"1" + b"}]" * 100_000,
    "a number without end": b'"started": 1' + b"0" * 100_000,
    "no text": b'"started": "\xff\xfe"',
    "half a pair": rb'"started": "\ud800"',
    "NaN": b'"started": NaN',
    "a NUL": b'"started": "\x00"',
    "cut off": b'"started": "',
}


@pytest.fixture
def damaged(tmp_path: Path) -> Path:
    """A results folder with a sound run, and one that holds what a test writes."""
    save_run(tmp_path, GOOD, "good")
    save_run(tmp_path, BAD, "bad")
    return tmp_path / "results"


def damage(results: Path, kind: str) -> None:
    file = results / BAD / store.RUN_NAME
    rest = file.read_bytes().replace(b'"started"', b'"began"').lstrip()[1:]
    file.write_bytes(b"{" + DAMAGE[kind] + b"," + rest)


@pytest.mark.parametrize("kind", DAMAGE)
def test_a_damaged_run_is_named_and_left_out(damaged: Path, kind: str) -> None:
    damage(damaged, kind)
    with pytest.raises(StoreError):
        store.read_run(damaged / BAD)
    told: list[str] = []
    runs = list(store.each_run(damaged, told))
    (warning,) = told
    assert [run.id for run in runs] == [GOOD]
    assert str(damaged / BAD / store.RUN_NAME) in warning and "\n" not in warning and len(warning) < 700
    registry = load_registry(damaged / "none.toml")
    index = read_disk_index(damaged, registry)
    assert [run.id for run in index.runs] == [GOOD] and index.warnings == (warning,)
    assert [found.reason for found in read_found([damaged / GOOD, damaged / BAD])] == ["", warning]
    _, warnings = publish(damaged / GOOD, runs[0], registry)
    assert warnings == (warning,)
    assert "good" in (damaged / store.COMPARISON_NAME).read_text()


@pytest.mark.parametrize("command", [["runs", "list"], ["compare"], ["report", GOOD]])
def test_commands_name_a_damaged_run_and_do_the_rest(
    damaged: Path, program: Program, command: list[str]
) -> None:
    damage(damaged, "unknown and nested")
    done = program.run(*command, "--results", damaged)
    assert (done.returncode, len(done.stderr.splitlines())) == (0, 1)
    assert done.stderr.startswith(f"warning: {damaged / BAD}") and "nested" in done.stderr
    assert "good" in done.stdout
    named = program.run("runs", "show", BAD, "--results", damaged)
    assert (named.returncode, len(named.stderr.splitlines())) == (2, 1)


@pytest.mark.parametrize("name", [store.RUN_NAME, journal.JOURNAL_NAME, store.SUMMARY_NAME])
def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(damaged: Path, name: str) -> None:
    (damaged / BAD / name).unlink(missing_ok=True)
    os.mkfifo(damaged / BAD / name)
    with pytest.raises(StoreError, match="named pipe"):
        store.read_run(damaged / BAD)
        store.read_page(damaged / BAD)


def test_a_page_that_is_no_text_is_shown_as_far_as_it_is(damaged: Path) -> None:
    (damaged / BAD / store.SUMMARY_NAME).write_bytes(b"# A page \xff\n")
    assert store.read_page(damaged / BAD) == "# A page �\n"


def test_a_damaged_line_of_a_journal_costs_itself(damaged: Path) -> None:
    file = damaged / BAD / journal.JOURNAL_NAME
    sound = msgspec.json.encode(journal.ResultLine(result=result("A/a.png")))
    lines = [b'{"kind":"result","x":' + b"[" * 100_000, b"\xff", b'{"kind":"notes","notes":1e999}', sound]
    file.write_bytes(b"\n".join(lines) + b"\n")
    found = journal.read(file)
    assert len(found.lines) == 1 and found.damaged == tuple(lines[:3])


@pytest.mark.long
def test_whatever_a_field_of_a_run_holds_it_is_read_or_refused(damaged: Path) -> None:
    """And what is read can be listed, compared, exported and shown on a page."""
    file = damaged / BAD / store.RUN_NAME
    registry = load_registry(damaged / "none.toml")
    read = refused = 0
    for place, document in altered(_full(json.loads(file.read_bytes())), FEW):
        file.write_text(json.dumps(document))
        try:
            run = store.read_run(file.parent)
        except StoreError as error:
            assert "\n" not in str(error), place
            refused += 1
            continue
        read += 1
        if read % 4:  # the rest takes longer than reading does
            continue
        index = read_disk_index(damaged, registry)
        assert index.figures.keys() >= {GOOD, run.id}, place
        assert render_comparison([run], "md"), place
        assert export_run(run, "csv") and export_run(run, "html"), place
        assert preview(file.parent, registry), place
    assert read > 100 and refused > 500


def _full(document: dict[str, Any]) -> dict[str, Any]:
    """The run with all that a run may have, and two results."""
    document["results"] = document["results"][:2]
    document["results"][0]["assessments"] = [
        {
            "verdict": "correct",
            "context": True,
            "tags": ["a"],
            "note": "n",
            "assessor": "x",
            "time": "2026-01-01T00:00:00Z",
        }
    ]
    document["environment"]["gpus"] = [{"index": 0, "name": "a", "uuid": "u", "memory_total": 5}]
    document["error"] = {"kind": "load", "message": "x"}
    document["plan"] = {
        "model": {"name": "bad", "source": "/nowhere/bad"},
        "device": "cpu",
        "images": [{"image": "a.png", "category": "A", "path": "A/a.png"}],
    }
    return document
