"""What is told of a run that is to be resumed: what is left of it, and which options change nothing."""

import json
from pathlib import Path

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from fada_tui.cli.entry import main
from fada_tui.core.records import Run
from fada_tui.store import folder as store
from fada_tui.store.lock import RunLock
from tests.examples import result, run

UNFINISHED = run(id="x", status="interrupted", results=(result(),))


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    made = tmp_path / "results" / "x"
    made.mkdir(parents=True)
    store.write_run(made, UNFINISHED)
    return made


def planned(of: Run) -> int:
    assert of.plan
    return len(of.plan.images) * len(of.questions)


def test_a_dry_run_tells_what_is_left_and_asks_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before, number = files_of(folder), planned(UNFINISHED)
    assert main(["--batch", "--resume", "x", "--dry-run"]) == 0
    assert f"{number - 1} answers to make, 1 of {number} there already" in capsys.readouterr().out
    assert main(["--batch", "--resume", "x", "--dry-run", "--json"]) == 0
    (plan,) = json.loads(capsys.readouterr().out)["plan"]
    assert (plan["run"], plan["results"], plan["left"], plan["controls"]) == ("x", number, number - 1, 0)
    assert files_of(folder) == before


def test_options_that_change_nothing_of_a_resumed_run_are_named(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    resumed = ["--batch", "--resume", "x", "--dry-run"]
    main([*resumed, "--limit", "3", "--concurrency", "9", "--name", "n"])
    assert (
        "warning: --limit, --concurrency, --name without effect: --resume goes on as the run was planned"
        in capsys.readouterr().err
    )
    main([*resumed, "--allow-host", "a", "--allow-pickle", "--server-patience", "9", "--devices", "cpu*2"])
    assert "without effect" not in capsys.readouterr().err


def test_a_run_whose_plan_is_lost_is_refused_and_left_unlocked(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store.write_run(folder, replace(UNFINISHED, plan=UNSET))
    for more in ([], ["--dry-run"]):
        assert main(["--batch", "--resume", "x", *more]) == 2
        assert "x cannot be resumed: its plan is lost" in capsys.readouterr().err
    RunLock(folder, patience=0).release()
