"""`--batch-size` from the command line to run.json, and a worker that is killed in the middle of a batch."""

from pathlib import Path
from typing import Any

import pytest

from fada_tui.core.paths import demo_weights
from fada_tui.store.journal import JOURNAL_NAME
from tests.allocator.scarcity import build_scarcity
from tests.batching import ENOUGH_FOR_TWO, QUESTIONS, eight_images
from tests.conftest import LONG_ENOUGH, Program, load, run_folders
from tests.held import held_worker, hold

pytestmark = pytest.mark.worker


Answers = dict[tuple[str, str], str]


def arguments(model: Path, root: Path, size: str, tokens: int) -> list[str]:
    return [
        "--batch", "--model", str(model), "--images", str(root), "--dtype", "float32", "--batch-size", size,
        "--max-new-tokens", str(tokens), *(f"--question={question}" for question in QUESTIONS),
        "--name", size,
    ]  # fmt: skip


def answers(run: dict[str, Any]) -> Answers:
    assert run["status"] == "complete" and "plan" not in run
    assert not any(result["error"] for result in run["results"])
    found = {(result["path"], result["question_id"]): result["response"] for result in run["results"]}
    assert len(found) == len(run["results"]) == 16
    return found


def answered(program: Program, model: Path, root: Path, size: str, tokens: int) -> dict[str, Any]:
    done = program.run(*arguments(model, root, size, tokens))
    assert done.returncode == 0, done.stderr
    (folder,) = [folder for folder in run_folders(program.cwd) if folder.name.endswith(f"_{size}")]
    return load(folder)


def test_the_size_of_batches_is_written_down_and_changes_no_answer(program: Program, tmp_path: Path) -> None:
    root = eight_images(tmp_path / "images")
    alone = answered(program, demo_weights(), root, "1", 16)
    assert alone["generation"]["batch_size"] == 1
    assert not any("batch_size" in result or "share" in result["timing"] for result in alone["results"])

    fours = answered(program, demo_weights(), root, "4", 16)
    assert fours["generation"]["batch_size"] == 4
    assert {result["batch_size"] for result in fours["results"]} == {4}
    for result in fours["results"]:
        assert 0 < result["timing"]["share"] < result["time"]
    assert answers(fours) == answers(alone)

    auto = answered(program, demo_weights(), root, "auto", 16)
    assert auto["generation"]["batch_size"] == "auto"
    grown = [result["batch_size"] for result in auto["results"]]
    assert min(grown) == 1 and max(grown) > 4
    assert answers(auto) == answers(alone)


def test_a_batch_that_memory_runs_out_in_is_made_smaller_in_a_run(
    program: Program, uneven: Path, tmp_path: Path
) -> None:
    scarcity = build_scarcity(tmp_path)
    scarcity.above(ENOUGH_FOR_TWO)
    program.env.update(scarcity.variables)
    run = answered(program, uneven, eight_images(tmp_path / "images"), "4", 450)
    assert len(answers(run)) == 16
    assert len(scarcity.end()) == 1
    assert {result["batch_size"] for result in run["results"][-12:]} == {2}


def test_a_worker_killed_in_the_middle_of_a_batch_loses_nothing(
    program: Program, uneven: Path, tmp_path: Path
) -> None:
    hold(program, JOURNAL_NAME, 1)
    process = program.start(*arguments(uneven, eight_images(tmp_path / "images"), "4", 900))
    held_worker(process).kill()
    _, err = process.communicate(timeout=LONG_ENOUGH)
    assert process.returncode == 0, err
    assert "SIGKILL" in err and "starting another" in err
    (folder,) = run_folders(program.cwd)
    run = load(folder)
    assert len(answers(run)) == 16
    sizes = [result["batch_size"] for result in run["results"]]
    before, alone = sizes.count(4), sizes.count(1)
    assert before >= 1 and before + alone in (4, 8), "those that the worker was lost with are asked alone"
    assert set(sizes) <= {4, 2, 1} and set(sizes[-8:]) == {2}
