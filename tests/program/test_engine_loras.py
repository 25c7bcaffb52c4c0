"""A LoRA with engines that the program starts: asked whether it was applied, before any answer."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Program
from tests.gguf_files import gguf_folder, write_gguf
from tests.lora_files import LANGUAGE, VISION, lora_folder

PLAYED = Path(__file__).parents[1] / "lora_engine.py"
ENGINES = ("vllm", "sglang", "llama.cpp")

pytestmark = [pytest.mark.worker, pytest.mark.long]


@pytest.fixture
def asked(program: Program, tmp_path: Path) -> Path:
    """The file of what engines were asked; they are those of the settings."""
    config = tmp_path / "own"
    config.mkdir()
    command = json.dumps([sys.executable, str(PLAYED)])
    tables = (f'[engines."{engine}"]\ncommand = {command}\n' for engine in ENGINES)
    (config / "settings.toml").write_text("".join(tables))
    program.env |= {"FADA_TUI_CONFIG_DIR": str(config), "LORA_ASKED": str(tmp_path / "asked")}
    return tmp_path / "asked"


def batch(engine: str, folder: Path, images: Path) -> list[str]:
    """Return the command of a run with a LoRA."""
    model = "fada-demo"
    lora = folder / "mine"
    if engine == "llama.cpp":
        model = str(gguf_folder(folder / "tiny"))
        lora.mkdir()
        write_gguf(lora / "mine.gguf", general_type="adapter")
    else:
        lora_folder(lora, LANGUAGE)
    options = ("--question", "What is it?", "--limit", "1", "--device", "cpu")
    return [
        "--batch",
        "--engine",
        engine,
        "--model",
        model,
        "--lora",
        str(lora),
        "--images",
        str(images),
        *options,
    ]


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


@pytest.mark.parametrize("engine", ENGINES)
def test_one_that_is_applied_answers(
    engine: str, program: Program, asked: Path, tmp_path: Path, images: Path
) -> None:
    done = program.run(*batch(engine, tmp_path, images))
    assert done.returncode == 0, done.stderr
    (file,) = (program.cwd / "results").glob("*/run.json")
    run = json.loads(file.read_text())
    assert [result["response"] for result in run["results"]] == ["It is tuned."]
    assert run["model"]["lora"]["sha256"] and run["model"]["name"].endswith("+mine")
    probes = [line for line in lines(asked) if line["logprobs"]]
    assert len(probes) == 3 and probes[0] == probes[1] != probes[2]
    assert "[key]" in (file.parent / "engine.log").read_text()


@pytest.mark.parametrize(
    ("engine", "play", "said"),
    [
        *((engine, "drops", "took the LoRA and does not apply it") for engine in ENGINES),
        ("vllm", "silent", "gives no log-probabilities"),
    ],
)
def test_one_that_is_dropped_is_refused_before_any_answer(
    engine: str, play: str, said: str, program: Program, asked: Path, tmp_path: Path, images: Path
) -> None:
    program.env["LORA_PLAY"] = play
    done = program.run(*batch(engine, tmp_path, images))
    assert done.returncode == 3
    assert f"{engine} {said}" in done.stderr
    assert all(line["logprobs"] for line in lines(asked)), "no image was asked about"
    (file,) = (program.cwd / "results").glob("*/run.json")
    assert json.loads(file.read_text())["results"] == []


def test_one_that_an_engine_would_not_apply_whole_starts_none(
    program: Program, asked: Path, tmp_path: Path, images: Path
) -> None:
    command = batch("vllm", tmp_path, images)
    command[command.index("--lora") + 1] = str(lora_folder(tmp_path / "other", LANGUAGE, VISION))
    done = program.run(*command)
    assert done.returncode == 2 and "applies a LoRA to these alone" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not asked.exists() and not (program.cwd / "results").exists()
