"""One plan of 500 images made on one device, on two, in three shards, by an engine: one and the same run."""

import os
from pathlib import Path

import pytest

from fada_tui.store import folder as store
from tests.conftest import Program, load, write_image
from tests.servers.acceptance import answers_of

pytestmark = [pytest.mark.slow, pytest.mark.worker, pytest.mark.timeout(3600)]

IMAGES = 500
CATEGORIES = 5

FACTS = (
    *("How Fast", "Load Time", "Average Generation", "Median Generation", "Time to First", "Throughput"),
    *("Tokens per Second", "Peak", "Run", "GPU Memory", "Weights", "Memory", "Device", "Processor Threads"),
    *(
        "Attention",
        "Adapter",
        "Image Processor",
        "Image Tokens",
        "Images Sent",
        "Engine",
        "Generation",
        "Shards",
    ),
)
"""Of a run, that say when, where, by whom and how fast its answers were made."""

TIMES_AND_PLACES = (
    *(f"- **{fact}" for fact in FACTS),
    *(
        "**Date",
        "  - 1:",
        "  - 2:",
        "  - 3:",
        "| **fada-demo",
        "Each device had",
        "Where several",
        "Where a server",
    ),
    *("### Devices", "| Device |", "| cpu:", "| --- | --- | --- | --- | --- | --- | --- |"),
    *("As the chat template", "As it was sent", "<|im_start", "Assistant:", "user:", "What?"),
    *("  --device", "  --batch-size", "  --concurrency", "  --image-format", "  --engine"),
    *("- `telemetry", "- `worker", "- `engine"),
)
"""Beginnings of a page's lines that say it."""

ASKED = (
    *("--images", "images", "--question", "What?", "--max-new-tokens", "8"),
    *("--dtype", "float32", "--model", "fada-demo"),
)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ways")
    for number in range(IMAGES):
        name = f"category-{number % CATEGORIES}/{number:03}.png"
        write_image(folder / "images" / name, number, (64, 48))
    return folder


def made(program: Program, results: str, *options: str) -> Path:
    """The newest run of a results folder, made with options."""
    done = program.run("--batch", "--json", *ASKED, "--results", results, *options, timeout=1800)
    assert done.returncode == 0, done.stderr
    return max(store.folders(program.cwd / results))


@pytest.fixture(scope="module")
def alone(place: Path) -> Path:
    return made(Program(place), "alone", "--device", "cpu")


def page(folder: Path) -> list[str]:
    lines = (folder / store.SUMMARY_NAME).read_text().splitlines()
    return [line for line in lines if line and not line.startswith(TIMES_AND_PLACES)]


def is_the_same(folder: Path, alone: Path) -> None:
    run = load(folder)
    assert run["status"] == "complete"
    assert [one["path"] for one in run["results"]] == [one["path"] for one in load(alone)["results"]]
    assert answers_of(folder) == answers_of(alone)
    assert len(page(alone)) > 30 and page(folder) == page(alone)


def test_two_devices(alone: Path, place: Path) -> None:
    folder = made(Program(place), "devices", "--devices", "cpu*2")
    assert {one["device"] for one in load(folder)["results"]} == {"cpu:0", "cpu:1"}
    is_the_same(folder, alone)


def test_three_shards(alone: Path, place: Path) -> None:
    program = Program(place)
    parts = [made(program, "parts", "--device", "cpu", "--shard", f"{number}/3") for number in (1, 2, 3)]
    done = program.run("runs", "merge", *parts, "--results", "whole")
    assert done.returncode == 0, done.stderr
    (folder,) = store.folders(place / "whole")
    is_the_same(folder, alone)


@pytest.mark.skipif("VLLM" not in os.environ, reason="make engines installs vLLM and runs this")
def test_an_engine(alone: Path, place: Path) -> None:
    config = place / "config"
    config.mkdir()
    config.joinpath("settings.toml").write_text(
        f'[engines.vllm]\ncommand = ["{os.environ["VLLM"]}"]\narguments = ["--enforce-eager"]\n'
    )
    program = Program(place, {"VLLM_CPU_KVCACHE_SPACE": "1", "FADA_TUI_CONFIG_DIR": str(config)})
    folder = made(program, "engine", "--engine", "vllm", "--device", "cpu")
    assert load(folder)["engine"]["name"] == "vllm"
    is_the_same(folder, alone)
