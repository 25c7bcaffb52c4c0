"""What the reference took five scripts for: its systems one after another, side by side at the end."""

import os
from pathlib import Path

import pytest

from tests.conftest import Program, load, write_image
from tests.reference_systems import ARCHITECTURES, NAMES, build

QUESTION = "What anatomical structures can you see?"


@pytest.fixture
def planes(tmp_path: Path) -> Path:
    """Images in folders that FetalCLIP's classes know, but one."""
    root = tmp_path / "planes"
    for number, name in enumerate(["Abodomen/a.png", "Brain/b.png", "Elsewhere/e.png"]):
        write_image(root / name, number)
    return root


def test_the_reference_s_systems_stand_side_by_side(program: Program, planes: Path, tmp_path: Path) -> None:
    build(tmp_path / "checkpoints", Path(os.environ["FADA_TUI_CONFIG_DIR"]) / "models.toml")
    models = [part for name in NAMES for part in ("--model", name)]
    done, said = program.batch(
        *models, "--images", planes, "--question", QUESTION, "--max-new-tokens", "6", "--dtype", "float32"
    )
    assert done.returncode == 0, done.stderr
    runs = {run["model"]: load(Path(run["path"])) for run in said["runs"]}
    assert {name: run["model"]["architecture"] for name, run in runs.items()} == ARCHITECTURES
    for name, run in runs.items():
        assert len(run["results"]) == 3, name
        assert all(result["response"] is not None and result["error"] is None for result in run["results"])
    prompts = {name: run["results"][0]["prompt"] for name, run in runs.items()}
    assert prompts["BLIP-2"] == f"Question: {QUESTION} Answer:"
    assert prompts["BLIP-VQA-base"] == QUESTION
    assert QUESTION in prompts["SmolVLM-500M"] and QUESTION in prompts["DeepSeek-VL-1.3B"]
    sorted_by_classes = runs["FetalCLIP"]
    assert sorted_by_classes["model"]["pad_square"] is True
    assert sorted_by_classes["model"]["license"] == "cc-by-nc-4.0"
    for result in sorted_by_classes["results"]:
        assert sum(one["probability"] for one in result["ranking"]) == pytest.approx(1)
    page = (Path(said["runs"][-1]["path"]) / "summary.md").read_text()
    assert "Elsewhere" in page and "Macro F1" in page
    comparison = (program.cwd / "results" / "comparison.md").read_text()
    rows = [line for line in comparison.splitlines() if line.startswith("| ")]
    assert {name for name in NAMES if any(f"| {name} |" in row for row in rows)} == set(NAMES)
