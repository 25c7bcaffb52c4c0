"""The program with vLLM as its engine, on the CPU, as `make engines` runs it; `VLLM` says where vLLM is."""

import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from fada_tui.core.paths import demo_weights
from tests.conftest import Program, journaled, load, run_folders
from tests.engines.processes import engine_of, killed_at, wait_until_ended
from tests.loras import save_lora
from tests.servers.acceptance import ASKED, COUNT, answers_of

NAME = "fada-demo"

STARTING_SECONDS = 600.0
"""Twenty on two quiet cores."""

IN_FLOAT32 = ("--dtype", "float32", "--device", "cpu")
"""In which batches change no answer."""

BY_VLLM = (*IN_FLOAT32, "--engine", "vllm")

LANGUAGE = r".*text_model.*\.(q_proj|v_proj|up_proj|down_proj)"
VISION = r".*vision_model.*\.(q_proj|v_proj|fc1)"
"""Modules that LoRAs change."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.worker,
    pytest.mark.timeout(4 * STARTING_SECONDS),
    pytest.mark.skipif("VLLM" not in os.environ, reason="make engines installs vLLM and runs this"),
]


@pytest.fixture(autouse=True)
def settings(program: Program) -> None:
    """vLLM as this machine's engine; without compiling, which takes longer than the answers."""
    folder = Path(os.environ["FADA_TUI_CONFIG_DIR"])
    folder.mkdir(parents=True, exist_ok=True)
    command = f'command = ["{os.environ["VLLM"]}"]'
    folder.joinpath("settings.toml").write_text(
        f'[engines.vllm]\n{command}\narguments = ["--enforce-eager"]\n'
    )
    program.env["VLLM_CPU_KVCACHE_SPACE"] = "1"


def done(program: Program, *arguments: str | Path) -> Path:
    """The folder of a run that comes to its end."""
    ended = program.run("--batch", "--json", *arguments, timeout=STARTING_SECONDS)
    assert ended.returncode == 0, ended.stderr
    return run_folders(program.cwd)[-1]


def results_once(folder: Path, count: int) -> list[dict[str, Any]]:
    """The results of a run that is complete: so many, none an error, none twice."""
    run = load(folder)
    assert run["status"] == "complete"
    assert not [result["error"] for result in run["results"] if result["error"]]
    times = Counter((result["path"], result["question_id"]) for result in run["results"])
    assert len(times) == count and set(times.values()) == {1}
    return list(run["results"])


def test_answers_are_our_own_and_the_run_says_who_gave_them(program: Program) -> None:
    ours = done(program, "--model", NAME, *ASKED, *IN_FLOAT32)
    folder = done(program, "--model", NAME, *ASKED, *BY_VLLM)
    assert answers_of(folder) == answers_of(ours)
    results_once(folder, COUNT)
    run = load(folder)
    engine = run["engine"]
    assert (engine["name"], engine["version"][:2]) == ("vllm", "0.")
    assert engine["command"][:2] == [os.environ["VLLM"], "serve"]
    assert "127.0.0.1" in engine["command"] and "--enforce-eager" in engine["command"]
    assert run["model"]["source"] == load(ours)["model"]["source"]
    assert run["generation"]["concurrency"] == 16
    log = (folder / "engine.log").read_text()
    assert "Application startup complete." in log
    verified = program.run("verify", folder, timeout=STARTING_SECONDS)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert "10 of 10 identical" in verified.stdout


def whole_letters(folder: Path) -> dict[tuple[str, str], str]:
    """Each answer of a run; of a letter that its end cut in two, vLLM keeps nothing."""
    return {key: told[0].rstrip("\N{REPLACEMENT CHARACTER}") for key, told in answers_of(folder).items()}


def test_a_checkpoint_on_disk_is_answered_alike(program: Program, uneven: Path, images: Path) -> None:
    asked = ("--images", images, "--question", "Which plane is shown?", "--question", "What is shown?")
    ours = done(program, "--model", uneven, *asked, *IN_FLOAT32)
    folder = done(program, "--model", uneven, *asked, *BY_VLLM)
    assert len(answers_of(ours)) == 8
    assert whole_letters(folder) == whole_letters(ours)


