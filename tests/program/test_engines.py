"""The program with an engine that it starts: a small program that plays vLLM, asked by the real worker."""

import csv
import json
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Program, journaled, run_folders, wait_for
from tests.runs.engines.playing import PROGRAM, Play, wait_until

pytestmark = [pytest.mark.worker, pytest.mark.long]


class Engine(Play):
    """The engine of a program's settings."""

    def __init__(self, folder: Path, config: Path) -> None:
        super().__init__(folder)
        config.mkdir(parents=True, exist_ok=True)
        command = json.dumps([sys.executable, str(PROGRAM)])
        (config / "settings.toml").write_text(f"[engines.vllm]\ncommand = {command}\n", encoding="utf-8")


@pytest.fixture
def engine(tmp_path: Path, program: Program) -> Engine:
    config = tmp_path / "own"
    played = Engine(tmp_path / "play", config)
    program.env |= {"FADA_TUI_CONFIG_DIR": str(config), "ENGINE_PLAY": str(played.folder)}
    return played


def batch(images: Path, *options: str) -> list[str]:
    return ["--batch", "--engine", "vllm", "--images", str(images), "--question", "What is it?", *options]


def only_run(program: Program) -> tuple[Path, dict[str, Any]]:
    (folder,) = [one.parent for one in (program.cwd / "results").glob("*/run.json")]
    return folder, json.loads((folder / "run.json").read_text())


def telemetry_of(folder: Path) -> int:
    """Return the most that `telemetry.csv` tells of main memory."""
    with (folder / "telemetry.csv").open(newline="") as file:
        return max(int(row["worker_rss [bytes]"] or 0) for row in csv.DictReader(file))


def keys(engine: Play) -> set[str]:
    lines = (engine.folder / "environment").read_text().splitlines()
    return {json.loads(line)["VLLM_API_KEY"] for line in lines}


def test_a_run_is_answered_by_an_engine_that_is_gone_with_it(
    program: Program, engine: Engine, images: Path
) -> None:
    engine.plan(prints_key=True, lines=3)
    done = program.run(*batch(images))
    assert done.returncode == 0, done.stderr
    folder, run = only_run(program)
    assert run["status"] == "complete"
    assert run["engine"]["name"] == "vllm"
    assert run["engine"]["version"] == "0.99.1"
    assert run["engine"]["command"][:3] == [sys.executable, str(PROGRAM), "serve"]
    assert run["generation"]["concurrency"] == 16
    assert not run["model"]["source"].startswith("http")
    assert len({result["response"] for result in run["results"]}) == 4
    assert all(result["response"].startswith("It has the sum") for result in run["results"])
    (key,) = keys(engine)
    written = [file for file in folder.rglob("*") if file.is_file()]
    assert not [file for file in written if key.encode() in file.read_bytes()]
    assert "api_key='[key]'" in (folder / "engine.log").read_text()
    assert "**Engine**: vllm 0.99.1" in (folder / "summary.md").read_text()
    assert run["model"]["memory"]["worker_rss_peak"] > 5_000_000
    page = (folder / "summary.md").read_text()
    assert "**Device**: the engine's choice" in page
    assert "(of the engine's processes together)" in page
    assert "(engine resident)" in (folder.parent / "comparison.md").read_text()
    assert telemetry_of(folder) == run["model"]["memory"]["worker_rss_peak"]
    assert key not in done.stdout + done.stderr
    assert not engine.left
    done = program.run("verify", folder.name)
    assert done.returncode == 0, done.stderr
    assert "4 of 4 identical; asked one at a time of vllm 0.99.1" in done.stdout
    assert not engine.left


def test_an_engine_that_does_not_come_up_fails_the_run_with_its_words(
    program: Program, engine: Engine, images: Path
) -> None:
    engine.plan(fails=1, lines=2)
    done = program.run(*batch(images))
    assert done.returncode == 3
    assert "the engine ended with status 1: RuntimeError: no room for the model" in done.stderr
    _, run = only_run(program)
    assert run["status"] == "failed"
    assert "engine.log has more" in run["error"]["message"]


def test_an_engine_that_ends_in_a_run_is_started_again(
    program: Program, engine: Engine, images: Path
) -> None:
    engine.plan(dies_at=[2, 2])
    done = program.run(*batch(images, "--concurrency", "1"))
    assert done.returncode == 0, done.stderr
    _, run = only_run(program)
    assert len(engine.pids()) == 3
    assert len({(one["path"], one["question_id"]) for one in run["results"]}) == len(run["results"]) == 4
    assert "the engine ended with status 3" in done.stderr
    assert "the engine is up again" in done.stderr
    assert "all requests wait" not in done.stderr
    assert not engine.left


@pytest.mark.slow
def test_an_engine_that_ends_again_and_again_interrupts_the_run_which_is_gone_on_with(
    program: Program, engine: Engine, images: Path
) -> None:
    engine.plan(dies_at=[3, *[1] * 20])
    done = program.run(*batch(images, "--concurrency", "1"))
    folder, run = only_run(program)
    assert run["status"] == "interrupted", done.stderr
    assert "in vain" in run["error"]["message"]
    answered = len(run["results"])
    assert 2 <= answered < 4
    engine.plan()
    done = program.run("--batch", "--resume", folder.name)
    assert done.returncode == 0, done.stderr
    _, run = only_run(program)
    assert run["status"] == "complete"
    assert len(run["results"]) == 4


@pytest.mark.slow
def test_what_an_engine_does_not_survive_is_an_error_and_the_rest_is_answered(
    program: Program, engine: Engine, images: Path
) -> None:
    engine.plan(poison="Which plane")
    done = program.run(*batch(images, "--question", "Which plane is it?", "--limit", "1"))
    assert done.returncode == 1, done.stderr
    _, run = only_run(program)
    assert run["status"] == "complete"
    errors = [one["error"]["message"] for one in run["results"] if one.get("error")]
    assert len(run["results"]) == 2
    assert len(errors) == 1
    assert "tried 3 times alone" in errors[0]
    assert not engine.left


def test_nothing_of_an_engine_is_left_when_the_program_is_killed_in_a_run(
    program: Program, engine: Engine, many: Path
) -> None:
    engine.plan(pace=0.3)
    running = program.start(*batch(many, "--concurrency", "1"))
    wait_for(lambda: journaled(program.cwd) >= 2)
    running.send_signal(signal.SIGKILL)
    running.communicate()
    (folder,) = run_folders(program.cwd)
    wait_until(lambda: not engine.left)
    engine.plan()
    done = program.run("--batch", "--resume", folder.name)
    assert done.returncode == 0, done.stderr
    _, run = only_run(program)
    assert run["status"] == "complete"
    assert len({one["path"] for one in run["results"]}) == len(run["results"]) == 12
    assert not [one for one in run["results"] if one.get("error")]


def test_what_an_engine_cannot_do_is_refused_before_anything_begins(
    program: Program, engine: Engine, images: Path
) -> None:
    done = program.run(*batch(images, "--max-tiles", "4"))
    assert done.returncode == 2
    assert "--max-tiles" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (program.cwd / "results").exists()
    assert not engine.pids()
