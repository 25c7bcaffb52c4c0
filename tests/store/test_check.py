"""Checking runs on disk, and repairing them."""

import json
from pathlib import Path
from typing import Any

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from fada_tui.cli import main
from fada_tui.core.records import Assessment, encode_run
from fada_tui.store import folder as store
from fada_tui.store import journal
from fada_tui.store.check import DAMAGED_NAME
from fada_tui.store.journal import AssessmentLine, ResultLine
from fada_tui.store.lock import RunLock
from tests import examples
from tests.full_run import full_run

NAME = full_run().id


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "results" / NAME
    folder.mkdir(parents=True)
    store.write_run(folder, full_run())
    return folder


def checked(capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, Any]:
    """The exit code of `runs check`, and what it says of the first run."""
    code = main(["runs", "check", "--json", *options])
    said = json.loads(capsys.readouterr().out)
    assert said["sound"] is (code == 0)
    return code, said["runs"][0]


def kinds(row: Any) -> list[str]:
    return [finding["kind"] for finding in row["findings"]]


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_sound_run_is_left_as_it_is(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    journal.append(folder / journal.JOURNAL_NAME, ResultLine(result=examples.result("B/c.png")))
    before = {path: path.read_bytes() for path in folder.iterdir()}
    code, row = checked(capsys, "--repair")
    assert (code, row["findings"], row["repaired"], row["results"]) == (0, [], [], 3)
    assert {path: path.read_bytes() for path in folder.iterdir()} == before
    assert main(["runs", "check", NAME]) == 0
    assert capsys.readouterr().out == f"{NAME}: sound, 3 result(s)\n"


def test_a_truncated_run_json_is_told_and_repaired(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = folder / store.RUN_NAME
    cut = file.read_bytes().partition(b'"plan"')[0]
    file.write_bytes(cut)
    for result in (examples.result("B/c.png"), full_run().results[0]):
        journal.append(folder / journal.JOURNAL_NAME, ResultLine(result=result))
    code, row = checked(capsys)
    assert (code, kinds(row)) == (1, ["run_damaged"])
    assert row["findings"][0]["message"] == f"cut off after {len(cut)} bytes; 3 whole result(s) can be saved"
    assert file.read_bytes() == cut, "a check changes nothing"
    code, row = checked(capsys, NAME, "--repair")
    assert code == 0 and row["repaired"] == [
        "run.json was written anew with 3 result(s); the damaged one is kept in run.json.damaged; "
        "its plan is lost: it cannot be resumed"
    ]
    assert (folder / DAMAGED_NAME).read_bytes() == cut
    assert [result.path for result in store.read_run(folder).results] == ["A/a.png", "A/b.png", "B/c.png"]
    assert checked(capsys) == (0, {**row, "findings": [LEFT], "repaired": []})
    file.write_bytes(cut)
    checked(capsys, "--repair")
    assert {DAMAGED_NAME, f"{DAMAGED_NAME}-2"} <= names(folder)


LEFT = {
    "kind": "left_over",
    "damage": False,
    "file": DAMAGED_NAME,
    "message": "a damaged file that was kept when the run was repaired",
}


def test_a_run_json_that_is_gone_is_made_of_the_journal(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / store.RUN_NAME).unlink()
    journal.append(folder / journal.JOURNAL_NAME, ResultLine(result=examples.result("B/c.png")))
    assert kinds(checked(capsys)[1]) == ["run_missing"]
    assert checked(capsys, NAME, "--repair")[0] == 0
    assert [result.path for result in store.read_run(folder).results] == ["B/c.png"]
    assert names(folder) == {store.RUN_NAME}


def test_where_nothing_can_be_saved_nothing_is_touched(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / store.RUN_NAME).write_bytes(b"\x00" * 100)
    code, row = checked(capsys, "--repair")
    assert code == 1 and "nothing in" in row["not_repaired"]
    assert names(folder) == {store.RUN_NAME}
    assert main(["runs", "check"]) == 1
    assert "damaged: run.json: " in capsys.readouterr().out


def test_the_journal_s_good_lines_are_merged_and_the_others_kept(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = folder / journal.JOURNAL_NAME
    journal.append(
        file, AssessmentLine(path="B/c.png", question_id="q1", assessment=Assessment(note="lost?"))
    )
    good = journal.to_bytes(ResultLine(result=examples.result("B/c.png")))
    bad = good.replace(b"a fetal head", b"a fetal hand")
    with file.open("ab") as out:
        out.write(bad + b"\n\nnonsense\n" + good + b"\n" + good[:40])
    code, row = checked(capsys)
    assert (code, kinds(row)) == (1, ["journal_damaged", "journal_torn", "journal_lost"])
    assert "2 line(s)" in row["findings"][0]["message"] and "line 2, 4" in row["findings"][0]["message"]
    assert checked(capsys, "--repair")[0] == 0
    assert not file.exists()
    aside = (folder / journal.QUARANTINE_NAME).read_bytes()
    assert all(part in aside for part in (bad, b"nonsense", good[:40], b"lost?"))
    assert [result.path for result in store.read_run(folder).results] == ["A/a.png", "A/b.png", "B/c.png"]
    assert kinds(checked(capsys)[1]) == ["left_over"]


def test_a_torn_end_alone_is_repaired(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / journal.JOURNAL_NAME).write_bytes(b'{"kind":"res')
    code, row = checked(capsys, "--repair")
    assert (code, kinds(row), len(row["repaired"])) == (0, ["journal_torn"], 1)
    assert names(folder) == {store.RUN_NAME, journal.QUARANTINE_NAME}


def test_a_run_that_is_being_written_is_checked_and_not_repaired(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = folder / journal.JOURNAL_NAME
    file.write_bytes(b'nonsense\n{"kind":"res')
    with RunLock(folder):
        code, row = checked(capsys, "--repair")
        assert (code, kinds(row), row["locked"]) == (1, ["journal_damaged"], True)
        assert row["not_repaired"].startswith("nothing was repaired: ")
        file.write_bytes(b'{"kind":"res')
        assert main(["runs", "check"]) == 0
    assert "being written by another program" in capsys.readouterr().out
    assert file.exists()


def test_an_edited_run_is_sound_and_repair_takes_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = folder / store.RUN_NAME
    file.write_bytes(file.read_bytes().replace(b"a fetal head", b"a fetal hand"))
    assert [finding["kind"] for finding in checked(capsys)[1]["findings"]] == ["run_edited"]
    code, row = checked(capsys, "--repair")
    assert code == 0 and row["repaired"]
    assert checked(capsys)[1]["findings"] == []
    assert store.read_run(folder).results[0].response == "a fetal hand"
    assert names(folder) == {store.RUN_NAME}


def test_results_that_are_there_twice_or_not_in_the_plan(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = json.loads(encode_run(full_run()))
    other = {**whole["results"][0], "response": "another"}
    whole["results"] += [other, {**other, "path": "Z/z.png"}]
    del whole["check"]
    (folder / store.RUN_NAME).write_text(json.dumps(whole))
    code, row = checked(capsys)
    assert (code, kinds(row)) == (1, ["results_twice", "results_unplanned"])
    assert "A/a.png q1" in row["findings"][0]["message"] and "Z/z.png q1" in row["findings"][1]["message"]
    assert checked(capsys, "--repair")[0] == 0
    assert "another" in (folder / DAMAGED_NAME).read_text()
    assert [one.response for one in store.read_run(folder).results if one.path == "A/a.png"] == [
        "a fetal head"
    ]
    assert kinds(checked(capsys)[1]) == ["results_unplanned", "left_over"]


def test_a_run_of_a_newer_version_is_not_called_damaged(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = folder / store.RUN_NAME
    whole = json.loads(file.read_bytes()) | {"schema": "fada-tui/run/9"}
    del whole["check"]
    file.write_text(json.dumps(whole))
    before = file.read_bytes()
    code, row = checked(capsys, "--repair")
    assert (code, kinds(row)) == (0, ["run_newer"])
    assert file.read_bytes() == before


def test_a_schema_that_is_damaged_is_no_newer_one(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The check sum tells them apart."""
    file = folder / store.RUN_NAME
    file.write_bytes(file.read_bytes().replace(b"fada-tui/run/2", b"fada-tui/run/r"))
    assert kinds(checked(capsys)[1]) == ["run_damaged"]
    assert checked(capsys, "--repair")[0] == 0
    assert store.read_run(folder).results == full_run().results


def test_of_a_complete_run_no_plan_is_missed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nor is a result that no question asks for taken for one of the run."""
    whole = replace(full_run(), status="complete", plan=UNSET)
    stray = replace(examples.result("B/c.png"), question_id="q9")
    store.write_run(folder, replace(whole, results=(*whole.results, stray)))
    assert kinds(checked(capsys)[1]) == ["results_unplanned"]
    file = folder / store.RUN_NAME
    file.write_bytes(file.read_bytes().rstrip()[:-1])
    code, row = checked(capsys, "--repair")
    assert code == 0 and row["repaired"] == [
        "run.json was written anew with 3 result(s); the damaged one is kept in run.json.damaged"
    ]


def test_leftovers_of_a_kill_are_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / ".run.json.7.tmp").write_bytes(b"")
    code, row = checked(capsys)
    assert (code, kinds(row), row["findings"][0]["file"]) == (0, ["left_over"], ".run.json.7.tmp")


def test_all_runs_and_only_the_one_that_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = folder.parent / "20250101-000000_bad"
    bad.mkdir()
    (bad / store.RUN_NAME).write_bytes(b"{")
    assert main(["runs", "check"]) == 1
    assert [line.split(":")[0] for line in capsys.readouterr().out.splitlines() if line[0] != " "] == [
        bad.name,
        NAME,
    ]
    assert main(["runs", "check", NAME]) == main(["runs", "check", str(folder)]) == 0
    assert main(["runs", "check", "nothing"]) == 2
    assert main(["runs", "check", "--results", str(folder / "none")]) == 0


def test_a_run_that_is_removed_meanwhile_costs_itself_alone(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = folder.with_name("20250101-000000_gone")
    monkeypatch.setattr("fada_tui.cli.commands.check.run_folders", lambda results: [gone, folder])
    for options in ((), ("--repair",)):
        assert main(["runs", "check", *options]) == 1
        said = capsys.readouterr().out
        assert f"{gone.name}: damaged, 0 result(s)\n" in said and f"{NAME}: sound" in said
    assert not gone.exists()


@pytest.mark.parametrize("what", ["a folder", "no text"])
def test_a_file_that_cannot_be_read_costs_its_run_alone(
    what: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / store.RUN_NAME).unlink()
    if what == "a folder":
        (folder / store.RUN_NAME).mkdir()
    else:
        (folder / store.RUN_NAME).write_bytes(b"\xff" * 9)
    other = folder.parent / "20990101-000000_good"
    other.mkdir()
    store.write_run(other, full_run())
    assert main(["runs", "check", "--repair"]) == 1
    assert f"{other.name}: sound" in capsys.readouterr().out