def test_a_program_that_is_killed_leaves_nothing_behind_and_its_run_goes_on(program: Program) -> None:
    process = program.start("--batch", "--json", "--model", NAME, *ASKED, *BY_VLLM)
    engine = killed_at(process, lambda: journaled(program.cwd) >= COUNT // 3, whole=True)
    process.communicate()
    assert len(engine) > 1
    wait_until_ended(engine)
    (folder,) = run_folders(program.cwd)
    resumed = program.run("--batch", "--json", "--resume", folder, timeout=STARTING_SECONDS)
    assert resumed.returncode == 0, resumed.stderr
    ours = done(program, "--model", NAME, *ASKED, *IN_FLOAT32)
    results_once(folder, COUNT)
    assert answers_of(folder) == answers_of(ours)


def test_an_engine_that_is_killed_is_started_again(program: Program) -> None:
    """What it left running, too: its own processes outlive the one that was started."""
    process = program.start("--batch", "--json", "--model", NAME, *ASKED, *BY_VLLM)
    engine = killed_at(process, lambda: journaled(program.cwd) >= COUNT // 3, whole=False)
    wait_until_ended(engine)
    (folder,) = run_folders(program.cwd)
    _, errors = process.communicate(timeout=STARTING_SECONDS)
    assert process.returncode == 0, errors
    results_once(folder, COUNT)
    ours = done(program, "--model", NAME, *ASKED, *IN_FLOAT32)
    assert answers_of(folder) == answers_of(ours)


def test_a_lora_of_the_language_model_is_applied(program: Program, tmp_path: Path) -> None:
    lora = save_lora(tmp_path / "lora", demo_weights(), target_modules=LANGUAGE)
    asked = ("--model", NAME, "--limit", "6", "--question", "Which plane is shown?")
    ours = done(program, *asked, "--lora", lora, *IN_FLOAT32)
    folder = done(program, *asked, "--lora", lora, *BY_VLLM)
    assert answers_of(folder) == answers_of(ours)
    assert load(folder)["model"]["lora"]["sha256"] == load(ours)["model"]["lora"]["sha256"]
    alone = done(program, *asked, *IN_FLOAT32)
    assert answers_of(alone) != answers_of(ours)


def test_a_lora_of_the_vision_tower_is_refused(program: Program, tmp_path: Path) -> None:
    """vLLM loads it and says nothing, and answers as if it were not there."""
    lora = save_lora(tmp_path / "lora", demo_weights(), target_modules=VISION)
    refused = program.run("--batch", "--model", NAME, "--lora", lora, "--limit", "2", *BY_VLLM)
    assert refused.returncode in (2, 3)
    assert "24 of 24 tensors" in refused.stderr and "--engine transformers" in refused.stderr
    assert not list(program.cwd.glob("results/*/engine.log"))


def test_what_it_says_when_it_cannot_start_is_told(program: Program) -> None:
    """Of all that it prints, and it prints much, the line that says why."""
    settings = Path(os.environ["FADA_TUI_CONFIG_DIR"]) / "settings.toml"
    settings.write_text(settings.read_text().replace("--enforce-eager", "--max-model-len=4096"))
    ended = program.run("--batch", "--model", NAME, "--limit", "1", *BY_VLLM, timeout=STARTING_SECONDS)
    assert ended.returncode == 3, ended.stderr
    assert "max_model_len (4096)" in ended.stderr
    assert "engine.log" in ended.stderr


def test_a_program_that_is_killed_while_it_loads_leaves_nothing_behind(program: Program) -> None:
    process = program.start("--batch", "--json", "--model", NAME, "--limit", "1", *BY_VLLM)
    engine = killed_at(process, lambda: len(engine_of(process)) > 2, whole=True)
    process.communicate()
    wait_until_ended(engine)
